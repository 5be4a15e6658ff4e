import Convolutions
import Tensors

/// Zeros around an image.
public struct ZeroPadding: Layer {
  /// `zeroPadding`.
  public static let kind = "zeroPadding"

  /// The number of zeros before each spatial axis; one value serves all axes.
  public var before: [Int]
  /// The number of zeros after each spatial axis; one value serves all axes.
  public var after: [Int]

  /// The given numbers of zeros before and after each axis.
  public init(before: [Int], after: [Int]) {
    self.before = before
    self.after = after
  }

  /// The same number of zeros on all sides.
  public init(_ amount: Int) { self.init(before: [amount], after: [amount]) }

  /// Checks the options.
  ///
  /// - Throws: ``FiltersmithError`` that names the option which is out of range.
  public func checkOptions() throws(FiltersmithError) {
    try check(before + after, named: "padding", atLeast: 0)
  }

  /// `[channels, spatial…]`.
  public func outputShape(for inputs: [Shape]) throws(FiltersmithError) -> Shape {
    try checkOptions()
    let input = try singleImage(inputs)
    let before = try perAxis(before, input.rank - 1, "padding")
    let after = try perAxis(after, input.rank - 1, "padding")
    return Shape(
      [input[0]] + zip(input.dropFirst(), zip(before, after)).map { $0 + $1.0 + $1.1 })
  }

  /// The layer ready to run.
  public func plan<Scalar: ConvolutionScalar>(
    in context: LayerContext, as precision: Scalar.Type
  ) throws(FiltersmithError) -> any LayerPlan<Scalar> {
    let input = context.inputs[0]
    let before = try perAxis(before, input.rank - 1, "padding")
    return BoxCopyPlan<Scalar>(
      batch: context.batch,
      boxes: [BoxCopy(input, context.output, extents: input, into: [0] + before)])
  }
}

/// Crops the sides of an image.
public struct Cropping: Layer {
  /// `cropping`.
  public static let kind = "cropping"

  /// How much to crop at the start of each spatial axis; one value serves all axes.
  public var before: [Int]
  /// How much to crop at the end of each spatial axis; one value serves all axes.
  public var after: [Int]

  /// Cropping by the given amounts at the start and the end.
  public init(before: [Int], after: [Int]) {
    self.before = before
    self.after = after
  }

  /// Checks the options.
  ///
  /// - Throws: ``FiltersmithError`` that names the option which is out of range.
  public func checkOptions() throws(FiltersmithError) {
    try check(before + after, named: "cropping", atLeast: 0)
  }

  /// `[channels, spatial…]`.
  public func outputShape(for inputs: [Shape]) throws(FiltersmithError) -> Shape {
    try checkOptions()
    let input = try singleImage(inputs)
    let before = try perAxis(before, input.rank - 1, "cropping")
    let after = try perAxis(after, input.rank - 1, "cropping")
    let rest = zip(input.dropFirst(), zip(before, after)).map { $0 - $1.0 - $1.1 }
    guard rest.allSatisfy({ $0 > 0 }) else {
      throw FiltersmithError(.shape, "cropping \(before):\(after) off \(input) leaves nothing")
    }
    return Shape([input[0]] + rest)
  }

  /// The layer ready to run.
  public func plan<Scalar: ConvolutionScalar>(
    in context: LayerContext, as precision: Scalar.Type
  ) throws(FiltersmithError) -> any LayerPlan<Scalar> {
    let input = context.inputs[0]
    let before = try perAxis(before, input.rank - 1, "cropping")
    return BoxCopyPlan<Scalar>(
      batch: context.batch,
      boxes: [BoxCopy(input, context.output, extents: context.output, from: [0] + before)])
  }
}

/// The middle of the first input, as large as the second: what a U-Net without padding skips.
///
/// `[channels, spatial…]`, `[…, smaller…]` → `[channels, smaller…]`. If the difference is odd, the smaller
/// half is cut off the start.
public struct CropToMatch: Layer {
  /// `cropToMatch`.
  public static let kind = "cropToMatch"

  /// A layer that crops its first input to the size of its second.
  public init() {}

