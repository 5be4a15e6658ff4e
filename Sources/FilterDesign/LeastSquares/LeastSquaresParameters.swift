import Tensors

/// The weights, grid and spacing that quadrature and monomial banks share, with customary values.
public struct LeastSquaresParameters: Sendable, Hashable {
  /// Frequencies per axis of the design grid, odd; `nil` for 2n + 1.
  public var grid: [Int]?
  /// The signal-to-noise ratio in dB: how far the noise floor of the frequency weight is below the
  /// root mean square of the expected spectrum.
  public var signalToNoise: Double
  /// The frequency weight of frequency 0: how strongly kernels are made to sum to 0.
  public var dcWeight: Double
  /// The amplitude A of the spatial weight: how strongly kernels are kept local.
  public var locality: Double
  /// The exponent a of the expected spectrum ρ^a.
  public var frequencyExponent: Double
  /// The exponent b of the factors cos^b(u/2) of the expected spectrum.
  public var cosineExponent: Double
  /// The exponent p of the spatial weight r^p.
  public var spatialExponent: Double
  /// The distance between samples along each axis, `nil` for 1: frequencies are per its unit.
  public var spacing: [Double]?

  /// Customary values by default.
  public init(
    grid: [Int]? = nil, signalToNoise: Double = 30, dcWeight: Double = 1000, locality: Double = 30,
    frequencyExponent: Double = -1, cosineExponent: Double = 1, spatialExponent: Double = 2,
    spacing: [Double]? = nil
  ) {
    self.grid = grid
    self.signalToNoise = signalToNoise
    self.dcWeight = dcWeight
    self.locality = locality
    self.frequencyExponent = frequencyExponent
    self.cosineExponent = cosineExponent
    self.spatialExponent = spatialExponent
    self.spacing = spacing
  }

  /// The kernel design with these weights.
  ///
  /// - Throws: ``FiltersmithError`` that names the parameter, what was given and what was expected.
  public func kernelDesign(support: [Int]) throws(FiltersmithError) -> KernelDesign {
    try DesignCheck.support(support)
    if let grid { try DesignCheck.grid(grid, support: support) }
    try DesignCheck.spectrum(
      exponent: frequencyExponent, cosineExponent: cosineExponent, signalToNoise: signalToNoise,
      dcWeight: dcWeight)
    try DesignCheck.locality(exponent: spatialExponent, amplitude: locality)
    return try KernelDesign(
      support: Shape(support), grid: grid.map { Shape($0) }, spacing: spacing,
      frequencyWeight: .spectrum(
        exponent: frequencyExponent, cosineExponent: cosineExponent, signalToNoise: signalToNoise,
        dcWeight: dcWeight),
      spatialWeight: .locality(exponent: spatialExponent, amplitude: locality))
  }

  /// The kernels of a bank; making the plan is the first half of the work.
  func solution(
    support: [Int], of targets: [DesignTarget], method: SolutionMethod, memoryLimit: Int,
    progress: ProgressHandler?
  ) throws(FiltersmithError) -> KernelSolution {
    let plan = try KernelDesignPlan(
      kernelDesign(support: support), method: method, memoryLimit: memoryLimit, progress: progress)
    return try plan.solve(targets) { progress?(0.5 + 0.5 * $0) }
  }
}

extension LeastSquaresParameters {
  /// Customary values for an image's distances between samples; frequencies are in radians per sample
  /// of its finest axis.
  public init(imageSpacing: [Double]) {
    let finest = imageSpacing.min() ?? 1
    self.init(spacing: imageSpacing.map { $0 / finest })
  }
}

extension LeastSquaresParameters: Codable {
  private enum Key: String, CodingKey, CaseIterable {
    case grid, signalToNoise, dcWeight, locality, frequencyExponent, cosineExponent
    case spatialExponent, spacing
  }

  /// Reads the parameters; missing ones take their customary values.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    func number(_ key: Key, _ customary: Double) throws -> Double {
      try container.decodeIfPresent(Double.self, forKey: key) ?? customary
    }
    let customary = LeastSquaresParameters()
    self.init(
      grid: try container.decodeIfPresent([Int].self, forKey: .grid),
      signalToNoise: try number(.signalToNoise, customary.signalToNoise),
      dcWeight: try number(.dcWeight, customary.dcWeight),
      locality: try number(.locality, customary.locality),
      frequencyExponent: try number(.frequencyExponent, customary.frequencyExponent),
      cosineExponent: try number(.cosineExponent, customary.cosineExponent),
      spatialExponent: try number(.spatialExponent, customary.spatialExponent),
      spacing: try container.decodeIfPresent([Double].self, forKey: .spacing))
  }
}
