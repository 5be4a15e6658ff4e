import ArgumentParser
import Filtersmith
import Numerics

/// An image, a volume or another array of a file, with what must be kept of it when a result is
/// written.
///
/// PNG, NumPy's `.npy` and `.npz`, and NIfTI are read and written alike: the ending of the result's
/// name says which, whatever the input was.
struct ImageFile {
  /// Where it came from, for messages.
  let path: String
  /// The samples, `[space…]`, with colours `[channel, space…]`: of NumPy's files as stored, of
  /// pictures from 0 to 1, of volumes with their scaling applied.
  let data: DataArray
  /// The number of channels, which are the first axis; 0 where there is no such axis.
  let channels: Int
  /// The distances between samples along the axes of space; 1 where the file says nothing.
  let spacing: [Double]
  /// The volume, for its position and orientation; `nil` for other files.
  let volume: NIfTIVolume?
  /// The format of the file.
  let kind: DataFile.Kind
  private let allowsMissing: Bool

  /// Whether operations run in double precision: those on NumPy arrays of doubles or integers.
  var isDouble: Bool {
    kind == .npy && ![.float16, .float32, .complex64].contains(data.elementType)
  }

  /// The extents of space.
  var space: Shape { Shape(Array(data.shape.dropFirst(channels > 0 ? 1 : 0))) }

  /// Reads a PNG as brightness (or colours) from 0 to 1, an array or a volume as it is.
  ///
  /// An archive holds one array, or the one named after a `#`: `responses.npz#magnitude`.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - colors: Whether colours of a PNG are kept as channels.
  ///   - spacing: The distances between samples, instead of the file's.
  ///   - allowsMissing: Whether samples may be NaN or infinite.
  /// - Throws: ``FiltersmithError`` when it cannot be read, or samples are not finite where they must
  ///   be.
  init(
    _ path: String, colors: Bool = false, spacing: NumberList? = nil, allowsMissing: Bool = false
  ) throws(FiltersmithError) {
    let parts = path.split(separator: "#", maxSplits: 1).map(String.init)
    let isPart = parts.count == 2 && parts[0].hasSuffix(".npz")
    let file = try DataFile(isPart ? parts[0] : path)
    self.path = path
    self.allowsMissing = allowsMissing
    kind = file.kind
    var (channels, volume): (Int, NIfTIVolume?) = (0, nil)
    switch kind {
    case .png:
      let picture = try file.picture()
      if colors, picture.colorModel.channelCount >= 3 {
        data = .float32(try picture.channels().sliced(axis: 0, 0..<3))
        channels = 3
      } else {
        data = .float32(picture.luminance())
      }
    case .npy:
      data = try file.array()
    case .npz:
      let archive = try file.archive()
      let name = isPart ? parts[1] : archive.names.first ?? ""
      guard isPart || archive.names.count == 1 else {
        throw FiltersmithError(
          .argument,
          "\(path) holds the arrays \(archive.names.joined(separator: ", ")); name one, as in "
            + "\(path)#\(name)")
      }
      data = try archive.array(name)
    case .nifti, .gzip:
      let read = try file.volume()
      guard !read.data.isComplex else { throw Self.complexNumbers(path) }
      data = .float32(try read.values())
      volume = read
    case .unknown:
      throw FiltersmithError(
        .format, "\(path) is not a PNG picture, NumPy array (.npy, .npz) or NIfTI volume")
    }
    self.channels = channels
    self.volume = volume
    let axes = data.shape.rank - (channels > 0 ? 1 : 0)
    self.spacing =
      try spacing?.perAxis(axes, option: "--spacing") ?? volume?.spacing
      ?? Array(repeating: 1, count: axes)
    guard self.spacing.allSatisfy({ $0 > 0 && $0.isFinite }) else {
      throw FiltersmithError(
        .argument, "the spacing \(self.spacing) of \(path) is not positive; give --spacing")
    }
    if !allowsMissing, kind != .png { try data.requireFinite(path) }
  }

