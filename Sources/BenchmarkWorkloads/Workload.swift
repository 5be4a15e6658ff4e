import Convolutions
import Tensors

/// One thing that is timed: a convolution with its kernel and the map that is run.
///
/// Workloads are values; ``Workload/all`` lists them. Input, kernel and gradient follow from the
/// name, so every process that runs a workload computes the same numbers.
public struct Workload: Sendable {
  /// Which kernels, and so for which of them other libraries have a function of their own.
  public enum Kind: Sendable, Hashable {
    /// One dense kernel of noise: no structure to exploit.
    case dense
    /// Quadrature filters, even and odd part in turn.
    case quadrature
    /// A normalised Gaussian of the given standard deviation in samples.
    case gaussian(deviation: Double)
    /// The two first derivatives of Sobel, along y and along x.
    case sobel
    /// A network's layer, its kernel noise.
    case layer
  }

  /// The name on the command line.
  public let name: String
  /// What it is, in a few words.
  public let summary: String
  /// Which kernels.
  public let kind: Kind
  /// The geometry.
  public let convolution: Convolution
  /// The map that is run.
  public let map: LinearMap
  /// Whether the outputs of quadrature pairs become their magnitude.
  public let combinesPairs: Bool
  /// Floating-point operations of the definition, two per multiply-add.
  ///
  /// For Gaussian and Sobel filters those of one pass per axis.
  public let operations: Double

  init(
    _ name: String, _ summary: String, kind: Kind, convolution: Convolution,
    map: LinearMap = .forward, combinesPairs: Bool = false, productsPerOutput: Int? = nil
  ) {
    self.name = name
    self.summary = summary
    self.kind = kind
    self.convolution = convolution
    self.map = map
    self.combinesPairs = combinesPairs
    let products = productsPerOutput ?? convolution.kernel.dropFirst().reduce(1, *)
    operations = 2 * Double(convolution.output.elementCount * products)
  }

  /// Bytes that have to be read and written whatever the algorithm.
  public var trafficBytes: Double {
    let images = convolution.input.elementCount
    let outputs = convolution.output.elementCount / (combinesPairs ? 2 : 1)
    return Double((images + outputs + convolution.kernel.elementCount) * 4)
  }

  /// `[batch, channels, spatial…]`: white noise in [−1, 1).
  public func input() -> Tensor<Float> { Self.noise(convolution.input, seed: 1) }

  /// `[filters, channels / groups, spatial…]`.
  ///
  /// - Throws: ``FiltersmithError`` when a filter cannot be designed.
  public func kernel() throws(FiltersmithError) -> Tensor<Float> {
    let shape = convolution.kernel
    switch kind {
    case .dense, .layer:
      let products = shape.dropFirst().reduce(1, *)
      return Self.noise(shape, seed: 2, amplitude: 1 / Float(products).squareRoot())
    case .quadrature:
      return try quadratureKernels(filters: shape[0] / 2, support: Array(shape.dropFirst(2)))
    case .gaussian(let deviation):
      return gaussianKernel(deviation: deviation, taps: shape[2])
    case .sobel:
      return try Tensor(
        shape: shape, elements: [-1, -2, -1, 0, 0, 0, 1, 2, 1, -1, 0, 1, -2, 0, 2, -1, 0, 1])
    }
  }

  /// The gradient in the output, `[batch, filters, spatial…]`: white noise.
  public func outputGradient() -> Tensor<Float> { Self.noise(convolution.output, seed: 3) }

  /// The workloads as problems that a calibration can time.
  ///
  /// - Throws: ``FiltersmithError`` when a filter cannot be designed.
  public static var calibrationProblems: [CalibrationProblem] {
    get throws(FiltersmithError) {
      try all.map { workload throws(FiltersmithError) in
        CalibrationProblem(
          workload.convolution, map: workload.map, kernel: try workload.kernel())
      }
    }
  }

  static func noise(_ shape: Shape, seed: UInt64, amplitude: Float = 1) -> Tensor<Float> {
    var source = RandomSource(seed: seed)
    return Tensor(uninitialized: shape) { elements in
      for position in elements.indices {
        elements[position] = amplitude * Float(2 * source.uniform() - 1)
      }
    }
  }

  /// The workload with the given name.
  ///
  /// - Throws: ``FiltersmithError`` when there is none.
  public static func named(_ name: String) throws(FiltersmithError) -> Workload {
    guard let found = all.first(where: { $0.name == name }) else {
      throw FiltersmithError(
        .argument, "there is no workload '\(name)'; --list prints the names of all")
    }
    return found
  }
}
