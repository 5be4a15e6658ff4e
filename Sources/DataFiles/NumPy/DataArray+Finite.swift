import Tensors

extension DataArray {
  /// Refuses an array with NaN or infinite values; integers, truth
  /// values and text pass.
  ///
  /// - Parameter name: The name to use in messages, such as the file's.
  /// - Throws: ``FiltersmithError`` of kind `format` that counts the NaNs and infinite numbers and
  ///   says where the first is.
  public func requireFinite(_ name: String) throws(FiltersmithError) {
    switch self {
    case .float16(let tensor): try tensor.requireFinite(name)
    case .float32(let tensor): try tensor.requireFinite(name)
    case .float64(let tensor): try tensor.requireFinite(name)
    case .complex64(let tensor): try tensor.requireFinite(name)
    case .complex128(let tensor): try tensor.requireFinite(name)
    default: break
    }
  }
}
