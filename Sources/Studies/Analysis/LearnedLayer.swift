import Networks
import Tensors

/// A first layer after training, read from the model that a study kept.
struct LearnedLayer {
  /// `[2 · pairs, channels, y, x]`.
  let kernels: Tensor<Float>
  /// The same before training, where it started from given kernels.
  let start: Tensor<Float>?

  /// The layer of an arm; `nil` where nothing in it is learned.
  ///
  /// - Throws: ``FiltersmithError`` when the model cannot be read.
  init?(_ arm: Arm, _ folder: StudyFolder, channels: Int) throws(FiltersmithError) {
    guard !arm.first.isFixed else { return nil }
    let model = try TrainedModel(contentsOf: folder.model(arm.name).path)
    let weights = try model.weights.tensor(ArmNetworks.filters + ".weight")
    switch arm.first {
    case .started(let source):
      kernels = weights
      start = try source.kernels(channels: channels)
    case .learned:
      kernels = weights
      start = nil
    case .derivatives(let basis):
      kernels = try basis.combined(weights, channels: channels)
      start = nil
    default: return nil
    }
  }
}

extension DerivativeBasis {
  /// The kernels that equal learned combinations `[2 · pairs, channels · derivatives, 1, 1]`.
  func combined(_ weights: Tensor<Float>, channels: Int) throws(FiltersmithError) -> Tensor<Float> {
    let basis = try kernels()
    let (count, derivatives, taps) = (
      weights.shape[0], basis.shape[0], basis.shape[2] * basis.shape[3]
    )
    return Tensor(shape: [count, channels, basis.shape[2], basis.shape[3]]) { index in
      let tap = index[2] * basis.shape[3] + index[3]
      return (0..<derivatives).reduce(Float(0)) { sum, derivative in
        sum + weights.elements[(index[0] * channels + index[1]) * derivatives + derivative]
          * basis.elements[derivative * taps + tap]
      }
    }
  }
}
