import Fourier
import Numerics
import Tensors

/// The precisions that convolutions run in: `Float` and `Double`.
public protocol ConvolutionScalar: FourierScalar, SIMDScalar, Codable {}

extension Float: ConvolutionScalar {}

extension Double: ConvolutionScalar {}
