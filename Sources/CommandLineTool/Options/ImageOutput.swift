import ArgumentParser
import Filtersmith

/// How values become the grey values of a picture.
enum PictureRange {
  /// 0 is black, 1 is white, and what lies beyond is cut off.
  case unit
  /// The smallest number is black and the largest white.
  case stretched
}

/// Writes a result in the format of its name's ending, at the position of the image it was made from.
struct ImageWriter {
  /// The file.
  let path: String

  /// Checks the ending of the name.
  ///
  /// - Throws: ``FiltersmithError`` for an unknown ending.
  init(_ path: String) throws(FiltersmithError) {
    let endings = [
      ".png", ".npy", ".npz", ".nii", ".nii.gz", ".hdr", ".img", ".hdr.gz", ".img.gz",
    ]
    guard endings.contains(where: path.hasSuffix) else {
      throw FiltersmithError(
        .argument, "cannot write \(path): its name should end in .png, .npy, .npz, .nii or .nii.gz")
    }
    self.path = path
  }

  /// Writes values.
  ///
  /// - Parameters:
  ///   - image: `[space…]`, or `[channel, space…]`.
  ///   - input: The image it was made from; `nil` where there is none.
  ///   - spacing: The distances between samples; the input's unless given.
  ///   - transform: Where samples of the result lie in the input, where their grid is another one.
  ///   - leadingSpacing: The distance along an axis that the result has before the input's.
  ///   - range: How values become grey values in a PNG.
  func write(
    _ image: Tensor<Float>, like input: ImageFile?, spacing: [Double]? = nil,
    transform: AffineMap? = nil, leadingSpacing: Double = 1, range: PictureRange = .unit
  ) throws(FiltersmithError) {
    if path.hasSuffix(".png") { return try writePicture(image, range) }
    try write(
      .float32(image), like: input, spacing: spacing, transform: transform,
      leadingSpacing: leadingSpacing)
  }

  /// Writes truth values: 0 and 1, in a PNG black and white.
  func write(_ mask: Tensor<Bool>, like input: ImageFile) throws(FiltersmithError) {
    if path.hasSuffix(".png") { return try writePicture(mask.map { $0 ? 1 : 0 }, .unit) }
    let array: DataArray = path.contains(".np") ? .bool(mask) : .uint8(mask.map { $0 ? 1 : 0 })
    try write(array, like: input)
  }

  /// Writes the labels of regions; in a PNG as grey values, stretched to its range.
  func write(_ labels: Tensor<Int32>, like input: ImageFile) throws(FiltersmithError) {
    if path.hasSuffix(".png") {
      return try writePicture(labels.map { Float($0) }, .stretched)
    }
    try write(.int32(labels), like: input)
  }

  private func write(
    _ array: DataArray, like input: ImageFile?, spacing: [Double]? = nil,
    transform: AffineMap? = nil, leadingSpacing: Double = 1
  ) throws(FiltersmithError) {
    if path.hasSuffix(".npy") { return try NPYFile.write(array, to: path) }
    if path.hasSuffix(".npz") { return try NPZFile.write([("image", array)], to: path) }
    if let volume = input?.volume, transform == nil, array.shape == input?.data.shape {
      return try NIfTIVolume(data: array, like: volume).write(to: path)
    }
    let own = spacing ?? input?.spacing ?? Array(repeating: 1, count: array.shape.rank)
    let distances = Array(repeating: leadingSpacing, count: array.shape.rank - own.count) + own
    let affine = placed(input?.volume, transform)
    try NIfTIVolume(data: array, spacing: distances, affine: affine).write(to: path)
  }

  /// The matrix from voxels [x, y, z, 1] of the result to positions: the input's after the transform
  /// between the grids.
  private func placed(
    _ volume: NIfTIVolume?, _ transform: AffineMap?
  ) -> Tensor<Double>? {
    guard let volume else { return nil }
    guard let transform else { return volume.affine }
    let axes = transform.dimensions
    let spatial = min(axes, 3)
    // From array order to x, y, z; axes before z do not count.
    var between = Tensor<Double>(shape: [4, 4]) { $0[0] == $0[1] ? 1 : 0 }
    for row in 0..<spatial {
      for column in 0..<spatial {
        between[row, column] = transform.matrix[axes - 1 - row][axes - 1 - column]
      }
      between[row, 3] = transform.offset[axes - 1 - row]
    }
    let affine = volume.affine
    return Tensor(shape: [4, 4]) { index in
      (0..<4).reduce(0) { $0 + affine[index[0], $1] * between[$1, index[1]] }
    }
  }

  private func writePicture(_ image: Tensor<Float>, _ range: PictureRange) throws(FiltersmithError)
  {
    guard image.rank == 2 || image.rank == 3 && (1...4).contains(image.shape[0]) else {
      throw FiltersmithError(
        .shape,
        "a result of shape \(image.shape) is not a picture; write .npy, .npz or .nii.gz instead of "
          + path)
    }
    var picture = image.map { $0.isNaN ? 0 : $0 }
    if range == .stretched {
      let finite = picture.elements.filter(\.isFinite)
      let (low, high) = (finite.min() ?? 0, finite.max() ?? 1)
      let scale = high > low ? 1 / (high - low) : 1
      picture = picture.map { ($0 - low) * scale }
    }
    let channels = try picture.reshaped(to: image.rank == 2 ? [1] + image.shape : image.shape)
    try Image(channels: channels).write(to: path)
  }
}

/// The result of subcommands that write one image or volume.
struct ImageOutput: ParsableArguments {
  @Option(
    name: [.short, .long],
    help: ArgumentHelp(
      "The result; the ending gives the format: .png, .npy, .npz, .nii or .nii.gz.",
      valueName: "out"))
  var output: String

  /// The writer; the path is checked at once.
  func writer() throws(FiltersmithError) -> ImageWriter {
    let writer = try ImageWriter(output)
    _ = try OutputFiles(main: output)
    return writer
  }
}

/// A result that is written only on request.
struct OptionalImageOutput: ParsableArguments {
  @Option(
    name: [.short, .long],
    help: ArgumentHelp(
      "Also write the result as an image: .png, .npy, .npz, .nii or .nii.gz.", valueName: "out"))
  var output: String?

  /// The writer; `nil` where nothing is to be written.
  func writer() throws(FiltersmithError) -> ImageWriter? {
    guard let output else { return nil }
    let writer = try ImageWriter(output)
    _ = try OutputFiles(main: output)
    return writer
  }
}
