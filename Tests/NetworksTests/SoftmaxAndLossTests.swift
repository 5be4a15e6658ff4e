import Convolutions
import Foundation
import Tensors
import TestSupport
import Testing

@testable import Networks

/// Softmax and losses in single precision against double, on every instruction set.
@Suite struct SoftmaxAndLossTests {
  /// Features, and images whose rows end anywhere in a vector.
  static let shapes: [Shape] = [
    [3, 10], [2, 1], [2, 37], [2, 1, 5], [3, 4, 5, 7], [2, 19, 3, 3], [1, 5, 67], [1, 3, 40, 41],
  ]

  static let losses: [Loss] = [
    .softmaxCrossEntropy(), .softmaxCrossEntropy(classWeights: [1, 0.25, 3, 0.5]),
    .ofSoftmax(.categoricalCrossEntropy()), .binaryCrossEntropy(positiveWeight: 2),
    .ofSigmoid(.weightedBinaryCrossEntropy(positiveWeight: 3)), .meanSquared, .meanAbsolute,
    .huber(delta: 0.5), .ofSoftmax(.softDice), .ofSigmoid(.dice),
  ]

  private func random(_ shape: Shape, _ seed: UInt64, deviation: Double) -> Tensor<Float> {
    var source = RandomSource(seed: seed)
    return .normal(shape: shape, deviation: deviation, using: &source)
  }

  /// What a layer without parameters makes of a batch, and of a gradient.
  private func run<Scalar: ConvolutionScalar>(
    _ plan: some LayerPlan<Scalar>, _ input: Tensor<Scalar>, _ gradient: Tensor<Scalar>
  ) -> (output: Tensor<Scalar>, gradient: Tensor<Scalar>) {
    var (input, output, gradient) = (input, Tensor<Scalar>(zeros: input.shape), gradient)
    input.withUnsafeMutableElements { input in
      output.withUnsafeMutableElements { output in
        gradient.withUnsafeMutableElements { gradient in
          plan.forward(from: SharedPointer(input), into: SharedPointer(output))
          plan.backward(
            from: SharedPointer(input), to: SharedPointer(output), SharedPointer(gradient))
        }
      }
    }
    return (output, gradient)
  }

  private func softmax<Scalar: ConvolutionScalar>(
    _ input: Tensor<Scalar>, _ gradient: Tensor<Scalar>
  ) -> (output: Tensor<Scalar>, gradient: Tensor<Scalar>) {
    let shape = LossShape(output: input.shape.removing(axis: 0), batch: input.shape[0])
    return run(
      SoftmaxPlan<Scalar>(batch: shape.batch, channels: shape.channels, run: shape.run), input,
      gradient)
  }

  @Test(arguments: shapes)
  func softmaxIsAccurate(_ shape: Shape) {
    let (input, gradient) = (random(shape, 1, deviation: 4), random(shape, 2, deviation: 1))
    let exact = softmax(Tensor<Double>(input), Tensor<Double>(gradient))
    forEachSIMDLevel { level in
      let found = softmax(input, gradient)
      for (value, exact) in zip(found.output.elements, exact.output.elements) {
        // What is rounded in x − max x grows with how small a probability is.
        let bound = (6e-7 - 6e-8 * log(exact)) * exact
        #expect(abs(Double(value) - exact) <= bound, "\(level)")
      }
      #expect(largestDifference(found.gradient, exact.gradient) <= 1e-6, "\(level)")
    }
  }

  /// A loss and its gradient, which is added to ones.
  private func evaluate<Scalar: ConvolutionScalar>(
    _ loss: Loss, _ output: Tensor<Scalar>, _ target: LossTarget<Scalar>
  ) -> (loss: Double, gradient: Tensor<Scalar>) {
    let shape = LossShape(output: output.shape.removing(axis: 0), batch: output.shape[0])
    var (output, gradient) = (output, Tensor<Scalar>(shape: output.shape) { _ in 1 })
    let value = output.withUnsafeMutableElements { output in
      gradient.withUnsafeMutableElements { gradient in
        loss.evaluate(
          SharedPointer(output), target, shape, weight: 100,
          addingGradientTo: SharedPointer(gradient))
      }
    }
    return (value, gradient)
  }

