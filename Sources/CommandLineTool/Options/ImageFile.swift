import ArgumentParser
import Filtersmith

/// An image or a volume of a file, with what must be kept of it when a result is written.
///
/// PNG, NumPy's `.npy` and `.npz`, and NIfTI are read and written alike: the ending of the result's
/// name says which, whatever the input was.
struct ImageFile {
  /// Where it came from, for messages.
  let path: String
  /// The samples, `[space…]`; with colours `[channel, space…]`.
  let image: Tensor<Float>
  /// How many channels there are in front of the axes of space; 0 where there is no such axis.
  let channels: Int
  /// The distances between samples along the axes of space; 1 where the file says nothing.
  let spacing: [Double]
  /// The volume, for its place and orientation; `nil` for other files.
  let volume: NIfTIVolume?

  /// The extents of space.
  var space: Shape { Shape(Array(image.shape.dropFirst(channels > 0 ? 1 : 0))) }

  /// The space is that of pictures and not of arrays of numbers, which PNG stretches to its range.
  var isPicture: Bool { kind == .png }
  private let kind: DataFile.Kind

  /// Reads a PNG as brightness (or colours) from 0 to 1, an array or a volume as it is.
  ///
  /// An archive holds one array, or the one named behind a `#`: `responses.npz#magnitude`.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - colors: Whether colours of a PNG are kept as channels.
  ///   - spacing: The distances between samples, instead of the file's.
  ///   - allowsMissing: Whether samples may be no numbers.
  /// - Throws: ``FiltersmithError`` when it cannot be read, holds no real numbers, or they are not
  ///   finite where they must be.
  init(
    _ path: String, colors: Bool = false, spacing: NumberList? = nil, allowsMissing: Bool = false
  ) throws(FiltersmithError) {
    self.path = path
    let parts = path.split(separator: "#", maxSplits: 1).map(String.init)
    let file = parts.count == 2 && parts[0].hasSuffix(".npz") ? parts[0] : path
    kind = try DataFile.kind(of: file)
    var channels = 0
    var volume: NIfTIVolume?
    switch kind {
    case .png:
      let picture = try Image(contentsOf: file)
      if colors, picture.colorModel.channelCount >= 3 {
        image = try picture.channels().sliced(axis: 0, 0..<3)
        channels = 3
      } else {
        image = picture.luminance()
      }
    case .npy:
      image = try Self.reals(NPYFile.read(file), path)
    case .npz:
      let archive = try NPZFile(contentsOf: file)
      let name = file == path ? archive.names.first ?? "" : parts[1]
      guard file != path || archive.names.count == 1 else {
        throw FiltersmithError(
          .argument,
          "\(path) holds the arrays \(archive.names.joined(separator: ", ")); name one, as in "
            + "\(path)#\(name)")
      }
      image = try Self.reals(archive.array(name), path)
    case .nifti, .gzip:
      let read = try NIfTIVolume(contentsOf: file)
      guard !read.data.isComplex else { throw Self.complex(path) }
      volume = read
      image = try read.values()
    case .unknown:
      throw FiltersmithError(
        .format, "\(path) is no PNG picture, NumPy array (.npy, .npz) or NIfTI volume")
    }
    self.channels = channels
    self.volume = volume
    let axes = image.rank - (channels > 0 ? 1 : 0)
    guard (1...4).contains(axes), image.count > 0 else {
      throw FiltersmithError(
        .shape, "\(path) has shape \(image.shape); 1 to 4 axes that are not empty are worked on")
    }
    self.spacing =
      try spacing?.perAxis(axes, option: "--spacing") ?? volume?.spacing
      ?? Array(repeating: 1, count: axes)
    guard self.spacing.allSatisfy({ $0 > 0 && $0.isFinite }) else {
      throw FiltersmithError(
        .argument, "the spacing \(self.spacing) of \(path) is not positive; give --spacing")
    }
    if !allowsMissing { try image.requireFinite(path) }
  }

  private static func reals(
    _ array: DataArray, _ path: String
  ) throws(FiltersmithError) -> Tensor<Float> {
    guard !array.isComplex else { throw complex(path) }
    do throws(FiltersmithError) {
      return try array.asFloat()
    } catch {
      throw FiltersmithError(error.kind, "\(path): \(error.message)")
    }
  }

  private static func complex(_ path: String) -> FiltersmithError {
    FiltersmithError(.format, "\(path) holds complex numbers; real ones are needed here")
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
    guard channels > 0 else { return try body(image) }
    var results: [Tensor<Float>] = []
    for channel in 0..<channels {
      results.append(try body(try image.selected(axis: 0, at: channel)))
    }
    return try .stacked(results)
  }
}

/// A mask of a file: true where its samples are not 0.
enum MaskFile {
  /// Reads a mask that fits an image; `nil` where none is named.
  static func read(
    _ path: String?, for input: ImageFile
  ) throws(FiltersmithError) -> Tensor<Bool>? {
    guard let path else { return nil }
    let mask = try ImageFile(path).image.map { $0 != 0 }
    guard mask.shape == input.space else {
      throw FiltersmithError(
        .shape, "the mask \(path) has shape \(mask.shape); \(input.path) has \(input.space)")
    }
    return mask
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
      "The distances between samples, one for all axes or one for each (default: the volume's, or 1).",
      valueName: "s[,s…]"))
  var spacing: NumberList?

  /// Reads it.
  func read(
    colors: Bool = false, allowsMissing: Bool = false
  ) throws(FiltersmithError) -> ImageFile {
    try ImageFile(input, colors: colors, spacing: spacing, allowsMissing: allowsMissing)
  }
}
