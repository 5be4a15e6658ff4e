import Convolutions
import Tensors

extension Model {
  /// DenseNet-121, -169 and -201 (Huang and others 2017).
  static let dense: [Model] = [
    denseNet(121, [6, 12, 24, 16], parameters: "7,978,856"),
    denseNet(169, [6, 12, 32, 32], parameters: "14,149,480"),
    denseNet(201, [6, 12, 48, 32], parameters: "20,013,928"),
  ]

  private static func denseNet(_ depth: Int, _ blocks: [Int], parameters: String) -> Model {
    Model(
      "densenet\(depth)", "DenseNet-\(depth) (Huang and others 2017): \(parameters) parameters",
      input: [3, 224, 224], classes: 1000
    ) { input, classes throws(FiltersmithError) in
      let growth = 32
      var channels = 64
      var parts: [any NetworkPart] = [
        Conv(channels, kernel: 7, stride: 2, padding: .symmetric([3]), hasBias: false),
        BatchNormalization(), ReLU(), MaxPooling(3, stride: 2, padding: .symmetric([1])),
      ]
      for (number, layers) in blocks.enumerated() {
        for layer in 1...layers {
          parts.append(
            Scope("block\(number + 1).layer\(layer)") {
              Skip {
                BatchNormalization()
                ReLU()
                Conv(4 * growth, kernel: 1, hasBias: false)
                BatchNormalization()
                ReLU()
                Conv(growth, kernel: 3, padding: .symmetric([1]), hasBias: false)
              }
            })
          channels += growth
        }
        parts += [BatchNormalization(), ReLU()]
        guard number < blocks.count - 1 else { continue }
        channels /= 2
        parts += [Conv(channels, kernel: 1, hasBias: false), AveragePooling(2)]
      }
      parts += [GlobalAveragePooling(), Dense(classes)]
      let all = Sequential(parts)
      return try Network(input: input) { all }
    }
  }
}
