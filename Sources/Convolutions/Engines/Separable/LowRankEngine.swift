import Tensors

/// A few passes per axis, for kernels that are sums of a few outer products: Gabor filters,
/// Laplacians and differences of Gaussians, or any kernel to within a tolerance.
///
/// r · (n₁ + n₂ + …) multiply-adds per sample for r terms.
struct LowRankEngine<Scalar: ConvolutionScalar>: ConvolutionEngine {
  static var algorithm: Algorithm { .lowRank }

  private let maps: OuterProductMaps<Scalar>
  private let tolerance: Double

  var convolution: Convolution { maps.convolution }

  init(_ convolution: Convolution, kernel: KernelFacts<Scalar>?) {
    let counts = Self.counts(convolution, kernel)
    maps = OuterProductMaps(convolution, terms: counts.most)
    tolerance = kernel?.tolerance ?? 0
  }

  /// The number of all terms, and the most of one filter and channel.
  private static func counts(
    _ convolution: Convolution, _ kernel: KernelFacts<Scalar>?
  ) -> (all: Int, most: Int) {
    if let sums = kernel?.outerProducts {
      let counts = sums.map(\.terms.count)
      return (counts.reduce(0, +), counts.max() ?? 1)
    }
    let taps = convolution.kernel.dimensions.dropFirst(2)
    let most = taps.reduce(1, *) / (taps.max() ?? 1)
    return (most * convolution.kernel[0] * convolution.kernel[1], most)
  }

  static func assess(_ convolution: Convolution, kernel: KernelFacts<Scalar>?) -> Assessment {
    guard let kernel else { return .declined("the kernel is not known when planning") }
    guard convolution.spatialRank > 1 else {
      return .declined("one-dimensional kernels have nothing to separate")
    }
    guard kernel.isFinite else { return .declined("not all coefficients are finite numbers") }
    let counts = counts(convolution, kernel)
    return OuterProductMaps<Scalar>.assess(
      convolution, terms: counts.all, most: counts.most)
  }

  func prepare(_ kernel: UnsafePointer<Scalar>, into prepared: inout PreparedKernel<Scalar>) {
    let taps = Array(convolution.kernel.dimensions.dropFirst(2))
    prepared = maps.prepare(
      forEachKernel(kernel, convolution) {
        outerProducts(of: $0, taps: taps, tolerance: tolerance)
      })
  }

  func fuses(_ epilogue: Epilogue<Scalar>) -> Bool { maps.fuses(epilogue) }

  func forward(
    _ input: UnsafePointer<Scalar>, _ kernel: PackedKernel<Scalar>,
    _ output: UnsafeMutablePointer<Scalar>, _ epilogue: Epilogue<Scalar>
  ) {
    maps.forward(input, kernel, output, epilogue)
  }
}

/// The result of `body` for the coefficients of every filter and channel.
func forEachKernel<Scalar: ConvolutionScalar, Result>(
  _ kernel: UnsafePointer<Scalar>, _ convolution: Convolution,
  _ body: (UnsafeBufferPointer<Scalar>) -> Result
) -> [Result] {
  let size = convolution.counts.taps
  return stride(from: 0, to: convolution.kernel.elementCount, by: size).map { start in
    body(UnsafeBufferPointer(start: kernel + start, count: size))
  }
}

/// The factors of the outer products whose sum is a kernel.
///
/// If they cannot be found because coefficients are not finite, every line of taps is a term.
func outerProducts<Scalar: ConvolutionScalar>(
  of kernel: UnsafeBufferPointer<Scalar>, taps: [Int], tolerance: Double
) -> [[[Scalar]]] {
  if let sum = OuterProductSum(kernel, taps: taps, tolerance: tolerance) {
    return sum.terms.map { term in term.map { factor in factor.map { Scalar($0) } } }
  }
  let columns = taps[taps.count - 1]
  var terms: [[[Scalar]]] = []
  Shape(Array(taps.dropLast())).forEachIndex { index in
    let line = terms.count * columns
    terms.append(
      index.indices.map { axis in (0..<taps[axis]).map { $0 == index[axis] ? 1 : 0 } }
        + [Array(kernel[line..<line + columns])])
  }
  return terms
}
