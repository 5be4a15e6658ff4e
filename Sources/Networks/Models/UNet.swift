import Convolutions
import Tensors

extension Model {
  /// U-Nets in two and three dimensions.
  static let segmentation: [Model] = [
    Model(
      "unet", "U-Net without padding (Ronneberger et al. 2015): 31,030,658 parameters",
      input: [1, 572, 572], classes: 2
    ) { input, classes throws(FiltersmithError) in
      try UNet(padding: .valid).network(input: input, classes: classes)
    },
    Model(
      "unet-same", "U-Net whose output is as large as its input: 31,030,658 parameters",
      input: [1, 256, 256], classes: 2
    ) { input, classes throws(FiltersmithError) in
      try UNet(padding: .same).network(input: input, classes: classes)
    },
    Model(
      "unet-small",
      "the same with a quarter of the channels and batch normalisation: 1,943,778 parameters",
      input: [1, 256, 256], classes: 2
    ) { input, classes throws(FiltersmithError) in
      var net = UNet(padding: .same)
      net.width = 16
      net.isNormalized = true
      return try net.network(input: input, classes: classes)
    },
    Model(
      "unet3d",
      "3D U-Net (Çiçek and others 2016) without batch normalisation: 19,069,955 parameters",
      input: [3, 64, 64, 64], classes: 3
    ) { input, classes throws(FiltersmithError) in
      try UNet3D().network(input: input, classes: classes)
    },
  ]
}

/// The U-Net of Ronneberger, Fischer and Brox (2015): down by pooling, up by 2×2 up-convolutions,
/// with the features of the way down concatenated on the way up.
public struct UNet: Sendable, Hashable {
  /// The channels at full resolution; doubled at every level.
  public var width = 64
  /// How often the image is halved.
  public var levels = 4
  /// `.valid`, as published (the result is smaller than the image), or `.same`.
  public var padding: Padding
  /// Whether every convolution is followed by batch normalisation.
  public var isNormalized = false

  /// A U-Net with the published width and depth.
  public init(padding: Padding = .same) { self.padding = padding }

  /// The network for an input `[channels, y, x]` (or 1, 3 or 4 spatial axes).
  ///
  /// - Throws: ``FiltersmithError`` that names the layer that the input does not fit.
  public func network(input: Shape, classes: Int) throws(FiltersmithError) -> Network {
    var graph = NetworkGraph()
    var last = try graph.input("input", input)
    var skips: [NetworkGraph.Reference] = []
    for level in 0...levels {
      if level > 0 { last = try graph.add(MaxPooling(2), to: last) }
      last = try graph.add(pair(width << level), named: "down\(level + 1)", to: last)
      if level < levels { skips.append(last) }
    }
    for level in stride(from: levels - 1, through: 0, by: -1) {
      last = try graph.add(
        ConvTransposed(width << level, kernel: [2], stride: [2]), to: last,
        name: "up\(level + 1).convTransposed")
      var skip = skips[level]
      if padding == .valid {
        skip = try graph.add(CropToMatch(), to: skip, last, name: "up\(level + 1).crop")
      }
      last = try graph.add(Concatenate(), to: skip, last, name: "up\(level + 1).concatenate")
      last = try graph.add(pair(width << level), named: "up\(level + 1)", to: last)
    }
    last = try graph.add(Conv(classes, kernel: 1), to: last, name: "logits")
    return try graph.network(outputs: [last])
  }

  private func pair(_ filters: Int) -> Sequential {
    Sequential {
      for _ in 0..<2 {
        Conv(filters, kernel: 3, padding: padding)
        if isNormalized { BatchNormalization() }
        ReLU()
      }
    }
  }
}

/// The 3D U-Net of Çiçek and others (2016), as large as its input: channels double before each pooling,
/// up-convolutions keep their channels and have no biases.
public struct UNet3D: Sendable, Hashable {
  /// The channels of the first convolution.
  public var width = 32
  /// How often the volume is halved.
  public var levels = 3
  /// Whether every 3³ convolution is followed by batch normalisation, as published; its parameters
  /// come in addition to the 19,069,955.
  public var isNormalized = false

  /// A 3D U-Net with the published width and depth.
  public init() {}

  /// The network for an input `[channels, z, y, x]`.
  ///
  /// - Throws: ``FiltersmithError`` that names the layer that the input does not fit.
  public func network(input: Shape, classes: Int) throws(FiltersmithError) -> Network {
    var graph = NetworkGraph()
    var last = try graph.input("input", input)
    var skips: [NetworkGraph.Reference] = []
    for level in 0...levels {
      if level > 0 { last = try graph.add(MaxPooling(2), to: last) }
      let filters = width << level
      last = try graph.add(units([filters, 2 * filters]), named: "down\(level + 1)", to: last)
      if level < levels { skips.append(last) }
    }
    for level in stride(from: levels - 1, through: 0, by: -1) {
      let filters = (2 * width) << level
      last = try graph.add(
        ConvTransposed(2 * filters, kernel: [2], stride: [2], hasBias: false), to: last,
        name: "up\(level + 1).convTransposed")
      last = try graph.add(
        Concatenate(), to: skips[level], last, name: "up\(level + 1).concatenate")
      last = try graph.add(units([filters, filters]), named: "up\(level + 1)", to: last)
    }
    last = try graph.add(Conv(classes, kernel: 1), to: last, name: "logits")
    return try graph.network(outputs: [last])
  }

  private func units(_ filters: [Int]) -> Sequential {
    Sequential {
      for count in filters {
        Conv(count, kernel: 3, padding: .same)
        if isNormalized { BatchNormalization() }
        ReLU()
      }
    }
  }
}
