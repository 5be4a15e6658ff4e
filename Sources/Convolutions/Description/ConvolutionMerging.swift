import Tensors

extension Convolution {
  /// The same convolution with its spatial axes merged into one, where every output is a sum over
  /// the channels of one sample: kernels of one tap, applied at every sample.
  ///
  /// Arrays of either description are the same memory.
  var merged: Convolution {
    guard spatialRank > 1, kernel.dimensions.dropFirst(2).allSatisfy({ $0 == 1 }),
      (before + after).allSatisfy({ $0 == 0 }), stride.allSatisfy({ $0 == 1 }),
      let merged = try? Convolution(
        input: Shape([input[0], input[1], input.dimensions.dropFirst(2).reduce(1, *)]),
        kernel: Shape([kernel[0], kernel[1], 1]), border: border, before: [0], after: [0],
        stride: [1], dilation: [1], groups: groups)
    else { return self }
    return merged
  }
}
