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

/// An array from a file, checked to hold numbers that can be computed with.
struct InputArray {
  /// Where it came from, for messages.
  let path: String
  /// The array as stored.
  let array: DataArray

  /// Reads a `.npy` file.
  ///
  /// - Throws: ``FiltersmithError`` when it cannot be read, or holds numbers that are not finite.
  init(contentsOf path: String) throws(FiltersmithError) {
    self.path = path
    array = try NPYFile.read(path)
    try array.requireFinite(path)
  }

  /// Whether two arrays are convolved in single precision: where one is, and neither is double.
  func runsInSinglePrecision(with other: InputArray) -> Bool {
    let types = [array.elementType, other.array.elementType]
    return types.contains { [.float16, .float32, .complex64].contains($0) }
      && !types.contains { [.float64, .complex128].contains($0) }
  }

  /// The real numbers.
  func real<Scalar: CommandScalar>(
    _ type: Scalar.Type = Scalar.self
  ) throws(FiltersmithError) -> Tensor<Scalar> {
    guard !array.isComplex else {
      throw FiltersmithError(.format, "\(path) holds complex numbers; real ones are needed here")
    }
    return try Scalar.numbers(of: array)
  }

  /// The numbers as complex ones.
  func complex<Scalar: CommandScalar>(
    _ type: Scalar.Type = Scalar.self
  ) throws(FiltersmithError) -> Tensor<Complex<Scalar>> {
    try array.asComplex().map { Complex(Scalar($0.real), Scalar($0.imaginary)) }
  }
}
