import Convolutions
import Tensors

/// The largest value of each channel.
///
/// `[channels, spatial…]` → `[channels]`.
public struct GlobalMaxPooling: Layer {
  /// `globalMaxPooling`.
  public static let kind = "globalMaxPooling"

  /// Pooling over all positions.
  public init() {}

  /// `[channels]`.
  public func outputShape(for inputs: [Shape]) throws(FiltersmithError) -> Shape {
    [try singleImage(inputs)[0]]
  }

  /// The layer ready to run.
  public func plan<Scalar: ConvolutionScalar>(
    in context: LayerContext, as precision: Scalar.Type
  ) throws(FiltersmithError) -> any LayerPlan<Scalar> {
    GlobalPoolingPlan<Scalar>(
      planes: context.outputCount, run: context.inputs[0].dropFirst().reduce(1, *), isMean: false)
  }
}

/// The mean of each channel.
///
/// `[channels, spatial…]` → `[channels]`.
public struct GlobalAveragePooling: Layer {
  /// `globalAveragePooling`.
  public static let kind = "globalAveragePooling"

  /// Pooling over all positions.
  public init() {}

  /// `[channels]`.
  public func outputShape(for inputs: [Shape]) throws(FiltersmithError) -> Shape {
    [try singleImage(inputs)[0]]
  }

  /// The layer ready to run.
  public func plan<Scalar: ConvolutionScalar>(
    in context: LayerContext, as precision: Scalar.Type
  ) throws(FiltersmithError) -> any LayerPlan<Scalar> {
    GlobalPoolingPlan<Scalar>(
      planes: context.outputCount, run: context.inputs[0].dropFirst().reduce(1, *), isMean: true)
  }
}

/// The largest or the mean value of each channel.
struct GlobalPoolingPlan<Scalar: ConvolutionScalar>: LayerPlan {
  let planes: Int
  let run: Int
  let isMean: Bool

  /// The position of each largest value.
  var savedCount: Int { isMean ? 0 : planes }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func forward(_ pass: ForwardPass<Scalar>) {
    let (input, output, run) = (pass.inputs[0], pass.output, run)
    parallelFor(planes, grain: max(1, 8192 / run)) { plane in
      let values = input.pointer + plane * run
      if isMean {
        output[plane] = Scalar(Sums.sum(values, run) / Double(run))
      } else {
        var place = 0
        for position in 1..<max(run, 1) where values[position] > values[place] { place = position }
        output[plane] = values[place]
        if let saved = pass.saved { saved.integers[plane] = Int32(place) }
      }
    }
  }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func backward(_ pass: BackwardPass<Scalar>) {
    guard let target = pass.inputGradients[0] else { return }
    let (gradient, run) = (pass.outputGradient, run)
    parallelFor(planes, grain: max(1, 8192 / run)) { plane in
      let into = target.pointer + plane * run
      into.update(repeating: isMean ? gradient[plane] / Scalar(run) : 0, count: run)
      if !isMean, let saved = pass.saved { into[Int(saved.integers[plane])] = gradient[plane] }
    }
  }
}
