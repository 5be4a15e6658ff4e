import Fourier
import Numerics
import Tensors

/// A least-squares kernel design: where the kernel may be non-zero and how errors are weighted.
///
/// The kernel f minimises
/// ```
/// ε² = Σ_u F_w(u)² |F_i(u) − F(u)|² + Σ_x f_w(x)² |f_i(x) − f(x)|²
/// ```
/// with F(u) = Σ f(x) exp(−i u·x) on the design grid and f_i the unit impulse. Everything but the
/// ideal F_i is described here, because one factorisation of the normal equations serves any number
/// of ideals: ``plan(method:memoryLimit:)`` makes it.
///
/// H. Knutsson, M. Andersson, J. Wiklund, *Advanced Filter Design* (SCIA 1999).
public struct KernelDesign: Sendable {
  /// Taps per axis, odd; their coordinates run from −(n−1)/2 to (n−1)/2.
  public let support: Shape
  /// Frequencies per axis, odd: u = 2πk/N, k = −(N−1)/2 … (N−1)/2.
  public let grid: Shape
  /// The distance between samples along each axis; frequencies are per unit of it.
  public let spacing: [Double]
  /// F_w.
  public let frequencyWeight: FrequencyWeight
  /// f_w.
  public let spatialWeight: SpatialWeight

  /// The memory that a design may take by default, in bytes.
  public static let memoryLimit = 4 << 30

  /// A design of kernels with some support.
  ///
  /// - Parameters:
  ///   - support: Taps per axis, one to four axes, odd and at least 3.
  ///   - grid: Frequencies per axis, odd and no fewer than the taps; by default 2n + 1.
  ///   - spacing: The distance between samples along each axis; 1 unless given. Frequencies are then
  ///     in radians per unit: the frequency u_d rad/sample along an axis is u_d/s_d.
  ///   - frequencyWeight: F_w.
  ///   - spatialWeight: f_w.
  /// - Throws: ``FiltersmithError`` that names the parameter, what was given and what was expected.
  public init(
    support: Shape, grid: Shape? = nil, spacing: [Double]? = nil,
    frequencyWeight: FrequencyWeight = .customary, spatialWeight: SpatialWeight = .customary
  ) throws(FiltersmithError) {
    try DesignCheck.support(support.dimensions)
    let chosen = grid?.dimensions ?? support.map { 2 * $0 + 1 }
    try DesignCheck.grid(chosen, support: support.dimensions)
    let spacing = spacing ?? support.map { _ in 1 }
    try ParameterCheck.spacing(spacing, axes: support.rank, of: "optimised")
    self.support = support
    self.grid = Shape(chosen)
    self.spacing = spacing
    self.frequencyWeight = frequencyWeight
    self.spatialWeight = spatialWeight
  }

  /// Factorises the normal equations.
  ///
  /// - Parameters:
  ///   - method: How the equations are solved; by default chosen by size.
  ///   - memoryLimit: Bytes that may be used; checked before they are allocated.
  /// - Throws: ``FiltersmithError`` of kind `.argument` for weights that are negative or not finite,
  ///   `.shape` for weights of another shape, `.limit` when the memory does not suffice, `.numerical`
  ///   when the weights leave the kernel undetermined.
  public func plan(
    method: SolutionMethod = .automatic, memoryLimit: Int = KernelDesign.memoryLimit
  ) throws(FiltersmithError) -> KernelDesignPlan {
    try KernelDesignPlan(self, method: method, memoryLimit: memoryLimit)
  }