  /// `[channels, smaller…]`.
  public func outputShape(for inputs: [Shape]) throws(FiltersmithError) -> Shape {
    guard inputs.count == 2, inputs[0].rank == inputs[1].rank, inputs[0].rank > 1,
      zip(inputs[0], inputs[1]).dropFirst().allSatisfy({ $0 >= $1 })
    else {
      throw FiltersmithError(
        .shape, "cropToMatch takes an image and one no larger; it got \(inputs)")
    }
    return Shape([inputs[0][0]] + inputs[1].dropFirst())
  }

  /// The layer ready to run.
  public func plan<Scalar: ConvolutionScalar>(
    in context: LayerContext, as precision: Scalar.Type
  ) throws(FiltersmithError) -> any LayerPlan<Scalar> {
    let input = context.inputs[0]
    let before = zip(input, context.output).map { ($0 - $1) / 2 }
    return BoxCopyPlan<Scalar>(
      batch: context.batch,
      boxes: [BoxCopy(input, context.output, extents: context.output, from: before)])
  }

  /// The second input is read only for its shape.
  public var differentiableInputs: Int? { 1 }
}

/// Every `stride`-th sample, with channels of zeros added on both sides: the shortcut of option A,
/// which has no parameters (He and others 2016).
///
/// `[few, spatial…]` → `[channels, spatial / stride…]`.
public struct SubsampleAndPadChannels: Layer {
  /// `subsampleAndPadChannels`.
  public static let kind = "subsampleAndPadChannels"

  /// The step along every spatial axis.
  public var stride: Int
  /// The number of output channels.
  public var channels: Int

  /// A shortcut without parameters.
  public init(stride: Int, channels: Int) {
    self.stride = stride
    self.channels = channels
  }

  /// Checks the options.
  ///
  /// - Throws: ``FiltersmithError`` that names the option which is out of range.
  public func checkOptions() throws(FiltersmithError) {
    try check(stride, named: "stride")
    try check(channels, named: "channels")
  }

  /// `[channels, spatial / stride…]`, rounded up.
  public func outputShape(for inputs: [Shape]) throws(FiltersmithError) -> Shape {
    try checkOptions()
    let input = try singleImage(inputs)
    guard channels >= input[0] else {
      throw FiltersmithError(
        .argument,
        "\(Self.kind) with stride \(stride) from \(input[0]) to \(channels) channels")
    }
    return Shape([channels] + input.dropFirst().map { ($0 + stride - 1) / stride })
  }

  /// The layer ready to run.
  public func plan<Scalar: ConvolutionScalar>(
    in context: LayerContext, as precision: Scalar.Type
  ) throws(FiltersmithError) -> any LayerPlan<Scalar> {
    let (input, output) = (context.inputs[0], context.output)
    let axes = input.rank - 1
    return BoxCopyPlan<Scalar>(
      batch: context.batch,
      boxes: [
        BoxCopy(
          input, output, extents: output.replacing(axis: 0, with: input[0]),
          into: [(output[0] - input[0]) / 2] + [Int](repeating: 0, count: axes),
          step: [1] + [Int](repeating: stride, count: axes))
      ])
  }
}

/// The channels of all inputs, those of the first input first.
public struct Concatenate: Layer {
  /// `concatenate`.
  public static let kind = "concatenate"

  /// A layer that joins channels.
  public init() {}

  /// `[Σ channels, spatial…]`.
  public func outputShape(for inputs: [Shape]) throws(FiltersmithError) -> Shape {
    guard let first = inputs.first,
      inputs.allSatisfy({ $0.dropFirst().elementsEqual(first.dropFirst()) })
    else {
      throw FiltersmithError(
        .shape, "concatenate takes inputs that differ in their channels only; it got \(inputs)")
    }
    return Shape([inputs.reduce(0) { $0 + $1[0] }] + first.dropFirst())
  }

  /// The layer ready to run.
  public func plan<Scalar: ConvolutionScalar>(
    in context: LayerContext, as precision: Scalar.Type
  ) throws(FiltersmithError) -> any LayerPlan<Scalar> {
    // Channels are outermost, so that each input is one contiguous run.
    var start = 0
    let total: Shape = [context.output.elementCount]
    let boxes = context.inputs.map { input in
      defer { start += input.elementCount }
      let run: Shape = [input.elementCount]
      return BoxCopy(run, total, extents: run, into: [start])
    }
    return BoxCopyPlan<Scalar>(batch: context.batch, boxes: boxes)
  }
}
