import Convolutions
import Tensors

/// Drops values at random in training, and scales the rest so that the mean is unchanged.
public struct Dropout: ElementwiseLayer {
  /// `dropout`.
  public static let kind = "dropout"
  /// The fraction that is dropped, from 0 to below 1.
  public var rate: Double
  /// A layer that drops single values.
  public init(_ rate: Double) { self.rate = rate }

  /// Checks the options.
  ///
  /// - Throws: ``FiltersmithError`` that names the option which is out of range.
  public func checkOptions() throws(FiltersmithError) { try checkRate(rate) }

  /// The input's shape.
  public func outputShape(for inputs: [Shape]) throws(FiltersmithError) -> Shape {
    try checkOptions()
    return try single(inputs)
  }

  /// The layer ready to run.
  public func plan<Scalar: ConvolutionScalar>(
    in context: LayerContext, as precision: Scalar.Type
  ) throws(FiltersmithError) -> any LayerPlan<Scalar> {
    DropoutPlan<Scalar>(count: context.outputCount, run: 1, rate: rate)
  }
}

/// Drops whole channels at random in training, and scales the rest so that the mean is unchanged.
public struct SpatialDropout: Layer {
  /// `spatialDropout`.
  public static let kind = "spatialDropout"
  /// The fraction of the channels that is dropped, from 0 to below 1.
  public var rate: Double
  /// A layer that drops channels.
  public init(_ rate: Double) { self.rate = rate }

  /// Checks the options.
  ///
  /// - Throws: ``FiltersmithError`` that names the option which is out of range.
  public func checkOptions() throws(FiltersmithError) { try checkRate(rate) }

  /// The input's shape.
  public func outputShape(for inputs: [Shape]) throws(FiltersmithError) -> Shape {
    try checkOptions()
    return try singleImage(inputs)
  }

  /// The layer ready to run.
  public func plan<Scalar: ConvolutionScalar>(
    in context: LayerContext, as precision: Scalar.Type
  ) throws(FiltersmithError) -> any LayerPlan<Scalar> {
    DropoutPlan<Scalar>(count: context.outputCount, run: context.run, rate: rate)
  }
}

extension Layer {
  fileprivate func checkRate(_ rate: Double) throws(FiltersmithError) {
    guard rate >= 0, rate < 1 else {
      throw FiltersmithError(
        .argument, "\(Self.kind) has rate \(rate); from 0 to below 1 was expected")
    }
  }
}

/// Values, or whole channels, set to zero at random and the rest scaled up; nothing in inference.
struct DropoutPlan<Scalar: ConvolutionScalar>: LayerPlan {
  let count: Int
  /// How many neighbouring values are dropped together.
  let run: Int
  let rate: Double

  var savedCount: Int { (count + run - 1) / run }
  var canRunInPlace: Bool { true }
  var canPassGradientInPlace: Bool { true }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func forward(_ pass: ForwardPass<Scalar>) {
    let (input, output, run) = (pass.inputs[0], pass.output, run)
    guard pass.isTraining, let factors = pass.saved else {
      if input.pointer != output.pointer {
        output.pointer.update(from: input.pointer, count: count)
      }
      return
    }
    let (rate, random) = (rate, pass.random)
    let kept = Scalar(1 / (1 - rate))
    forEachPart(savedCount, of: 4096) { part in
      var source = random.split(part.lowerBound)
      for place in part {
        factors[place] = source.uniform() < rate ? 0 : kept
        for number in place * run..<(place + 1) * run {
          output[number] = input[number] * factors[place]
        }
      }
    }
  }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func backward(_ pass: BackwardPass<Scalar>) {
    guard let target = pass.inputGradients[0] else { return }
    let (gradient, factors, run) = (pass.outputGradient, pass.saved, run)
    forEachPart(savedCount, of: 4096) { part in
      for place in part {
        let factor = pass.isTraining ? factors?[place] ?? 1 : 1
        for number in place * run..<(place + 1) * run {
          target[number] = gradient[number] * factor
        }
      }
    }
  }
}
