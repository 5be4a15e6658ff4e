import Convolutions
import Tensors

extension Model {
  /// LeNet-5, the lecture's small network, and AlexNet.
  static let classic: [Model] = [
    Model(
      "lenet5", "LeNet-5 with dense connections in C3 (LeCun et al. 1998): 61,706 parameters",
      input: [1, 32, 32], classes: 10
    ) { input, classes throws(FiltersmithError) in
      try smallNetwork(input, classes, filters: (6, 16), activation: Tanh())
    },
    Model(
      "lecture", "the lecture's small network on 32×32 colour images: 62,958 parameters",
      input: [3, 32, 32], classes: 10
    ) { input, classes throws(FiltersmithError) in
      try smallNetwork(input, classes, filters: (8, 16), activation: ReLU())
    },
    Model(
      "alexnet", "AlexNet on one device (Krizhevsky 2014): 61,100,840 parameters",
      input: [3, 224, 224], classes: 1000
    ) { input, classes throws(FiltersmithError) in
      try Network(input: input) {
        Conv(64, kernel: 11, stride: 4, padding: .symmetric([2]))
        ReLU()
        MaxPooling(3, stride: 2)
        Conv(192, kernel: 5, padding: .symmetric([2]))
        ReLU()
        MaxPooling(3, stride: 2)
        for filters in [384, 256, 256] {
          Conv(filters, kernel: 3, padding: .symmetric([1]))
          ReLU()
        }
        MaxPooling(3, stride: 2)
        Flatten()
        for _ in 0..<2 {
          Dropout(0.5)
          Dense(4096)
          ReLU()
        }
        Dense(classes)
      }
    },
  ]

  /// Two convolutions and three dense layers, in the form of LeNet-5.
  private static func smallNetwork(
    _ input: Shape, _ classes: Int, filters: (Int, Int), activation: some Layer
  ) throws(FiltersmithError) -> Network {
    try Network(input: input) {
      Conv(filters.0, kernel: 5)
      activation
      MaxPooling(2)
      Conv(filters.1, kernel: 5)
      activation
      MaxPooling(2)
      Flatten()
      Dense(120)
      activation
      Dense(84)
      activation
      Dense(classes)
    }
  }

  /// VGG16 and VGG19 (Simonyan and Zisserman 2015), their layers named as in Keras.
  static let vgg: [Model] = [
    vgg("vgg16", convolutions: [2, 2, 3, 3, 3], parameters: "138,357,544"),
    vgg("vgg19", convolutions: [2, 2, 4, 4, 4], parameters: "143,667,240"),
  ]

  private static func vgg(_ name: String, convolutions: [Int], parameters: String) -> Model {
    Model(
      name, "\(name.uppercased()) (Simonyan and Zisserman 2015): \(parameters) parameters",
      input: [3, 224, 224], classes: 1000
    ) { input, classes throws(FiltersmithError) in
      let filters = [64, 128, 256, 512, 512]
      return try Network(input: input) {
        for block in convolutions.indices {
          for layer in 0..<convolutions[block] {
            Conv(filters[block], kernel: 3, padding: .same)
              .named("block\(block + 1)_conv\(layer + 1)")
            ReLU().named("block\(block + 1)_relu\(layer + 1)")
          }
          MaxPooling(2).named("block\(block + 1)_pool")
        }
        Flatten().named("flatten")
        for layer in 1...2 {
          Dense(4096).named("fc\(layer)")
          ReLU().named("fc\(layer)_relu")
        }
        Dense(classes).named("predictions")
      }
    }
  }
}
