import Numerics

extension Tensor where Element: BinaryFloatingPoint {
  /// Refuses NaNs and infinite values.
  ///
  /// - Parameter name: What messages call the tensor, such as a file's name.
  /// - Throws: ``FiltersmithError`` of kind `format` that counts the NaNs and infinite values and
  ///   says where the first is.
  @_specialize(where Element == Float)
  @_specialize(where Element == Double)
  public func requireFinite(_ name: String) throws(FiltersmithError) {
    // No early exit, so that the loop vectorises; the culprit is looked for only afterwards.
    let largest = Element.greatestFiniteMagnitude
    let isFinite = storage.withUnsafeBufferPointer { elements in
      var all = true
      for element in elements { all = all && element.magnitude <= largest }
      return all
    }
    guard !isFinite else { return }
    try requireFinite(name, isFinite: \.isFinite, isNaN: \.isNaN)
  }
}

extension Tensor {
  /// Refuses complex values that are not finite.
  ///
  /// - Parameter name: What messages call the tensor, such as a file's name.
  /// - Throws: ``FiltersmithError`` of kind `format` that counts the values that are not finite and
  ///   says where the first is.
  public func requireFinite<Scalar: Real & Sendable>(
    _ name: String
  ) throws(FiltersmithError) where Element == Complex<Scalar> {
    try requireFinite(name, isFinite: \.isFinite) { $0.rawStorage.x.isNaN || $0.rawStorage.y.isNaN }
  }

  private func requireFinite(
    _ name: String, isFinite: (Element) -> Bool, isNaN: (Element) -> Bool
  ) throws(FiltersmithError) {
    guard let first = storage.firstIndex(where: { !isFinite($0) }) else { return }
    let wrong = storage[first...].filter { !isFinite($0) }
    let notNumbers = wrong.filter(isNaN).count
    let kinds = [(notNumbers, "NaN"), (wrong.count - notNumbers, "infinite")]
    let counts = kinds.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }.joined(separator: " and ")
    throw FiltersmithError(
      .format,
      "\(name) holds \(counts) value\(wrong.count == 1 ? "" : "s"), the first at "
        + "\(shape.index(at: first))")
  }
}
