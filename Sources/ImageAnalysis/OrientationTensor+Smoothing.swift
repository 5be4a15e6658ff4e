import Convolutions
import FilterDesign
import Tensors

extension OrientationTensor {
  /// The field averaged with a Gaussian, component by component.
  ///
  /// Averaging tensors, unlike averaging angles, is free of jumps: opposite directions support each
  /// other and different ones make the tensor rounder.
  ///
  /// - Parameters:
  ///   - sigma: The standard deviation in samples, the same along every axis.
  ///   - border: How the field continues.
  /// - Throws: ``FiltersmithError`` when sigma is not positive or the border gives another size.
  public func smoothed(
    sigma: Double, border: Border = .mirror
  ) throws(FiltersmithError) -> OrientationTensor {
    try smoothed(sigma: Array(repeating: sigma, count: dimensions), border: border)
  }

  /// The field averaged with a Gaussian of one standard deviation in samples per axis.
  ///
  /// - Throws: ``FiltersmithError`` when their number is not that of the axes, one is not positive,
  ///   or the border gives another size.
  public func smoothed(
    sigma: [Double], border: Border = .mirror
  ) throws(FiltersmithError) -> OrientationTensor {
    guard sigma.count == dimensions else {
      throw FiltersmithError(
        .argument, "\(sigma.count) standard deviations for a tensor field of \(dimensions) axes")
    }
    guard border != .valid, border != .full else {
      throw FiltersmithError(
        .argument, "border \(border) changes the size of a field; smoothing keeps it")
    }
    let kernel = try GaussianDesign(sigma: sigma).bank(progress: nil).realKernels
    // Every component is an image of its own: a batch of one channel each.
    let count = components.shape[0]
    let input = try components.reshaped(to: Shape([count, 1]) + imageShape)
    let convolution = try Convolution(input: input.shape, kernel: kernel.shape, border: border)
    let plan = try convolution.plan(kernel: kernel)
    return try OrientationTensor(
      components: plan.forward(input).reshaped(to: components.shape))
  }
}
