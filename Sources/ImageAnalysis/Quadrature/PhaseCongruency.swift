import Convolutions
import FilterDesign
import LinearAlgebra
import Numerics
import Tensors

/// Phase congruency: how well the phases of all scales agree at a sample, from 0 to 1.
///
/// Edges, lines and steps are where the Fourier components of an image are in phase, whatever their
/// contrast: the measure does not change with brightness and contrast. Per direction, from log-Gabor
/// filters of several scales,
/// ```
/// PC = W ⌊Σ_n A_n Δφ_n − T⌋ / (Σ_n A_n + ε),   A_n Δφ_n = q_n·m − |q_n × m|
/// ```
/// with m the unit vector of the mean response, ε a thousandth of the amplitudes' root mean square
/// (so that flat regions count as such at any contrast), the weight W against features that only one scale
/// sees, and the noise threshold T, estimated from the finest scale. P. Kovesi, *Image features from
/// phase congruency*, Videre 1 (1999); moments: *Phase congruency detects corners and edges* (2003).
public struct PhaseCongruency: Sendable, Hashable {
  /// The number of scales.
  public var scales = 4
  /// Unit vectors in array order; an isotropic set of 6 in 2D and 3D unless given.
  public var directions: [[Double]]?
  /// The wavelength of the finest scale, in samples along the axis of the smallest spacing.
  public var shortestWavelength = 3.0
  /// The ratio of the wavelengths of neighbouring scales.
  public var scaling = 2.1
  /// The full width of the filters at half amplitude; two octaves are Kovesi's σ/f = 0.55.
  public var octaves = 2.0
  /// The standard deviation of the filters' angular profile, in radians; that of an even overlap of
  /// the directions unless given.
  public var angularDeviation: Double?
  /// How many standard deviations above its mean the energy of noise is assumed to reach.
  public var noiseDeviations = 2.0
  /// The spread of frequencies, from 0 to 1, below which phase congruency is weighted down.
  public var spreadCutoff = 0.5
  /// How sharply it is weighted down.
  public var spreadGain = 10.0
  /// The distance between samples along each axis; 1 unless given.
  public var spacing: [Double]?
  /// How the image continues.
  public var border = Border.mirror

  /// Kovesi's parameters.
  public init() {}

  /// Phase congruency of an image.
  public struct Result: Sendable, Hashable {
    /// Σ over directions of the supported energy over Σ of the amplitudes, `[space…]`, 0 to 1.
    public let congruency: Tensor<Float>
    /// Σ_k PC_k² M_k: its largest eigenvalue is the maximum moment, an edge and line strength; its
    /// smallest the minimum moment, a corner strength; its first eigenvector lies across the feature.
    public let orientation: OrientationTensor
    /// The phase of the mean response over all scales along each sample's direction of most energy,
    /// `[space…]`: 0 on bright lines, ±π on dark ones, ±π/2 on edges.
    public let phase: Tensor<Float>
    /// The noise threshold T of each direction.
    public let noise: [Double]
  }
}

extension PhaseCongruency {
  /// Phase congruency of an image.
  ///
  /// - Parameter image: `[space…]`, 2 or 3 axes.
  /// - Throws: ``FiltersmithError`` when a parameter is out of range or the image is not finite.
  public func callAsFunction(_ image: Tensor<Float>) throws(FiltersmithError) -> Result {
    try FieldCheck.image(image, axes: 2...3)
    return try analyze(image) { bank throws(FiltersmithError) in
      try bank.responses(to: image, border: border)
    }
  }

  /// Phase congruency of an image with missing samples; the border is not used.
  ///
  /// - Throws: ``FiltersmithError`` when a parameter is out of range.
  public func callAsFunction(_ image: MaskedImage) throws(FiltersmithError) -> Result {
    try FieldCheck.image(image.values, axes: 2...3)
    return try analyze(image.values) { bank throws(FiltersmithError) in
      try bank.responses(to: image).responses
    }
  }

  /// Runs one direction after another, so that only one's responses are kept.
  private func analyze(
    _ image: Tensor<Float>,
    _ responses: (FilterBank) throws(FiltersmithError) -> Responses<Float>
  ) throws(FiltersmithError) -> Result {
    let (axes, samples) = (image.rank, image.count)
    let directions = try validDirections(axes: axes)
    let duals = try DualTensors(directions: directions)
    let components = SymmetricMatrix.elementCount(order: axes)
    // energy, amplitude, largest energy, its phase, then the tensor
    var sums = Tensor<Float>(zeros: Shape([4 + components]) + image.shape)
    var (noise, floor): ([Double], Double) = ([], 0)
    for (index, direction) in directions.enumerated() {
      var scales: [Tensor<Float>] = []
      var energies: [Double] = []
      for scale in 0..<self.scales {
        let bank = try bank(direction, scale: scale, axes: axes)
        scales.append(try responses(bank).parts)
        energies.append(bank.even.norm() * bank.even.norm())
      }
      let threshold = self.threshold(finest: scales[0], energies: energies)
      noise.append(threshold)
      let rest = 1e-3 * scales.reduce(0) { $0 + (2 * $1.meanSquare).squareRoot() }
      floor += rest
      let dual = duals.tensors[index].elements.map(Float.init)
      accumulate(
        scales, threshold: Float(threshold), floor: Float(rest), dual, into: &sums,
        samples: samples)
    }
    let least = Float(floor)
    let congruency = Tensor<Float>(image.shape, samples: samples, from: [sums]) {
      from, output, piece in
      for sample in piece {
        let amplitude = from[0][samples + sample]
        output[sample] = amplitude > 0 ? from[0][sample] / (amplitude + least) : 0
      }
    }
    return Result(
      congruency: congruency,
      orientation: try OrientationTensor(
        components: sums.sliced(axis: 0, 4..<4 + components)),
      phase: try sums.selected(axis: 0, at: 3), noise: noise)
  }

