import Convolutions
import Tensors

/// The sum of all inputs.
public struct Add: Layer {
  /// `add`.
  public static let kind = "add"

  /// A layer that adds its inputs.
  public init() {}

  /// The inputs' shape.
  public func outputShape(for inputs: [Shape]) throws(FiltersmithError) -> Shape {
    guard let first = inputs.first, inputs.allSatisfy({ $0 == first }) else {
      throw FiltersmithError(.shape, "add takes inputs of one shape; it got \(inputs)")
    }
    return first
  }

  /// The layer ready to run.
  public func plan<Scalar: ConvolutionScalar>(
    in context: LayerContext, as precision: Scalar.Type
  ) throws(FiltersmithError) -> any LayerPlan<Scalar> {
    AddPlan<Scalar>(count: context.outputCount, inputs: context.inputs.count)
  }
}

/// The sum of all inputs, with an activation in the same pass.
struct AddPlan<Scalar: ConvolutionScalar>: LayerPlan {
  let count: Int
  let inputs: Int
  var activation = Activation.identity

  var canRunInPlace: Bool { true }
  var canPassGradientInPlace: Bool { true }

  func fusing(_ activation: Activation) -> Self? {
    var fused = self
    fused.activation = activation
    return fused
  }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func forward(_ pass: ForwardPass<Scalar>) {
    let (first, output, activation) = (pass.inputs[0], pass.output, activation)
    forEachPart(count) { part in
      if inputs == 1 {
        Rows.scale(
          first.pointer + part.lowerBound, by: 1, offset: 0, activation,
          into: output.pointer + part.lowerBound, part.count)
      }
      for index in 1..<max(inputs, 1) {
        let (left, right) = (index == 1 ? first : output, pass.inputs[index])
        Rows.add(
          left.pointer + part.lowerBound, right.pointer + part.lowerBound,
          index == inputs - 1 ? activation : .identity, into: output.pointer + part.lowerBound,
          part.count)
      }
    }
  }

  func backward(_ pass: BackwardPass<Scalar>) {
    let gradient = pass.outputGradient
    for index in 0..<pass.inputGradients.count {
      guard let target = pass.inputGradients[index], target.pointer != gradient.pointer else {
        continue
      }
      forEachPart(count) { part in
        (target.pointer + part.lowerBound).update(
          from: gradient.pointer + part.lowerBound, count: part.count)
      }
    }
  }
}
