import Tensors

/// A convolution, described: all shapes and parameters, checked once.
///
/// It is three linear maps, which every algorithm computes alike:
///
/// - forward: y[b, f, o] = Σ_c Σ_k w[f, c, k] · x[b, c, o · stride + k · dilation − before]
/// - input gradient, the adjoint in x, which is also the transposed convolution
/// - kernel gradient, the adjoint in w
///
/// where x is continued beyond its edges by the ``border``. The engine correlates, as CNNs do;
/// signal processing's convolution reflects the kernel first (`Tensor.convolved(with:)`).
///
/// Shapes: input `[batch, channels, (t,) (z,) (y,) x]`, kernel `[filters, channels / groups, …]`,
/// output `[batch, filters, …]`. A description is a value; ``plan(_:for:kernel:tolerance:as:)`` makes it run.
public struct Convolution: Hashable, Sendable {
  /// `[batch, channels, spatial…]`.
  public let input: Shape
  /// `[filters, channels / groups, spatial…]`.
  public let kernel: Shape
  /// `[batch, filters, spatial…]`.
  public let output: Shape
  /// How the input continues beyond its edges.
  public let border: Border
  /// By how many samples the input is extended at the start of each spatial axis; negative crops.
  public let before: [Int]
  /// By how many samples the input is extended at the end of each spatial axis; negative crops.
  public let after: [Int]
  /// The step between outputs, per spatial axis.
  public let stride: [Int]
  /// The distance between kernel taps in samples, per spatial axis.
  public let dilation: [Int]
  /// Into how many independent groups channels and filters are split.
  public let groups: Int

  /// The number of spatial axes, 1 to 4.
  public var spatialRank: Int { stride.count }

  /// A convolution as in image filtering, whose border decides the size of the result.
  ///
  /// - Parameters:
  ///   - input: `[batch, channels, spatial…]`, or `[channels, spatial…]` for a batch of one.
  ///   - kernel: `[filters, channels / groups, spatial…]`.
  ///   - border: How the input continues.
  ///   - stride: The step between outputs; 1 along every axis unless given.
  ///   - dilation: The distance between taps; 1 along every axis unless given.
  ///   - groups: The number of independent groups.
  ///   - center: The kernel's tap that lies on the output position; n / 2, rounded down, unless
  ///     given. It has no effect with ``Border/valid`` and ``Border/full``.
  /// - Throws: ``FiltersmithError`` that names the shapes which do not fit.
  public init(
    input: Shape, kernel: Shape, border: Border = .mirror, stride: [Int]? = nil,
    dilation: [Int]? = nil, groups: Int = 1, center: [Int]? = nil
  ) throws(FiltersmithError) {
    let rank = try Self.spatialRank(input: input, kernel: kernel)
    let dilation = try Self.perAxis(dilation, rank: rank, name: "dilation")
    let taps = Array(kernel.dimensions.suffix(rank))
    let reach = zip(taps, dilation).map { ($0 - 1) * $1 }
    let before: [Int]
    var after: [Int]
    switch border {
    case .valid:
      (before, after) = (reach.map { _ in 0 }, reach.map { _ in 0 })
    case .full:
      (before, after) = (reach, reach)
    default:
      let center = center ?? taps.map { $0 / 2 }
      guard center.count == rank, zip(center, taps).allSatisfy({ $0 >= 0 && $0 < $1 }) else {
        throw FiltersmithError(
          .argument, "center \(center) does not lie inside a kernel of \(taps) taps")
      }
      before = zip(center, dilation).map { $0 * $1 }
      after = zip(reach, before).map { $0 - $1 }
    }
    try self.init(
      input: input, kernel: kernel, border: border, before: before, after: after,
      stride: try Self.perAxis(stride, rank: rank, name: "stride"), dilation: dilation,
      groups: groups)
  }