  private func validDirections(axes: Int) throws(FiltersmithError) -> [[Double]] {
    guard (2...12).contains(scales) else {
      throw FiltersmithError(
        .argument, "phase congruency compares 2 to 12 scales; \(scales) were asked for")
    }
    try FieldCheck.number(shortestWavelength, 2...1000, "the shortest wavelength")
    try FieldCheck.number(scaling, 1.1...10, "the ratio of wavelengths")
    try FieldCheck.number(octaves, 0.1...10, "the filters' bandwidth in octaves")
    try FieldCheck.number(noiseDeviations, 0...1000, "the number of noise deviations")
    try FieldCheck.number(spreadCutoff, 0...1, "the spread's cut-off")
    try FieldCheck.number(spreadGain, 0...1000, "the spread's gain")
    if let angularDeviation {
      try FieldCheck.number(angularDeviation, 0.01...10, "the angular deviation")
    }
    if let directions { return directions }
    return try DirectionSets.isotropic(dimensions: axes, count: 6)
  }

  /// One filter; its support holds three wavelengths.
  private func bank(
    _ direction: [Double], scale: Int, axes: Int
  ) throws(FiltersmithError) -> FilterBank {
    let wavelength = shortestWavelength * Double.pow(scaling, Double(scale))
    // Neighbouring directions are π/6 apart in 2D, 1.1 in 3D; filters overlap as in Kovesi's code.
    let count = Double(directions?.count ?? 6)
    let relative = try FieldCheck.relativeSpacing(spacing, axes: axes)
    let apart = axes == 2 ? Double.pi / count : 2.6 / count.squareRoot()
    return try LogGaborDesign(
      directions: [direction], centerFrequency: 2 * .pi / wavelength, octaves: octaves,
      angularDeviation: angularDeviation ?? apart / 1.2,
      support: relative.map { 2 * max(Int((1.5 * wavelength / $0).rounded(.up)), 1) + 1 },
      spacing: relative
    ).bank()
  }

  /// T: the mean plus some standard deviations of the energy of noise alone.
  ///
  /// The magnitudes of the finest scale are nearly all noise: they have a Rayleigh distribution with the
  /// median τ √(ln 4). At other scales τ is proportional to the filter's norm.
  private func threshold(finest: Tensor<Float>, energies: [Double]) -> Double {
    let samples = finest.count / 2
    var magnitudes = finest.withUnsafeElements { parts in
      (0..<samples).map { (parts[$0] * parts[$0] + parts[samples + $0] * parts[samples + $0]) }
    }
    magnitudes.sort()
    let median = Double(magnitudes[samples / 2]).squareRoot()
    let finest = median / Double.log(4).squareRoot()
    let total = energies.reduce(0) { $0 + finest * ($1 / energies[0]).squareRoot() }
    return total * (Double.pi / 2).squareRoot()
      + noiseDeviations * total * ((4 - .pi) / 2).squareRoot()
  }

  /// Adds the results of one direction.
  private func accumulate(
    _ scales: [Tensor<Float>], threshold: Float, floor: Float, _ dual: [Float],
    into sums: inout Tensor<Float>, samples: Int
  ) {
    let count = scales.count
    let (cutoff, gain) = (Float(spreadCutoff), Float(spreadGain))
    sums.withUnsafeMutableElements { sums in
      let sums = SharedPointer(sums)
      reading(scales) { scales in
        forEachPart(samples, of: 1 << 13) { piece in
          for sample in piece {
            var (even, odd, amplitude, largest): (Float, Float, Float, Float) = (0, 0, 0, 0)
            for scale in 0..<count {
              let (real, imaginary) = (scales[scale][sample], scales[scale][samples + sample])
              let length = (real * real + imaginary * imaginary).squareRoot()
              even += real
              odd += imaginary
              amplitude += length
              largest = max(largest, length)
            }
            let length = (even * even + odd * odd).squareRoot()
            guard length > 0, largest > 0 else { continue }
            let (cosine, sine) = (even / length, odd / length)
            var energy: Float = 0
            for scale in 0..<count {
              let (real, imaginary) = (scales[scale][sample], scales[scale][samples + sample])
              energy +=
                real * cosine + imaginary * sine - abs(real * sine - imaginary * cosine)
            }
            let supported = max(energy - threshold, 0)
            let spread = (amplitude / largest - 1) / Float(count - 1)
            let weighted = supported / (1 + Float.exp((cutoff - spread) * gain))
            sums[sample] += weighted
            sums[samples + sample] += amplitude
            if energy > sums[2 * samples + sample] {
              sums[2 * samples + sample] = energy
              sums[3 * samples + sample] = Float.atan2(y: odd, x: even)
            }
            let congruency = weighted / (amplitude + floor)
            for component in dual.indices {
              sums[(4 + component) * samples + sample] += congruency * congruency * dual[component]
            }
          }
        }
      }
    }
  }
}
