// Affine maps, borders, pyramids and masks are part of what analyses take and give.
@_exported import ImageProcessing
