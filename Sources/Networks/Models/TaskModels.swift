import Convolutions
import Tensors

extension Model {
  /// Networks for other tasks than one class per image.
  static let tasks: [Model] = [
    Model(
      "multitask", "a shared encoder with two heads: a class per image and one per pixel",
      input: [1, 128, 128], classes: 2
    ) { input, classes throws(FiltersmithError) in
      try sharedEncoder(input, classes)
    },
    Model(
      "volume-classifier", "a small 3D network that classifies volumes",
      input: [1, 64, 64, 64], classes: 2
    ) { input, classes throws(FiltersmithError) in
      try volumeNetwork(input, outputs: classes)
    },
    Model(
      "volume-regressor", "the same network predicting numbers, such as an age",
      input: [1, 64, 64, 64], classes: 1
    ) { input, classes throws(FiltersmithError) in
      try volumeNetwork(input, outputs: classes)
    },
    Model(
      "boxes",
      "bounding-box regression: centre, height and width of one object, in parts of the image",
      input: [1, 128, 128], classes: 4
    ) { input, classes throws(FiltersmithError) in
      try Network(input: input) {
        for filters in [16, 32, 64, 128] {
          Conv(filters, kernel: 3, padding: .same)
          ReLU()
          MaxPooling(2)
        }
        Flatten()
        Dense(128)
        ReLU()
        Dense(classes)
        Sigmoid()
      }
    },
  ]

  /// Four blocks of convolution, normalisation and pooling, then the mean of every channel.
  private static func volumeNetwork(
    _ input: Shape, outputs: Int
  ) throws(FiltersmithError) -> Network {
    try Network(input: input) {
      for filters in [16, 32, 64, 128] {
        Conv(filters, kernel: 3, padding: .same, hasBias: false)
        BatchNormalization()
        ReLU()
        MaxPooling(2)
      }
      GlobalAveragePooling()
      Dense(outputs)
    }
  }

  /// The encoder of a U-Net with a classifier at its bottom, and the decoder to labels of pixels.
  ///
  /// The outputs are `classifier.dense1`, classes of the image, and `labels`, classes of the pixels.
  private static func sharedEncoder(
    _ input: Shape, _ classes: Int
  ) throws(FiltersmithError) -> Network {
    var graph = NetworkGraph()
    var last = try graph.input("input", input)
    var skips: [NetworkGraph.Reference] = []
    func block(_ filters: Int) -> Sequential {
      Sequential {
        for _ in 0..<2 {
          Conv(filters, kernel: 3, padding: .same, hasBias: false)
          BatchNormalization()
          ReLU()
        }
      }
    }
    let widths = [16, 32, 64, 128]
    for (level, width) in widths.enumerated() {
      if level > 0 { last = try graph.add(MaxPooling(2), to: last) }
      last = try graph.add(block(width), named: "encoder\(level + 1)", to: last)
      skips.append(last)
    }
    let classifier = Sequential {
      GlobalAveragePooling()
      Dense(classes)
    }
    let label = try graph.add(classifier, named: "classifier", to: last)
    for (level, width) in widths.enumerated().dropLast().reversed() {
      last = try graph.add(
        ConvTransposed(width, kernel: [2], stride: [2]), to: last, name: "up\(level + 1)")
      last = try graph.add(Concatenate(), to: skips[level], last, name: "join\(level + 1)")
      last = try graph.add(block(width), named: "decoder\(level + 1)", to: last)
    }
    last = try graph.add(Conv(classes, kernel: 1), to: last, name: "labels")
    return try graph.network(outputs: [label, last])
  }
}
