import Tensors

extension DataArray {
  /// Refuses an array with numbers that nothing sensible can be computed from; whole numbers, truth
  /// values and text pass.
  ///
  /// - Parameter name: What messages call the array, such as its file's name.
  /// - Throws: ``FiltersmithError`` of kind `format` that counts the NaNs and infinite numbers and
  ///   says where the first lies.
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