  /// F_w(u)² in the order of transforms.
  func squaredFrequencyWeight() throws(FiltersmithError) -> Tensor<Double> {
    let frequencies = DesignGrid(shape: grid, spacing: spacing)
    switch frequencyWeight {
    case .spectrum(let exponent, let cosineExponent, let signalToNoise, let dcWeight):
      try DesignCheck.spectrum(
        exponent: exponent, cosineExponent: cosineExponent, signalToNoise: signalToNoise,
        dcWeight: dcWeight)
      return expectedSpectrum(
        frequencies, exponent: exponent, cosineExponent: cosineExponent,
        signalToNoise: signalToNoise, dcWeight: dcWeight)
    case .function(let function):
      guard case .real(let value) = function.body else {
        throw FiltersmithError(
          .argument, "the frequency weight is a complex function; it must be real")
      }
      var weight = Tensor<Double>(zeros: grid)
      weight.withUnsafeMutableElements { elements in
        let shared = SharedPointer(elements)
        frequencies.forEachRow { row, base in
          frequencies.forEachFrequency(ofRow: row, base: base) { shared[$0] = value($1) }
        }
      }
      return try DesignCheck.squared(weight, "frequency weight")
    case .samples(let samples):
      guard samples.shape == grid else {
        throw FiltersmithError(
          .shape, "the frequency weight has shape \(samples.shape); the design grid has \(grid)")
      }
      return try DesignCheck.squared(samples.uncentered(), "frequency weight")
    }
  }

  private func expectedSpectrum(
    _ frequencies: DesignGrid, exponent: Double, cosineExponent: Double, signalToNoise: Double,
    dcWeight: Double
  ) -> Tensor<Double> {
    let ordered = FrequencyGrid(shape: grid, order: .transform)
    let cosines = grid.indices.map { axis in
      ordered.frequencies(axis: axis).map { Double.pow(Double.cos($0 / 2), cosineExponent) }
    }
    var weight = Tensor<Double>(zeros: grid)
    weight.withUnsafeMutableElements { elements in
      let shared = SharedPointer(elements)
      let (outer, last) = (Shape(Array(grid.dimensions.dropLast())), cosines[grid.rank - 1])
      let length = frequencies.rowLength
      frequencies.forEachRow { row, base in
        var factor = 1.0
        for (axis, position) in outer.index(at: row).enumerated() {
          factor *= cosines[axis][position]
        }
        frequencies.forEachFrequency(ofRow: row, base: base) { position, u in
          shared[position] =
            u.radius > 0
            ? (exponent == -1 ? 1 / u.radius : Double.pow(u.radius, exponent))
              * (factor * last[position - row * length]) : 0
        }
      }
      let power = elements.reduce(into: 0.0) { $0 += $1 * $1 }
      let noise =
        Double.pow(10, -signalToNoise / 20) * (power / Double(elements.count)).squareRoot()
      var sum = 0.0
      for position in elements.indices.dropFirst() {
        let amplitude = elements[position] + noise
        elements[position] = amplitude * amplitude
        sum += elements[position]
      }
      for position in elements.indices { elements[position] /= sum }
      elements[0] = dcWeight * dcWeight
    }
    return weight
  }

  /// f_w(x)² on the support.
  func squaredSpatialWeight() throws(FiltersmithError) -> Tensor<Double> {
    switch spatialWeight {
    case .none:
      return Tensor(zeros: support)
    case .samples(let samples):
      guard samples.shape == support else {
        throw FiltersmithError(
          .shape, "the spatial weight has shape \(samples.shape); the kernel has \(support)")
      }
      return try DesignCheck.squared(samples, "spatial weight")
    case .locality(let exponent, let amplitude):
      try DesignCheck.locality(exponent: exponent, amplitude: amplitude)
      let spacing = spacing
      let weight = Tensor<Double>(shape: support) { index in
        var (square, window) = (0.0, 1.0)
        for (axis, position) in index.enumerated() {
          let coordinate = Double(position - support[axis] / 2)
          square += coordinate * spacing[axis] * (coordinate * spacing[axis])
          let relative = 2 * coordinate / Double(support[axis] + 1)
          window *= 1 - relative * relative
        }
        let radial = exponent == 2 ? square : Double.pow(square.squareRoot(), exponent)
        return radial * radial / (window * window)
      }
      let scale = amplitude * amplitude / weight.sum()
      return weight.map { $0 * scale }
    }
  }
}
