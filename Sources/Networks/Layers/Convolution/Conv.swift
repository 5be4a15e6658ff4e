import Convolutions
import Tensors

/// A layer whose work is that of one convolution.
public protocol ConvolutionLayer: Layer {
  /// The convolution on a batch of images of a shape.
  ///
  /// - Throws: ``FiltersmithError`` that names the shapes which do not fit.
  func convolution(for input: Shape, batch: Int) throws(FiltersmithError) -> Convolution
}

extension ConvolutionLayer {
  /// `[filters, spatial…]`.
  public func outputShape(for inputs: [Shape]) throws(FiltersmithError) -> Shape {
    try checkOptions()
    return try convolution(for: try singleImage(inputs), batch: 1).output.removing(axis: 0)
  }

  /// Multiply-adds per sample.
  public func multiplyAdds(for inputs: [Shape]) -> Int {
    (try? convolution(for: inputs[0], batch: 1))?.multiplyAdds ?? 0
  }
}

/// A convolution layer: kernels slide over the image, `filters` of them, with a bias each.
///
/// `[channels, spatial…]` → `[filters, spatial…]`. Parameters: `weight` `[filters, channels / groups,
/// taps…]` and `bias` `[filters]`. It correlates, as all CNN libraries do, and is Keras' `Conv1D` to
/// `Conv3D`, with a fourth dimension.
public struct Conv: ConvolutionLayer {
  /// `conv`.
  public static let kind = "conv"

  /// The number of output channels.
  public var filters: Int
  /// Taps per spatial axis; one value serves all axes.
  public var kernel: [Int]
  /// The step between outputs, per spatial axis.
  public var stride: [Int]
  /// How many zeros are put around the input.
  public var padding: Padding
  /// The distance between taps, per spatial axis.
  public var dilation: [Int]
  /// The number of independent groups of channels.
  public var groups: Int
  /// Whether a bias is added.
  public var hasBias: Bool
  /// How the kernels are initialised.
  public var initializer: Initializer

  /// A convolution with its extents given per axis.
  public init(
    _ filters: Int, kernel: [Int], stride: [Int] = [1], padding: Padding = .valid,
    dilation: [Int] = [1], groups: Int = 1, hasBias: Bool = true,
    initializer: Initializer = .heUniform
  ) {
    self.filters = filters
    self.kernel = kernel
    self.stride = stride
    self.padding = padding
    self.dilation = dilation
    self.groups = groups
    self.hasBias = hasBias
    self.initializer = initializer
  }

  /// A convolution with the same extents along every axis.
  public init(
    _ filters: Int, kernel: Int, stride: Int = 1, padding: Padding = .valid, dilation: Int = 1,
    groups: Int = 1, hasBias: Bool = true, initializer: Initializer = .heUniform
  ) {
    self.init(
      filters, kernel: [kernel], stride: [stride], padding: padding, dilation: [dilation],
      groups: groups, hasBias: hasBias, initializer: initializer)
  }

  /// Checks the options.
  ///
  /// - Throws: ``FiltersmithError`` that names the option which is out of range.
  public func checkOptions() throws(FiltersmithError) {
    try check(filters, named: "filters")
    try check(groups, named: "groups")
    try check(kernel, named: "kernel")
  }

  /// The convolution on a batch of images of a shape.
  ///
  /// - Throws: ``FiltersmithError`` that names the shapes which do not fit.
  public func convolution(for input: Shape, batch: Int) throws(FiltersmithError) -> Convolution {
    let rank = input.rank - 1
    guard filters > 0, groups > 0, input[0] % groups == 0 else {
      throw FiltersmithError(
        .argument,
        "conv with \(filters) filters in \(groups) groups on an input of \(input[0]) channels")
    }
    let taps = try perAxis(kernel, rank, "kernel")
    guard taps.allSatisfy({ $0 > 0 }) else {
      throw FiltersmithError(.argument, "conv has the empty kernel \(kernel)")
    }
    return try Convolution(
      input: Shape([batch]) + input, kernel: Shape([filters, input[0] / groups] + taps),
      padding: padding.spread(over: rank), stride: try perAxis(stride, rank, "stride"),
      dilation: try perAxis(dilation, rank, "dilation"), groups: groups)
  }

  /// `weight` and, if there is one, `bias`.
  public func parameters(for inputs: [Shape]) -> [ParameterDescription] {
    guard let convolution = try? convolution(for: inputs[0], batch: 1) else { return [] }
    return weightAndBias(convolution.kernel, bias: hasBias ? filters : nil, initializer)
  }
}

/// A convolution of every channel separately, with `multiplier` kernels each.
///
/// `[channels, spatial…]` → `[channels · multiplier, spatial…]`: Keras' `DepthwiseConv2D`, in 1 to 4
/// dimensions.
public struct DepthwiseConv: ConvolutionLayer {
  /// `depthwiseConv`.
  public static let kind = "depthwiseConv"

  /// Taps per spatial axis; one value serves all axes.
  public var kernel: [Int]
  /// Kernels per channel.
  public var multiplier: Int
  /// The step between outputs, per spatial axis.
  public var stride: [Int]
  /// How many zeros are put around the input.
  public var padding: Padding
  /// The distance between taps, per spatial axis.
  public var dilation: [Int]
  /// Whether a bias is added.
  public var hasBias: Bool
  /// How the kernels are initialised.
  public var initializer: Initializer

