import Filtersmith
import Numerics

/// The precisions in which the command runs, and how their arrays are stored.
protocol CommandScalar: ConvolutionScalar {
  /// The numbers of an array in this precision.
  static func numbers(of array: DataArray) throws(FiltersmithError) -> Tensor<Self>
  /// An array of this precision.
  static func array(_ tensor: Tensor<Self>) -> DataArray
  /// A complex array of this precision.
  static func array(_ tensor: Tensor<Complex<Self>>) -> DataArray
}

extension Float: CommandScalar {
  static func numbers(of array: DataArray) throws(FiltersmithError) -> Tensor<Float> {
    try array.asFloat()
  }
  static func array(_ tensor: Tensor<Float>) -> DataArray { .float32(tensor) }
  static func array(_ tensor: Tensor<Complex<Float>>) -> DataArray { .complex64(tensor) }
}

extension Double: CommandScalar {
  static func numbers(of array: DataArray) throws(FiltersmithError) -> Tensor<Double> {
    try array.asDouble()
  }
  static func array(_ tensor: Tensor<Double>) -> DataArray { .float64(tensor) }
  static func array(_ tensor: Tensor<Complex<Double>>) -> DataArray { .complex128(tensor) }
}
