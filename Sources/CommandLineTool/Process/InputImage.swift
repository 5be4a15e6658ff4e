import Filtersmith

/// An image or a volume to be filtered, in the precision it is filtered in.
enum InputImage {
  /// Single precision: PNG, volumes, archives, and arrays of single or half precision.
  case single(Tensor<Float>)
  /// Double precision: all other NumPy arrays.
  case double(Tensor<Double>)

  /// Reads a PNG as brightness from 0 to 1, an array or a volume as it is.
  ///
  /// - Throws: ``FiltersmithError`` when the file cannot be read, is none of these, or holds numbers
  ///   that are not finite.
  init(contentsOf path: String) throws(FiltersmithError) {
    guard try DataFile.kind(of: path) == .npy else {
      self = .single(try ImageFile(path).image)
      return
    }
    let input = try InputArray(contentsOf: path)
    self =
      [.float16, .float32].contains(input.array.elementType)
      ? .single(try input.real()) : .double(try input.real())
  }
}
