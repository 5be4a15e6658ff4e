import Tensors

/// One pass per axis, for kernels that are outer products of one-dimensional factors.
///
/// n₁ + n₂ + … multiply-adds per sample instead of n₁ · n₂ · …. The factors are found in the coefficients
/// when planning, so the kernel has to be known then.
struct SeparableEngine<Scalar: ConvolutionScalar>: ConvolutionEngine {
  static var algorithm: Algorithm { .separable }

  private let maps: OuterProductMaps<Scalar>

  var convolution: Convolution { maps.convolution }

  init(_ convolution: Convolution, kernel: KernelFacts<Scalar>?) {
    maps = OuterProductMaps(convolution, terms: 1)
  }

  static func assess(_ convolution: Convolution, kernel: KernelFacts<Scalar>?) -> Assessment {
    guard let kernel else { return .declined("the kernel is not known when planning") }
    guard kernel.factors != nil else {
      return .declined("the kernel is not an outer product of one-dimensional factors")
    }
    guard convolution.spatialRank > 1 else {
      return .declined("one-dimensional kernels have nothing to separate")
    }
    return OuterProductMaps<Scalar>.assess(
      convolution, terms: convolution.kernel[0] * convolution.kernel[1], most: 1)
  }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func prepare(_ kernel: UnsafePointer<Scalar>, into prepared: inout PreparedKernel<Scalar>) {
    let taps = Array(convolution.kernel.dimensions.dropFirst(2))
    prepared = maps.prepare(
      forEachKernel(kernel, convolution) { coefficients in
        // Kernels that are given after planning need not be outer products.
        outerProductFactors(coefficients, taps: taps).map { [$0] }
          ?? outerProducts(of: coefficients, taps: taps, tolerance: 0)
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
