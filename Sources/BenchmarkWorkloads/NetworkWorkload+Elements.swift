import Networks
import Tensors

extension NetworkWorkload {
  /// Single layers of element-wise functions, softmax and normalisations, and losses, on 262,144 numbers.
  ///
  /// `-forward` is a layer's answer, `-step` also a mean squared loss and the gradient by the input, `-loss` a
  /// loss of the input itself and its gradient.
  static let elements: [NetworkWorkload] = {
    let functions: [(String, any Layer)] = [
      ("relu", ReLU()), ("leaky-relu", LeakyReLU()), ("elu", ELU()), ("gelu", GELU()),
      ("gelu-tanh", GELU(isApproximate: true)), ("silu", SiLU()), ("sigmoid", Sigmoid()),
      ("tanh", Tanh()), ("softplus", Softplus()),
    ]
    let pixels: Shape = [64, 32, 32]
    let layers =
      functions.map { ($0.0, $0.1, pixels) } + [
        ("softmax", Softmax(), pixels), ("softmax-features", Softmax(), [1024]),
        ("batch-norm", BatchNormalization(), pixels),
        ("layer-norm", LayerNormalization(), [1024]),
        ("group-norm", GroupNormalization(groups: 8), pixels),
      ]
    let losses: [(String, Loss, Shape)] = [
      ("cross-entropy", .softmaxCrossEntropy(), pixels),
      ("cross-entropy-features", .softmaxCrossEntropy(), [1024]),
      ("binary-cross-entropy", .binaryCrossEntropy(), pixels),
      ("mean-squared", .meanSquared, pixels),
    ]
    return layers.flatMap { name, layer, shape in
      [false, true].map { isTraining in
        element(
          name + (isTraining ? "-step" : "-forward"), layer, shape, isTraining: isTraining,
          loss: .meanSquared)
      }
    }
      + losses.map { name, loss, shape in
        element(name + "-loss", Reshape(Array(shape)), shape, isTraining: true, loss: loss)
      }
  }()

  private static func element(
    _ name: String, _ layer: any Layer, _ shape: Shape, isTraining: Bool, loss: Loss
  ) -> NetworkWorkload {
    let batch = 262_144 / shape.elementCount
    return NetworkWorkload(
      name, "on \(Shape([batch]) + shape)", batch: batch, isTraining: isTraining, loss: loss
    ) { () throws(FiltersmithError) in
      try Network(input: shape) { [layer] }
    }
  }
}
