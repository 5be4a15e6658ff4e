import Tensors
import TestSupport
import Testing

@testable import Convolutions

/// Plans that run again ask the system for nothing but, for some algorithms, a few small pieces.
@Suite struct AllocationTests {
  /// A bank on an image, or a layer of a network.
  static let cases: [(algorithm: Algorithm, isBank: Bool)] = [
    (.blocked, false), (.planar, false), (.winograd, false), (.matrixProduct, false),
    (.plain, false), (.plain, true),
  ]

  @Test(arguments: cases.indices)
  func reusedPlansAllocateNothing(_ index: Int) throws {
    let (algorithm, isBank) = Self.cases[index]
    let convolution =
      isBank
      ? try Convolution(input: [1, 1, 96, 96], kernel: [8, 1, 11, 11])
      : try Convolution(input: [4, 32, 56, 56], kernel: [32, 32, 3, 3], padding: .same)
    var source = RandomSource(seed: 1)
    let kernel = Tensor<Float>.normal(shape: convolution.kernel, using: &source)
    let input = Tensor<Float>.normal(shape: convolution.input, using: &source)
    let plan = try convolution.plan(algorithm, for: [.forward, .inputGradient], kernel: kernel)
    var (output, gradient) = (Tensor<Float>(zeros: convolution.output), input)
    func check(_ map: LinearMap, _ run: () -> Void) {
      // The first run fills the store of scratch memory.
      run()
      guard let count = countingAllocations(run) else { return }
      #expect(count.calls <= 8, "\(algorithm), \(map): \(count.calls) pieces of memory")
      #expect(count.largeCalls == 0, "\(algorithm), \(map)")
    }
    check(.forward) { plan.forward(input, into: &output) }
    if !isBank { check(.inputGradient) { plan.inputGradient(output, into: &gradient) } }
  }
}