  /// The samples of an image or a volume in single precision.
  var image: Tensor<Float> {
    get throws(FiltersmithError) {
      guard (1...4).contains(space.rank), data.shape.elementCount > 0 else {
        throw FiltersmithError(
          .shape, "\(path) has shape \(data.shape); images have 1 to 4 axes, none of them empty")
      }
      return try real()
    }
  }

  /// The samples as real numbers.
  ///
  /// - Throws: ``FiltersmithError`` when they are complex or text, or too large for the precision.
  func real<Scalar: CommandScalar>(
    _ type: Scalar.Type = Scalar.self
  ) throws(FiltersmithError) -> Tensor<Scalar> {
    guard !data.isComplex else { throw Self.complexNumbers(path) }
    let numbers: Tensor<Scalar>
    do throws(FiltersmithError) {
      numbers = try Scalar.numbers(of: data)
    } catch {
      throw FiltersmithError(error.kind, "\(path): \(error.message)")
    }
    // Rounded to single precision, large numbers become infinite.
    if case .float64 = data, Scalar.self == Float.self, !allowsMissing {
      try numbers.requireFinite(path)
    }
    return numbers
  }

  /// The samples as complex numbers.
  ///
  /// - Throws: ``FiltersmithError`` when they are text.
  func complex<Scalar: CommandScalar>(
    _ type: Scalar.Type = Scalar.self
  ) throws(FiltersmithError) -> Tensor<Complex<Scalar>> {
    try data.asComplex().map { Complex(Scalar($0.real), Scalar($0.imaginary)) }
  }

  private static func complexNumbers(_ path: String) -> FiltersmithError {
    FiltersmithError(.format, "\(path) holds complex numbers; real ones are needed here")
  }

  /// A mask for the image, true where the samples of a file are not 0; `nil` where none is named.
  func mask(_ path: String?) throws(FiltersmithError) -> Tensor<Bool>? {
    guard let path else { return nil }
    let mask = try ImageFile(path).image.map { $0 != 0 }
    guard mask.shape == space else {
      throw FiltersmithError(
        .shape, "the mask \(path) has shape \(mask.shape); \(self.path) has \(space)")
    }
    return mask
  }

  /// Refuses numbers of axes that an operation cannot work on.
  func require(axes: ClosedRange<Int>, for operation: String) throws(FiltersmithError) {
    guard axes.contains(space.rank) else {
      let wanted =
        axes.count == 1 ? "\(axes.lowerBound)" : "\(axes.lowerBound) to \(axes.upperBound)"
      throw FiltersmithError(
        .shape, "\(operation) needs \(wanted) axes; \(path) has shape \(space)")
    }
  }

  /// Does the same to every channel.
  func mapChannels(
    _ body: (Tensor<Float>) throws(FiltersmithError) -> Tensor<Float>
  ) throws(FiltersmithError) -> Tensor<Float> {
    let image = try image
    guard channels > 0 else { return try body(image) }
    var results: [Tensor<Float>] = []
    for channel in 0..<channels {
      results.append(try body(try image.selected(axis: 0, at: channel)))
    }
    return try .stacked(results)
  }
}

/// The options of subcommands that read one image or volume.
struct ImageInput: ParsableArguments {
  @Argument(
    help: ArgumentHelp(
      "The image or volume: PNG, .npy, .npz, .nii or .nii.gz.", valueName: "image"))
  var input: String

  @Option(
    help: ArgumentHelp(
      "The distance between samples, one for all axes or one for each (default: the volume's, or 1).",
      valueName: "s[,s…]"))
  var spacing: NumberList?

  /// Reads it.
  func read(
    colors: Bool = false, allowsMissing: Bool = false
  ) throws(FiltersmithError) -> ImageFile {
    try ImageFile(input, colors: colors, spacing: spacing, allowsMissing: allowsMissing)
  }
}
