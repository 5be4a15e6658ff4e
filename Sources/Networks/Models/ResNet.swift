import Convolutions
import Tensors

extension Model {
  /// ResNet-18 to -152 (He and others 2016) and CIFAR's ResNet-20.
  static let residual: [Model] = [
    resNet(18, [2, 2, 2, 2], isBottleneck: false, parameters: "11,689,512"),
    resNet(34, [3, 4, 6, 3], isBottleneck: false, parameters: "21,797,672"),
    resNet(50, [3, 4, 6, 3], isBottleneck: true, parameters: "25,557,032"),
    resNet(101, [3, 4, 23, 3], isBottleneck: true, parameters: "44,549,160"),
    resNet(152, [3, 8, 36, 3], isBottleneck: true, parameters: "60,192,808"),
    Model(
      "resnet20", "CIFAR's ResNet-20 with shortcuts of option A (He and others 2016)",
      input: [3, 32, 32], classes: 10
    ) { input, classes throws(FiltersmithError) in
      try Network(input: input) {
        normalized(Conv(16, kernel: 3, padding: .symmetric([1]), hasBias: false))
        ReLU()
        for stage in 0..<3 {
          for block in 0..<3 {
            let stride = stage > 0 && block == 0 ? 2 : 1
            Scope("layer\(stage + 1).\(block)") {
              Residual {
                normalized(
                  Conv(
                    16 << stage, kernel: 3, stride: stride, padding: .symmetric([1]), hasBias: false
                  ))
                ReLU()
                normalized(Conv(16 << stage, kernel: 3, padding: .symmetric([1]), hasBias: false))
              } shortcut: {
                if stride > 1 { SubsampleAndPadChannels(stride: 2, channels: 16 << stage) }
              }
              ReLU()
            }
          }
        }
        GlobalAveragePooling()
        Dense(classes)
      }
    },
  ]

  private static func normalized(_ layer: Conv) -> Sequential {
    Sequential {
      layer
      BatchNormalization()
    }
  }

  /// Bottlenecks have their stride in the 3×3 convolution, as in torchvision.
  private static func resNet(
    _ depth: Int, _ blocks: [Int], isBottleneck: Bool, parameters: String
  ) -> Model {
    Model(
      "resnet\(depth)", "ResNet-\(depth) (He and others 2016): \(parameters) parameters",
      input: [3, 224, 224], classes: 1000
    ) { input, classes throws(FiltersmithError) in
      let expansion = isBottleneck ? 4 : 1
      return try Network(input: input) {
        normalized(Conv(64, kernel: 7, stride: 2, padding: .symmetric([3]), hasBias: false))
        ReLU()
        MaxPooling(3, stride: 2, padding: .symmetric([1]))
        for stage in blocks.indices {
          for block in 0..<blocks[stage] {
            let stride = stage > 0 && block == 0 ? 2 : 1
            let width = 64 << stage
            Scope("layer\(stage + 1).\(block)") {
              Residual {
                if isBottleneck {
                  normalized(Conv(width, kernel: 1, hasBias: false))
                  ReLU()
                }
                normalized(
                  Conv(width, kernel: 3, stride: stride, padding: .symmetric([1]), hasBias: false))
                ReLU()
                if isBottleneck {
                  normalized(Conv(width * expansion, kernel: 1, hasBias: false))
                } else {
                  normalized(Conv(width, kernel: 3, padding: .symmetric([1]), hasBias: false))
                }
              } shortcut: {
                if block == 0, stage > 0 || isBottleneck {
                  normalized(Conv(width * expansion, kernel: 1, stride: stride, hasBias: false))
                }
              }
              ReLU()
            }
          }
        }
        GlobalAveragePooling()
        Dense(classes)
      }
    }
  }
}
