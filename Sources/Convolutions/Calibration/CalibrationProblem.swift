import Numerics
import Tensors

/// One of the random convolutions that the planner is fitted to and judged by.
///
/// Of ten problems, three filter images, one each volumes, signals and sequences of volumes, and four
/// are layers of networks (images, a few signals and volumes). Extents, taps and channels are spread
/// evenly over their logarithms. Only problems of 10⁵ to 3 · 10⁸ multiply-adds are kept, so that
/// hundreds can be timed in minutes.
public struct CalibrationProblem: Sendable, Hashable {
  /// What is computed.
  public let convolution: Convolution
  /// Which of its maps is judged: forward or kernel gradient; an input gradient is judged by the forward
  /// map of its largest part.
  public let map: LinearMap
  /// Where its coefficients come from.
  private let source: Source

  private enum Source: Hashable {
    /// Noise, or products of noise along the axes.
    case random(isSeparable: Bool, seed: UInt64)
    case given(Tensor<Float>)
  }

  private init(_ convolution: Convolution, map: LinearMap, source: Source) {
    let isPart = map == .inputGradient
    self.convolution =
      isPart
      ? InputGradientParts(convolution, joinsRim: false).largest ?? convolution : convolution
    self.map = isPart ? .forward : map
    self.source = source
  }

  /// A map of a convolution; the kernel matters to forward maps, where some algorithms need to know it.
  package init(_ convolution: Convolution, map: LinearMap, kernel: Tensor<Float>) {
    self.init(
      convolution, map: map,
      source: map == .inputGradient
        ? .random(isSeparable: false, seed: 1) : .given(kernel))
  }

  /// Problems that are fully determined by a seed.
  public static func random(count: Int, seed: UInt64) -> [CalibrationProblem] {
    var source = RandomSource(seed: seed)
    var problems: [CalibrationProblem] = []
    while problems.count < count {
      // A draw whose shapes do not fit is skipped.
      guard let problem = try? draw(problems.count % 10, &source) else { continue }
      let products = problem.convolution.multiplyAdds
      if (100_000...300_000_000).contains(products) { problems.append(problem) }
    }
    return problems
  }

  /// The coefficients.
  func kernel() -> Tensor<Float> {
    switch source {
    case .given(let kernel): kernel
    case .random(let isSeparable, let seed): randomKernel(isSeparable: isSeparable, seed: seed)
    }
  }

  private func randomKernel(isSeparable: Bool, seed: UInt64) -> Tensor<Float> {
    var source = RandomSource(seed: seed)
    let shape = convolution.kernel
    guard isSeparable else { return .normal(shape: shape, using: &source) }
    let factors = shape.dropFirst(2).map { taps in
      Tensor<Float>.normal(shape: [shape[0], shape[1], taps], using: &source)
    }
    return Tensor(shape: shape) { index in
      factors.indices.reduce(1) { $0 * factors[$1][index[0], index[1], index[2 + $1]] }
    }
  }

  private static func draw(
    _ family: Int, _ source: inout RandomSource
  ) throws(FiltersmithError) -> CalibrationProblem {
    switch family {
    case 0, 1, 2:
      return try filter(axes: 2, extents: 48...1536, taps: 3...41, filters: [1, 1, 2, 8], &source)
    case 3: return try filter(axes: 3, extents: 12...96, taps: 3...9, filters: [1, 6, 12], &source)
    case 4:
      return try filter(axes: 1, extents: 1000...400_000, taps: 3...301, filters: [1, 2], &source)
    case 5: return try filter(axes: 4, extents: 6...24, taps: 3...5, filters: [1, 6, 12], &source)
    case 6: return try layer(axes: source.integer(below: 2) == 0 ? 1 : 3, &source)
    default: return try layer(axes: 2, &source)
    }
  }

  /// One channel, one to many filters, any border.
  private static func filter(
    axes: Int, extents: ClosedRange<Int>, taps: ClosedRange<Int>, filters: [Int],
    _ source: inout RandomSource
  ) throws(FiltersmithError) -> CalibrationProblem {
    let borders: [Border] = [.mirror, .mirror, .nearest, .symmetric, .wrap, .zero, .valid]
    let shape = Shape((0..<axes).map { _ in integer(in: extents, &source) })
    let side = integer(in: taps, &source) | 1
    let count = filters[source.integer(below: filters.count)]
    let convolution = try Convolution(
      input: [1, 1] + shape, kernel: Shape([count, 1] + [Int](repeating: side, count: axes)),
      border: borders[source.integer(below: borders.count)])
    return CalibrationProblem(
      convolution, map: .forward,
      source: .random(
        isSeparable: axes > 1 && source.integer(below: 5) == 0, seed: source.next()))
  }

  /// Channels to channels, zeros around the input, sometimes strides or one filter per channel.
  private static func layer(
    axes: Int, _ source: inout RandomSource
  ) throws(FiltersmithError) -> CalibrationProblem {
    let channels = [1, 3, 8, 16, 32, 64, 128, 256]
    let largest = [4096, 112, 32][axes - 1]
    let inputs = channels[source.integer(below: channels.count)]
    let isDepthwise = axes == 2 && source.integer(below: 8) == 0
    let filters = isDepthwise ? inputs : channels[source.integer(below: channels.count)]
    let side = [1, 3, 3, 3, 5, 7][source.integer(below: axes == 3 ? 4 : 6)]
    let stride = source.integer(below: 5) == 0 ? 2 : 1
    let extents = [Int](repeating: integer(in: 7...largest, &source), count: axes)
    let convolution = try Convolution(
      input: Shape([integer(in: 1...32, &source), inputs] + extents),
      kernel: Shape([filters, isDepthwise ? 1 : inputs] + [Int](repeating: side, count: axes)),
      padding: .same, stride: [Int](repeating: stride, count: axes),
      groups: isDepthwise ? inputs : 1)
    let map = LinearMap.allCases[source.integer(below: 3)]
    return CalibrationProblem(
      convolution, map: map, source: .random(isSeparable: false, seed: source.next()))
  }

  /// Spread evenly over the logarithm.
  private static func integer(in range: ClosedRange<Int>, _ source: inout RandomSource) -> Int {
    let (low, high) = (Double.log(Double(range.lowerBound)), Double.log(Double(range.upperBound)))
    return Int(Double.exp(low + (high - low) * source.uniform()).rounded())
  }
}