  /// A depthwise convolution.
  public init(
    kernel: [Int], multiplier: Int = 1, stride: [Int] = [1], padding: Padding = .valid,
    dilation: [Int] = [1], hasBias: Bool = true, initializer: Initializer = .heUniform
  ) {
    self.kernel = kernel
    self.multiplier = multiplier
    self.stride = stride
    self.padding = padding
    self.dilation = dilation
    self.hasBias = hasBias
    self.initializer = initializer
  }

  /// The grouped convolution it is for inputs of a shape.
  public func conv(for input: Shape) -> Conv {
    Conv(
      (input.first ?? 1) * multiplier, kernel: kernel, stride: stride, padding: padding,
      dilation: dilation, groups: input.first ?? 1, hasBias: hasBias, initializer: initializer)
  }

  /// Checks the options.
  ///
  /// - Throws: ``FiltersmithError`` that names the option which is out of range.
  public func checkOptions() throws(FiltersmithError) {
    try check(multiplier, named: "multiplier")
    try check(kernel, named: "kernel")
  }

  /// The convolution on a batch of images of a shape.
  ///
  /// - Throws: ``FiltersmithError`` that names the shapes which do not fit.
  public func convolution(for input: Shape, batch: Int) throws(FiltersmithError) -> Convolution {
    try conv(for: input).convolution(for: input, batch: batch)
  }

  /// `weight` `[channels · multiplier, 1, taps…]` and `bias`.
  public func parameters(for inputs: [Shape]) -> [ParameterDescription] {
    conv(for: inputs[0]).parameters(for: inputs)
  }
}

/// A transposed convolution: the adjoint of a convolution, which makes images larger.
///
/// `[channels, spatial…]` → `[filters, spatial…]` of length (n − 1) · stride − padding + dilation ·
/// (taps − 1) + 1 + output padding; input · stride with padding `same`. Parameters: `weight`
/// `[channels, filters / groups, taps…]`, as in PyTorch and ONNX, and `bias` `[filters]`.
public struct ConvTransposed: ConvolutionLayer {
  /// `convTransposed`.
  public static let kind = "convTransposed"

  /// The number of output channels.
  public var filters: Int
  /// Taps per spatial axis; one value serves all axes.
  public var kernel: [Int]
  /// The distance between inputs in the output, per spatial axis.
  public var stride: [Int]
  /// What is cut off the output.
  public var padding: Padding
  /// By how much the output is longer at its end.
  public var outputPadding: [Int]
  /// The distance between taps, per spatial axis.
  public var dilation: [Int]
  /// The number of independent groups of channels.
  public var groups: Int
  /// Whether a bias is added.
  public var hasBias: Bool
  /// How the kernels are initialised.
  public var initializer: Initializer

  /// A transposed convolution.
  public init(
    _ filters: Int, kernel: [Int], stride: [Int] = [1], padding: Padding = .valid,
    outputPadding: [Int] = [0], dilation: [Int] = [1], groups: Int = 1, hasBias: Bool = true,
    initializer: Initializer = .heUniform
  ) {
    self.filters = filters
    self.kernel = kernel
    self.stride = stride
    self.padding = padding
    self.outputPadding = outputPadding
    self.dilation = dilation
    self.groups = groups
    self.hasBias = hasBias
    self.initializer = initializer
  }

  /// Checks the options.
  ///
  /// - Throws: ``FiltersmithError`` that names the option which is out of range.
  public func checkOptions() throws(FiltersmithError) {
    try check(filters, named: "filters")
    try check(groups, named: "groups")
    try check(kernel, named: "kernel")
    try check(outputPadding, named: "output padding", atLeast: 0)
  }

  /// The convolution whose input gradient this layer is.
  ///
  /// - Throws: ``FiltersmithError`` that names the shapes which do not fit.
  public func convolution(for input: Shape, batch: Int) throws(FiltersmithError) -> Convolution {
    let rank = input.rank - 1
    guard filters > 0, groups > 0, filters % groups == 0, input[0] % groups == 0 else {
      throw FiltersmithError(
        .argument,
        "convTransposed with \(filters) filters in \(groups) groups on an input of \(input[0]) "
          + "channels")
    }
    return try Convolution(
      transposing: Shape([batch]) + input,
      kernel: Shape([input[0], filters / groups] + (try perAxis(kernel, rank, "kernel"))),
      padding: padding.spread(over: rank), stride: try perAxis(stride, rank, "stride"),
      dilation: try perAxis(dilation, rank, "dilation"),
      outputPadding: try perAxis(outputPadding, rank, "output padding"), groups: groups)
  }

  /// `[filters, spatial…]`.
  public func outputShape(for inputs: [Shape]) throws(FiltersmithError) -> Shape {
    try checkOptions()
    return try convolution(for: try singleImage(inputs), batch: 1).input.removing(axis: 0)
  }

  /// `weight` and, if there is one, `bias`.
  public func parameters(for inputs: [Shape]) -> [ParameterDescription] {
    guard let convolution = try? convolution(for: inputs[0], batch: 1) else { return [] }
    return weightAndBias(convolution.kernel, bias: hasBias ? filters : nil, initializer)
  }
}

/// The two parameters of layers that are linear maps.
func weightAndBias(
  _ weight: Shape, bias: Int?, _ initializer: Initializer
) -> [ParameterDescription] {
  var parameters = [ParameterDescription("weight", weight, initializer, decays: true)]
  if let bias { parameters.append(ParameterDescription("bias", [bias], .zeros)) }
  return parameters
}

extension Padding {
  /// The same padding with one amount per axis where one was given for all.
  func spread(over rank: Int) -> Padding {
    guard case .explicit(let before, let after) = self else { return self }
    return .explicit(before: before.spread(over: rank), after: after.spread(over: rank))
  }
}
