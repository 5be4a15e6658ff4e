import Fourier
import Numerics
import Tensors

/// The precisions that convolutions run in: `Float` and `Double`.
public protocol ConvolutionScalar: BinaryFloatingPoint, Real, Sendable, SIMDScalar, Codable {}

extension Float: ConvolutionScalar {}

extension Double: ConvolutionScalar {}