  /// A convolution as in a network's layer, with zeros around its input.
  ///
  /// - Parameters:
  ///   - input: `[batch, channels, spatial…]`, or `[channels, spatial…]` for a batch of one.
  ///   - kernel: `[filters, channels / groups, spatial…]`.
  ///   - padding: How many zeros are put around the input.
  ///   - stride: The step between outputs; 1 along every axis unless given.
  ///   - dilation: The distance between taps; 1 along every axis unless given.
  ///   - groups: The number of independent groups.
  /// - Throws: ``FiltersmithError`` that names the shapes which do not fit.
  public init(
    input: Shape, kernel: Shape, padding: Padding, stride: [Int]? = nil, dilation: [Int]? = nil,
    groups: Int = 1
  ) throws(FiltersmithError) {
    let rank = try Self.spatialRank(input: input, kernel: kernel)
    let stride = try Self.perAxis(stride, rank: rank, name: "stride")
    let dilation = try Self.perAxis(dilation, rank: rank, name: "dilation")
    guard stride.allSatisfy({ $0 > 0 }) else {
      throw FiltersmithError(
        .argument, "stride \(stride): whole numbers of at least 1 were expected")
    }
    let before: [Int]
    let after: [Int]
    switch padding {
    case .valid:
      (before, after) = (stride.map { _ in 0 }, stride.map { _ in 0 })
    case .explicit(let first, let last):
      try Self.check(first, last, rank: rank, input: input)
      (before, after) = (first, last)
    case .same:
      let totals = (0..<rank).map { axis in
        let extent = input[input.rank - rank + axis]
        let reach = (kernel[2 + axis] - 1) * dilation[axis]
        let outputs = (extent + stride[axis] - 1) / stride[axis]
        return Swift.max((outputs - 1) * stride[axis] + reach + 1 - extent, 0)
      }
      before = totals.map { $0 / 2 }
      after = zip(totals, before).map { $0 - $1 }
    }
    try self.init(
      input: input, kernel: kernel, border: .zero, before: before, after: after, stride: stride,
      dilation: dilation, groups: groups)
  }

  /// A convolution with all its geometry spelt out.
  ///
  /// - Throws: ``FiltersmithError`` that names the shapes which do not fit.
  public init(
    input: Shape, kernel: Shape, border: Border, before: [Int], after: [Int], stride: [Int],
    dilation: [Int], groups: Int
  ) throws(FiltersmithError) {
    let rank = try Self.spatialRank(input: input, kernel: kernel)
    let input = input.rank == rank + 1 ? Shape([1]) + input : input
    let channels = input[1]
    guard groups > 0, kernel[0] % groups == 0 else {
      throw FiltersmithError(
        .argument, "\(groups) groups do not divide the \(kernel[0]) filters of kernel \(kernel)")
    }
    guard kernel[1] * groups == channels else {
      let expected = groups == 1 ? "\(kernel[1])" : "\(groups) groups of \(kernel[1])"
      throw FiltersmithError(
        .shape,
        "kernel \(kernel) expects \(expected) input channel\(kernel[1] * groups == 1 ? "" : "s"); "
          + "the input \(input) has \(channels)")
    }
    for (name, values) in [("stride", stride), ("dilation", dilation)] {
      guard values.count == rank, values.allSatisfy({ $0 > 0 && $0 <= Self.largestNumber }) else {
        throw FiltersmithError(
          .argument,
          "\(name) \(values): \(rank) whole numbers of 1 to \(Self.largestNumber) were expected")
      }
    }
    try Self.check(before, after, rank: rank, input: input)
    var extents: [Int] = []
    for axis in 0..<rank {
      let extended = input[2 + axis] + before[axis] + after[axis]
      let reach = (kernel[2 + axis] - 1) * dilation[axis]
      guard extended >= 0, reach < extended else {
        throw FiltersmithError(
          .shape,
          "kernel \(kernel) with dilation \(dilation) does not fit into the input \(input) "
            + "extended by \(before) before and \(after) after")
      }
      extents.append((extended - reach - 1) / stride[axis] + 1)
    }
    self.input = input
    self.kernel = kernel
    output = try Shape(checking: [input[0], kernel[0]] + extents)
    self.border = border
    self.before = before
    self.after = after
    self.stride = stride
    self.dilation = dilation
    self.groups = groups
  }

  /// The number of spatial axes that input and kernel agree on.
  private static func spatialRank(input: Shape, kernel: Shape) throws(FiltersmithError) -> Int {
    let rank = kernel.rank - 2
    guard (1...4).contains(rank) else {
      throw FiltersmithError(
        .shape,
        "kernel \(kernel) has rank \(kernel.rank); [filters, channels, …] with 1 to 4 spatial axes "
          + "was expected")
    }
    guard input.rank == rank + 2 || input.rank == rank + 1 else {
      throw FiltersmithError(
        .shape,
        "kernel \(kernel) has \(rank) spatial axes; the input \(input) has rank \(input.rank), "
          + "\(rank + 2) ([batch, channels, …]) was expected")
    }
    guard kernel.allSatisfy({ $0 > 0 }), input.allSatisfy({ $0 > 0 }) else {
      throw FiltersmithError(.shape, "kernel \(kernel) or input \(input) is empty")
    }
    for shape in [kernel, input] {
      guard try Shape(checking: shape.dimensions).allSatisfy({ $0 <= largestNumber }) else {
        throw FiltersmithError(
          .limit, "kernel \(kernel) or input \(input) has an extent above \(largestNumber)")
      }
    }
    return rank
  }

  /// Extents, steps and amounts of padding are at most this, so that sums of products of two never overflow.
  private static let largestNumber = 1 << 30

