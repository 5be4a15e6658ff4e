/// A frequency in one to four dimensions: a small value that needs no allocation.
///
/// Components are in the array's axis order, in rad/sample where the sample spacing is 1, else in
/// radians per unit of the spacing.
public struct FrequencyVector: Sendable, Hashable {
  /// The components in axis order; unused ones are 0.
  public var components: SIMD4<Double>
  /// ρ = ‖u‖.
  public let radius: Double

  /// A frequency from its components, unused ones 0.
  @inlinable public init(_ components: SIMD4<Double>) {
    self.components = components
    radius = (components * components).sum().squareRoot()
  }

  /// A frequency from one to four components.
  public init(_ components: [Double]) {
    self.init(Self.packed(components))
  }

  /// The component along one axis.
  @inlinable public subscript(axis: Int) -> Double { components[axis] }

  /// u · v for a vector given as packed components.
  @inlinable public func dot(_ vector: SIMD4<Double>) -> Double { (components * vector).sum() }

  /// Up to four numbers as the components of a vector, for ``dot(_:)``.
  public static func packed(_ components: [Double]) -> SIMD4<Double> {
    precondition(components.count <= 4, "\(components.count) components in a frequency")
    var packed = SIMD4<Double>(repeating: 0)
    for (axis, component) in components.enumerated() { packed[axis] = component }
    return packed
  }
}
