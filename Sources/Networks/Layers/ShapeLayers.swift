import Tensors

/// All numbers of a sample in one row: `[…]` → `[features]`.
public struct Flatten: Layer {
  /// `flatten`.
  public static let kind = "flatten"

  /// Flattens in row-major order, channels first.
  public init() {}

  /// `[features]`.
  public func outputShape(for inputs: [Shape]) throws(FiltersmithError) -> Shape {
    [try single(inputs).elementCount]
  }
}

/// The same numbers under another shape.
public struct Reshape: Layer {
  /// `reshape`.
  public static let kind = "reshape"

  /// The new shape without the batch axis; one extent may be −1 and follows from the others.
  public var shape: [Int]

  /// A layer that reshapes.
  public init(_ shape: [Int]) { self.shape = shape }

  /// The new shape.
  public func outputShape(for inputs: [Shape]) throws(FiltersmithError) -> Shape {
    let input = try single(inputs)
    let known = shape.filter { $0 > 0 }.reduce(1, *)
    let open = shape.count { $0 == -1 }
    guard !shape.isEmpty, shape.allSatisfy({ $0 > 0 || $0 == -1 }), open <= 1,
      open == 1 ? input.elementCount % known == 0 : input.elementCount == known
    else {
      throw FiltersmithError(
        .shape, "\(input) (\(input.elementCount) numbers) cannot be reshaped to \(shape)")
    }
    return Shape(shape.map { $0 == -1 ? input.elementCount / known : $0 })
  }
}

/// Zeros around an image.
public struct ZeroPadding: Layer {
  /// `zeroPadding`.
  public static let kind = "zeroPadding"

  /// How many zeros lie before each spatial axis; one number serves all axes.
  public var before: [Int]
  /// How many zeros lie behind each spatial axis; one number serves all axes.
  public var after: [Int]

  /// So many zeros before and behind.
  public init(before: [Int], after: [Int]) {
    self.before = before
    self.after = after
  }

  /// As many zeros on all sides.
  public init(_ amount: Int) { self.init(before: [amount], after: [amount]) }

  /// `[channels, spatial…]`.
  public func outputShape(for inputs: [Shape]) throws(FiltersmithError) -> Shape {
    let input = try singleImage(inputs)
    let before = try perAxis(before, input.rank - 1, "padding")
    let after = try perAxis(after, input.rank - 1, "padding")
    guard (before + after).allSatisfy({ $0 >= 0 }) else {
      throw FiltersmithError(.argument, "zeroPadding by negative amounts \(before):\(after)")
    }
    return Shape(
      [input[0]] + zip(input.dropFirst(), zip(before, after)).map { $0 + $1.0 + $1.1 })
  }
}

/// Cuts the sides of an image off.
public struct Cropping: Layer {
  /// `cropping`.
  public static let kind = "cropping"

  /// How much is cut off the start of each spatial axis; one number serves all axes.
  public var before: [Int]
  /// How much is cut off the end of each spatial axis; one number serves all axes.
  public var after: [Int]

  /// So much off the start and the end.
  public init(before: [Int], after: [Int]) {
    self.before = before
    self.after = after
  }

  /// `[channels, spatial…]`.
  public func outputShape(for inputs: [Shape]) throws(FiltersmithError) -> Shape {
    let input = try singleImage(inputs)
    let before = try perAxis(before, input.rank - 1, "cropping")
    let after = try perAxis(after, input.rank - 1, "cropping")
    let rest = zip(input.dropFirst(), zip(before, after)).map { $0 - $1.0 - $1.1 }
    guard (before + after).allSatisfy({ $0 >= 0 }), rest.allSatisfy({ $0 > 0 }) else {
      throw FiltersmithError(.shape, "cropping \(before):\(after) off \(input) leaves nothing")
    }
    return Shape([input[0]] + rest)
  }
}

/// The middle of the first input, as large as the second: what a U-Net without padding skips.
///
/// `[channels, spatial…]`, `[…, smaller…]` → `[channels, smaller…]`. Of an odd difference the smaller
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
}

/// Makes an image larger by whole factors.
///
/// `[channels, spatial…]` → `[channels, factor · spatial…]`. Linear interpolation places samples as
/// Keras and PyTorch (`align_corners=False`) do: centres of pixels, edges repeated.
public struct UpSampling: Layer {
  /// `upSampling`.
  public static let kind = "upSampling"

  /// How values between samples are found.
  public enum Interpolation: String, Sendable, Hashable, Codable, CaseIterable {
    /// The nearest sample.
    case nearest
    /// Linear along every axis.
    case linear
  }

  /// The factor per spatial axis; one number serves all axes.
  public var factors: [Int]
  /// How values between samples are found.
  public var interpolation: Interpolation

  /// A layer that makes images larger.
  public init(_ factors: [Int], interpolation: Interpolation = .nearest) {
    self.factors = factors
    self.interpolation = interpolation
  }

  /// `[channels, factor · spatial…]`.
  public func outputShape(for inputs: [Shape]) throws(FiltersmithError) -> Shape {
    let input = try singleImage(inputs)
    let factors = try perAxis(factors, input.rank - 1, "factors")
    guard factors.allSatisfy({ $0 > 0 }) else {
      throw FiltersmithError(.argument, "upSampling by \(factors); at least 1 was expected")
    }
    return Shape([input[0]] + zip(input.dropFirst(), factors).map { $0 * $1 })
  }
}

/// The channels of all inputs one behind the other.
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
}

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
}

/// Every `stride`-th sample, and channels of zeros added on both sides: the shortcut of option A,
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

  /// `[channels, spatial / stride…]`, rounded up.
  public func outputShape(for inputs: [Shape]) throws(FiltersmithError) -> Shape {
    let input = try singleImage(inputs)
    guard stride > 0, channels >= input[0] else {
      throw FiltersmithError(
        .argument,
        "\(Self.kind) with stride \(stride) from \(input[0]) to \(channels) channels")
    }
    return Shape([channels] + input.dropFirst().map { ($0 + stride - 1) / stride })
  }
}