  /// Checks amounts of padding, one per axis.
  private static func check(
    _ before: [Int], _ after: [Int], rank: Int, input: Shape
  ) throws(FiltersmithError) {
    guard before.count == rank, after.count == rank,
      (before + after).allSatisfy({ $0.magnitude <= largestNumber })
    else {
      throw FiltersmithError(
        .shape, "padding \(before):\(after) for \(rank) spatial axes of the input \(input)")
    }
  }

  /// One number per axis: ones when not given, repeated when one number is given.
  private static func perAxis(
    _ values: [Int]?, rank: Int, name: String
  ) throws(FiltersmithError) -> [Int] {
    guard let values else { return [Int](repeating: 1, count: rank) }
    let numbers = try values.perAxis(rank, name, .notNegative)
    guard numbers.allSatisfy({ $0 <= largestNumber }) else {
      throw FiltersmithError(
        .argument, "\(name) \(values): numbers of at most \(largestNumber) were expected")
    }
    return numbers
  }
}

extension Convolution {
  /// The convolution whose input gradient is the transposed convolution of the given input.
  ///
  /// Run it with ``ConvolutionPlan/inputGradient(_:kernel:)``: the transposed convolution's input
  /// `[batch, filters, …]` is this convolution's output, and its result is this one's ``input``,
  /// of length (n − 1) · stride − before − after + dilation · (taps − 1) + 1 + output padding.
  ///
  /// - Parameters:
  ///   - input: What the transposed convolution is applied to, `[batch, filters, spatial…]`.
  ///   - kernel: `[filters, channels / groups, spatial…]`, as in PyTorch and ONNX.
  ///   - padding: What is cut off the result; `same` makes it input · stride long, as in Keras.
  ///   - outputPadding: By how much the result is longer at the end of each axis.
  /// - Throws: ``FiltersmithError`` that names the shapes which do not fit.
  public init(
    transposing input: Shape, kernel: Shape, padding: Padding = .valid, stride: [Int]? = nil,
    dilation: [Int]? = nil, outputPadding: [Int]? = nil, groups: Int = 1
  ) throws(FiltersmithError) {
    let rank = try Self.spatialRank(input: input, kernel: kernel)
    let input = input.rank == rank + 1 ? Shape([1]) + input : input
    let stride = try Self.perAxis(stride, rank: rank, name: "stride")
    let dilation = try Self.perAxis(dilation, rank: rank, name: "dilation")
    let outputPadding =
      try outputPadding.map { values throws(FiltersmithError) in
        try Self.perAxis(values, rank: rank, name: "output padding")
      } ?? [Int](repeating: 0, count: rank)
    guard groups > 0, kernel[0] % groups == 0 else {
      throw FiltersmithError(
        .argument,
        "\(groups) groups do not divide the \(kernel[0]) input channels of kernel \(kernel)")
    }
    guard input[1] == kernel[0] else {
      throw FiltersmithError(
        .shape,
        "transposed kernel \(kernel) expects \(kernel[0]) input channels; the input \(input) has "
          + "\(input[1])")
    }
    guard stride.allSatisfy({ $0 > 0 }), dilation.allSatisfy({ $0 > 0 }) else {
      throw FiltersmithError(
        .argument, "stride \(stride) and dilation \(dilation) must be at least 1")
    }
    guard (0..<rank).allSatisfy({ outputPadding[$0] < max(stride[$0], dilation[$0]) }),
      outputPadding.allSatisfy({ $0 >= 0 })
    else {
      throw FiltersmithError(
        .argument,
        "output padding \(outputPadding) must be at least 0 and below stride \(stride) or dilation "
          + "\(dilation)")
    }
    let natural = (0..<rank).map { axis -> Int in
      let steps = (input[2 + axis] - 1) * stride[axis]
      return steps + (kernel[2 + axis] - 1) * dilation[axis] + 1
    }
    let before: [Int]
    var after: [Int]
    switch padding {
    case .valid:
      before = stride.map { _ in 0 }
      after = before
    case .explicit(let first, let last):
      try Self.check(first, last, rank: rank, input: input)
      (before, after) = (first, last)
    case .same:
      let totals = (0..<rank).map { axis -> Int in natural[axis] - input[2 + axis] * stride[axis] }
      before = totals.map { $0 >= 0 ? $0 / 2 : 0 }
      after = zip(totals, before).map { $0 - $1 }
    }
    // Output padding lengthens the result: the same as cutting less off its end.
    after = zip(after, outputPadding).map { $0 - $1 }
    let extents = (0..<rank).map { axis -> Int in natural[axis] - before[axis] - after[axis] }
    guard extents.allSatisfy({ $0 > 0 }) else {
      throw FiltersmithError(
        .shape, "padding \(before):\(after) leaves nothing of the transposed output \(natural)")
    }
    try self.init(
      input: Shape([input[0], kernel[1] * groups] + extents), kernel: kernel, border: .zero,
      before: before, after: after, stride: stride, dilation: dilation, groups: groups)
  }
}
