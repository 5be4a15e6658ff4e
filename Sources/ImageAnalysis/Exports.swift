// Affine maps, borders, pyramids and masks are inputs and results of analyses.
@_exported import ImageProcessing