  private func target<Scalar>(_ loss: Loss, _ shape: Shape) -> LossTarget<Scalar> {
    let positions = shape.elementCount / shape[1]
    switch loss {
    case .softmaxCrossEntropy, .ofSoftmax:
      // One position in six does not count.
      return .classes((0..<positions).map { $0 % 6 == 4 ? -1 : Int32($0 % shape[1]) })
    case .binaryCrossEntropy, .ofSigmoid:
      return .values(Tensor(shape: shape) { $0.reduce(0, +) % 3 == 0 ? 1 : 0 })
    default: return .values(Tensor<Scalar>(random(shape, 5, deviation: 1)))
    }
  }

  @Test(arguments: losses, [Shape([5, 4]), [2, 4, 5, 7], [1, 4, 67], [2, 4, 40, 41]])
  func lossesAreAccurate(_ loss: Loss, _ shape: Shape) {
    let output = random(shape, 3, deviation: 1.5)
    let exact = evaluate(loss, Tensor<Double>(output), target(loss, shape))
    forEachSIMDLevel { level in
      let found = evaluate(loss, output, target(loss, shape))
      #expect(abs(found.loss - exact.loss) <= 3e-6 * abs(exact.loss), "\(level)")
      let largest = exact.gradient.elements.reduce(0) { max($0, abs($1 - 1)) }
      #expect(
        largestDifference(found.gradient, exact.gradient) <= 2e-6 * max(largest, 1), "\(level)")
    }
  }

  @Test func whatDoesNotCountMayBeAnything() {
    for shape in [Shape([2, 3]), [1, 3, 2]] {
      let output = Tensor<Float>(shape: shape) { place in
        (shape.rank == 2 ? place[0] : place[2]) == 0 ? .nan : Float(place[1])
      }
      forEachSIMDLevel { level in
        let found = evaluate(.softmaxCrossEntropy(), output, .classes([-1, 2]))
        #expect(abs(found.loss - 0.4076) < 1e-4, "\(level)")
        #expect(found.gradient.elements.allSatisfy { $0.isFinite }, "\(level)")
      }
    }
  }

  @Test(arguments: losses)
  func bitsDoNotDependOnThreads(_ loss: Loss) {
    let shape: Shape = [3, 4, 90, 91]
    let output = random(shape, 3, deviation: 3)
    expectSameForThreads(2, 3) {
      let found = evaluate(loss, output, target(loss, shape))
      return [found.loss] + found.gradient.elements.map { Double($0) }
    }
  }

  @Test(arguments: [
    ElementwiseFunction.rectifier(slope: 0), .rectifier(slope: -0.5),
    .exponentialLinear(alpha: 1.5), .gaussianLinear, .approximateGaussianLinear, .sigmoidLinear,
    .sigmoid, .tanh, .softplus,
  ])
  func layersAgreeWithDouble(_ function: ElementwiseFunction) {
    let shape: Shape = [2, 3, 71, 91]
    let (input, gradient) = (random(shape, 7, deviation: 3), random(shape, 8, deviation: 1))
    let exact = run(
      ElementwisePlan<Double>(count: input.count, function: function), Tensor<Double>(input),
      Tensor<Double>(gradient))
    let plan = ElementwisePlan<Float>(count: input.count, function: function)
    expectSameForThreads(2) { run(plan, input, gradient).output }
    forEachSIMDLevel { level in
      let found = run(plan, input, gradient)
      #expect(largestDifference(found.output, exact.output) <= 2e-6, "\(level)")
      #expect(largestDifference(found.gradient, exact.gradient) <= 2e-6, "\(level)")
    }
  }
}
