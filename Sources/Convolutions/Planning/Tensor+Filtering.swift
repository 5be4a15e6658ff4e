import Tensors

extension Tensor where Element: ConvolutionScalar {
  /// The correlations of one or many fields with one or several small kernels.
  ///
  /// With kernels `[filters, taps…]` of D axes of taps, this tensor's last D axes are space and those
  /// before them count independent fields, each of which is filtered by itself:
  /// y[field, f, o] = Σ_k w[f, k] · x[field, o · stride + k − c]. The plans of the last calls with
  /// kernels of few coefficients are kept, so that a call with the same kernels and shapes as an
  /// earlier one does not plan again.
  ///
  /// - Parameters:
  ///   - kernels: `[filters, taps…]`, 1 to 4 axes of taps.
  ///   - border: How a field continues beyond its edges.
  ///   - center: The tap that lies on the output position; n / 2, rounded down, unless given.
  ///   - stride: The step between outputs, one for all axes or one for each; 1 unless given.
  ///   - algorithm: How it is computed; all algorithms give the same result.
  ///   - tolerance: How far the kernels may be changed, as in ``Convolution/plan(_:for:kernel:tolerance:as:)``.
  /// - Returns: `[fields…, filters, space…]`.
  /// - Throws: ``FiltersmithError`` when this tensor has fewer axes than the kernels have axes of taps,
  ///   the kernels do not fit, or the algorithm declines.
  @_specialize(where Element == Float)
  @_specialize(where Element == Double)
  public func filtered(
    by kernels: Tensor, border: Border = .mirror, center: [Int]? = nil, stride: [Int]? = nil,
    algorithm: Algorithm = .automatic, tolerance: Double = 0
  ) throws(FiltersmithError) -> Tensor {
    let axes = kernels.rank - 1
    guard (1...4).contains(axes), axes <= rank else {
      throw FiltersmithError(
        .shape,
        "kernels \(kernels.shape) for an array \(shape); [filters, taps…] with 1 to 4 axes of taps, no "
          + "more than the array has, was expected")
    }
    let fields = Array(shape.dimensions.dropLast(axes))
    let input = Shape([fields.reduce(1, *), 1] + shape.dimensions.suffix(axes))
    var extents = kernels.shape.dimensions
    extents.insert(1, at: 1)
    let kernel = try kernels.reshaped(to: Shape(extents))
    let convolution = try Convolution(
      input: input, kernel: kernel.shape, border: border, stride: stride, center: center)
    let plan = try RecentPlans.shared.plan(
      of: convolution, kernel: kernel, algorithm: algorithm, tolerance: tolerance)
    return try plan.forward(try reshaped(to: input))
      .reshaped(to: Shape(fields + convolution.output.dimensions.dropFirst()))
  }

  /// One kernel, the outer product of a factor for each axis: `[1, taps…]`, as ``filtered(by:border:center:stride:algorithm:tolerance:)``
  /// takes it.
  package init(outerProductOf factors: [[Double]]) {
    self.init(shape: Shape([1] + factors.map(\.count))) { index in
      Element(factors.indices.reduce(1.0) { $0 * factors[$1][index[$1 + 1]] })
    }
  }
}
