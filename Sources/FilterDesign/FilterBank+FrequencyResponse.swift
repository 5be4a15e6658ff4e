import Fourier
import Numerics
import Tensors

extension FilterBank {
  /// The response of every filter at one frequency: F(u) = Σ f(x) exp(−i u·x), one number per filter.
  ///
  /// - Parameter frequency: u in rad/sample, one number per axis.
  /// - Throws: ``FiltersmithError`` when the number of axes differs.
  public func frequencyResponse(
    at frequency: [Double]
  ) throws(FiltersmithError) -> [Complex<Double>] {
    try frequencyResponse(along: frequency.map { [$0] }).elements
  }

  /// The frequency responses of all filters on a grid: `[filters, bins…]`.
  ///
  /// The frequencies are u = 2πk/N along each axis with 0 at position ⌊N/2⌋, so that for odd N
  /// k = −(N−1)/2 … (N−1)/2. The size of the grid is free; it need not hold the support.
  ///
  /// - Parameter grid: The number N of frequencies along each axis.
  /// - Throws: ``FiltersmithError`` when the number of axes differs or the grid is too large.
  public func frequencyResponse(
    grid: Shape
  ) throws(FiltersmithError) -> Tensor<Complex<Double>> {
    guard grid.rank == dimensions else {
      throw FiltersmithError(
        .shape, "grid \(grid) has \(grid.rank) axes; the filters have \(dimensions)")
    }
    return try frequencyResponse(along: FrequencyGrid(shape: grid).axes)
  }

  /// The frequency responses of all filters at every combination of one frequency per axis:
  /// `[filters, axes[0].count, …]`.
  ///
  /// - Parameter axes: The frequencies along each axis, in rad/sample.
  /// - Throws: ``FiltersmithError`` when the number of axes differs or the grid is too large.
  public func frequencyResponse(
    along axes: [[Double]]
  ) throws(FiltersmithError) -> Tensor<Complex<Double>> {
    guard axes.count == dimensions else {
      throw FiltersmithError(
        .shape, "frequencies along \(axes.count) axes for filters of \(dimensions)")
    }
    let shape = try Shape(checking: [count] + axes.map(\.count))
    guard shape.elementCount <= 1 << 30 else {
      throw FiltersmithError(
        .limit, "frequency responses of shape \(shape) are more than \(1 << 30) numbers")
    }
    guard shape.elementCount > 0 else { return Tensor(repeating: .zero, shape: shape) }
    var responses: [Tensor<Complex<Double>>] = []
    let kernels = complexKernels
    for filter in 0..<count {
      responses.append(
        FourierSum.response(of: try kernels.selected(axis: 0, at: filter), at: axes))
    }
    return try .stacked(responses)
  }
}
