import Convolutions
import Tensors

/// One kernel applied to a whole image, without a copy of the result.
enum EngineFilter {
  /// The correlation of an image with a kernel of as many axes.
  static func correlated<Scalar: ConvolutionScalar>(
    _ image: Tensor<Scalar>, _ kernel: Tensor<Scalar>, border: Border
  ) throws(FiltersmithError) -> Tensor<Scalar> {
    let kernel = try kernel.reshaped(to: [1, 1] + kernel.shape)
    let input = try image.reshaped(to: [1, 1] + image.shape)
    let convolution = try Convolution(input: input.shape, kernel: kernel.shape, border: border)
    return try convolution.plan(kernel: kernel).forward(input).reshaped(to: image.shape)
  }
}
