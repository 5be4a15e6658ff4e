import DataFiles
import Tensors

/// One file that holds an input or a label map: PNG, NIfTI or NPY.
struct SampleFile: Sendable {
  /// The endings of files that are read as samples.
  static let endings = [".png", ".nii.gz", ".nii", ".hdr", ".npy"]

  /// A file's name without the ending of a sample; `nil` for other files.
  static func stem(_ name: String) -> String? {
    let lowercase = name.lowercased()
    return endings.first { lowercase.hasSuffix($0) }.map { String(name.dropLast($0.count)) }
  }

  let path: String

  private var isPicture: Bool { path.lowercased().hasSuffix(".png") }
  private var isVolume: Bool {
    [".nii", ".nii.gz", ".hdr"].contains { path.lowercased().hasSuffix($0) }
  }

  /// What the file's header says: shape `[channels, spatial…]`, spacing, bits of a sample.
  ///
  /// - Throws: ``FiltersmithError`` when it cannot be read or is not what its name says.
  func form() throws(FiltersmithError) -> (shape: Shape, spacing: [Double]?, bitDepth: Int?) {
    if isPicture {
      let header = try ImageHeader(contentsOf: path)
      let channels = header.colorModel.channelCount >= 3 ? 3 : 1
      return ([channels, header.height, header.width], nil, header.bitDepth)
    }
    if isVolume {
      let header = try NIfTIHeader(contentsOf: path)
      let extents = Array(header.dimensions.reversed())
      let spatial = min(extents.count, 3)
      let leading = extents.dropLast(spatial).reduce(1, *) * header.type.channelCount
      return (
        Shape([leading] + extents.suffix(spatial)),
        Array(header.pixelDimensions.reversed().suffix(spatial)), nil
      )
    }
    return (Self.withChannels(try NPYFile.read(path).shape), nil, nil)
  }

  /// Up to two axes are an image, three with a short first one are channels and an image, three or more a
  /// volume.
  private static func withChannels(_ shape: Shape) -> Shape {
    let hasChannels = shape.rank >= 4 || (shape.rank == 3 && shape[0] <= 4)
    return hasChannels ? shape : [1] + shape
  }

  /// The input, `[channels, spatial…]`: pictures from 0 to 1, other files' values unchanged.
  ///
  /// - Parameter channels: 1 to make colours grey, 3 to repeat grey; `nil` for what the file has.
  /// - Throws: ``FiltersmithError`` when it cannot be read or holds numbers that are not finite.
  func input(channels: Int?) throws(FiltersmithError) -> Tensor<Float> {
    if isPicture {
      let image = try Image(contentsOf: path)
      let isColor = image.colorModel.channelCount >= 3
      guard channels ?? (isColor ? 3 : 1) == 3 else {
        return try image.luminance().reshaped(to: [1, image.height, image.width])
      }
      if isColor { return try image.channels().sliced(axis: 0, 0..<3) }
      let grey = image.luminance()
      return try Tensor.stacked([grey, grey, grey])
    }
    let own = try numbers()
    try own.requireFinite(path)
    guard let channels, own.shape[0] != channels else { return own }
    throw FiltersmithError(
      .shape, "\(path) has \(own.shape[0]) channels, where \(channels) were expected")
  }

  private func numbers() throws(FiltersmithError) -> Tensor<Float> {
    guard isVolume else {
      let array = try NPYFile.read(path)
      return try array.asFloat().reshaped(to: Self.withChannels(array.shape))
    }
    let volume = try NIfTIVolume(contentsOf: path)
    var values = try volume.values()
    if volume.header.type.channelCount > 1 {
      values = try values.permuted([values.rank - 1] + (0..<values.rank - 1))
    }
    let spatial = min(volume.header.dimensions.count, 3)
    let leading = values.shape.dropLast(spatial).reduce(1, *)
    return try values.reshaped(to: Shape([leading] + values.shape.suffix(spatial)))
  }

  /// The numbers of a label map, `[spatial…]`.
  ///
  /// - Throws: ``FiltersmithError`` when it cannot be read, has several channels or numbers that are
  ///   not whole from 0 up.
  func labels() throws(FiltersmithError) -> Tensor<Int32> {
    let values: Tensor<Float>
    if isPicture {
      let image = try Image(contentsOf: path)
      guard image.colorModel.channelCount <= 2 else {
        throw FiltersmithError(
          .format, "\(path) has colours (\(image)); a label map is a grey picture of class numbers")
      }
      values = try image.luminance(.native).reshaped(to: [1, image.height, image.width])
    } else {
      values = try numbers()
    }
    guard values.shape[0] == 1 else {
      throw FiltersmithError(
        .format, "\(path) has \(values.shape[0]) channels \(values.shape); a label map has one")
    }
    let isWhole = values.withUnsafeElements {
      $0.allSatisfy { $0 >= 0 && $0 < 0x1p24 && $0 == $0.rounded() }
    }
    guard isWhole else {
      throw FiltersmithError(
        .format, "\(path) has numbers that are not whole and from 0 up; a label map has")
    }
    return try values.map { Int32($0) }.reshaped(to: values.shape.removing(axis: 0))
  }
}

extension Dataset {
  /// One input from a file, `[channels, spatial…]`, as data sets read it: pictures from 0 to 1.
  ///
  /// - Parameters:
  ///   - path: PNG, NIfTI or NPY.
  ///   - channels: 1 to make colours grey, 3 to repeat grey; `nil` for what the file has.
  /// - Throws: ``FiltersmithError`` when it cannot be read or does not have that many channels.
  public static func input(
    contentsOf path: String, channels: Int? = nil
  ) throws(FiltersmithError) -> Tensor<Float> {
    guard SampleFile.stem(path) != nil else {
      throw FiltersmithError(
        .file, "\(path) is not an image: a file .png, .nii, .nii.gz, .hdr or .npy was expected")
    }
    return try SampleFile(path: path).input(channels: channels)
  }
}
