import Convolutions
import Tensors

extension Model {
  /// GoogLeNet without its auxiliary heads.
  static let googLeNet = Model(
    "googlenet",
    "GoogLeNet with batch normalisation (Szegedy et al. 2015; 3×3 where the paper has 5×5, as in "
      + "torchvision): 6,624,904 parameters", input: [3, 224, 224], classes: 1000
  ) { input, classes throws(FiltersmithError) in
    try googLeNet(input, classes, hasHeads: false)
  }

  /// GoogLeNet with its auxiliary heads, whose outputs are the second and third.
  static let googLeNetWithHeads = Model(
    "googlenet-auxiliary", "GoogLeNet with its two auxiliary heads: 13,004,888 parameters",
    input: [3, 224, 224], classes: 1000
  ) { input, classes throws(FiltersmithError) in
    try googLeNet(input, classes, hasHeads: true)
  }

  /// A convolution without bias, batch normalisation, ReLU.
  private static func unit(
    _ filters: Int, kernel: Int, stride: Int = 1, padding: Int = 0
  ) -> Sequential {
    Sequential {
      Conv(filters, kernel: kernel, stride: stride, padding: .symmetric([padding]), hasBias: false)
      BatchNormalization(epsilon: 1e-3)
      ReLU()
    }
  }

  /// Four parallel branches: 1×1, 1×1 → 3×3, 1×1 → 3×3, pooling → 1×1.
  private static func inception(
    _ name: String, _ single: Int, _ middle: (Int, Int), _ wide: (Int, Int), _ pooled: Int
  ) -> Scope {
    Scope("inception\(name)") {
      Concatenation {
        unit(single, kernel: 1)
        Sequential {
          unit(middle.0, kernel: 1)
          unit(middle.1, kernel: 3, padding: 1)
        }
        Sequential {
          unit(wide.0, kernel: 1)
          unit(wide.1, kernel: 3, padding: 1)
        }
        Sequential {
          MaxPooling(3, stride: 1, padding: .symmetric([1]), includesPartial: true)
          unit(pooled, kernel: 1)
        }
      }
    }
  }

  private static func googLeNet(
    _ input: Shape, _ classes: Int, hasHeads: Bool
  ) throws(FiltersmithError) -> Network {
    var graph = NetworkGraph()
    let pool = MaxPooling(3, stride: 2, includesPartial: true)
    let start = try graph.input("input", input)
    let stem = Sequential {
      unit(64, kernel: 7, stride: 2, padding: 3)
      pool
      unit(64, kernel: 1)
      unit(192, kernel: 3, padding: 1)
      pool
      inception("3a", 64, (96, 128), (16, 32), 32)
      inception("3b", 128, (128, 192), (32, 96), 64)
      pool
      inception("4a", 192, (96, 208), (16, 48), 64)
    }
    let middle = Sequential {
      inception("4b", 160, (112, 224), (24, 64), 64)
      inception("4c", 128, (128, 256), (24, 64), 64)
      inception("4d", 112, (144, 288), (32, 64), 64)
    }
    let end = Sequential {
      inception("4e", 256, (160, 320), (32, 128), 128)
      MaxPooling(2, stride: 2, includesPartial: true)
      inception("5a", 256, (160, 320), (32, 128), 128)
      inception("5b", 384, (192, 384), (48, 128), 128)
      GlobalAveragePooling()
      Dropout(0.2)
      Dense(classes)
    }
    let first = try stem.append(to: &graph, after: start)
    let second = try middle.append(to: &graph, after: first)
    var outputs = [try end.append(to: &graph, after: second)]
    if hasHeads {
      for (name, source) in [("aux1", first), ("aux2", second)] {
        // The head sees 4×4 means whatever the size of the image.
        let size = Array(source.shape.dropFirst())
        let stride = size.map { max($0 / 4, 1) }
        let window = PoolingWindow(
          size: zip(size, stride).map { $0 - 3 * $1 }, stride: stride, padding: .valid,
          includesPartial: false)
        let head = Scope(name) {
          AveragePooling(window)
          unit(128, kernel: 1)
          Flatten()
          Dense(1024)
          ReLU()
          Dropout(0.7)
          Dense(classes)
        }
        outputs.append(try head.append(to: &graph, after: source))
      }
    }
    return try graph.network(outputs: outputs)
  }
}
