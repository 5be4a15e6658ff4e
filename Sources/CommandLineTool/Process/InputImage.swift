import Filtersmith

/// An image or a volume to be filtered, in the precision it is filtered in.
enum InputImage {
  /// Single precision: PNG, and arrays of single or half precision.
  case single(Tensor<Float>)
  /// Double precision: all other arrays.
  case double(Tensor<Double>)

  /// Reads a PNG as brightness from 0 to 1, or an array as it is.
  ///
  /// - Throws: ``FiltersmithError`` when the file cannot be read, is neither, or holds numbers that
  ///   are not finite.
  init(contentsOf path: String) throws(FiltersmithError) {
    switch try DataFile.kind(of: path) {
    case .png:
      self = .single(try Image(contentsOf: path).luminance())
    case .npy:
      let input = try InputArray(contentsOf: path)
      self =
        [.float16, .float32].contains(input.array.elementType)
        ? .single(try input.real()) : .double(try input.real())
    default:
      throw FiltersmithError(
        .format, "\(path) is neither a PNG picture nor an array in NumPy's .npy format")
    }
  }
}
