import Convolutions
import Fourier
import LinearAlgebra
import Numerics
import Tensors

/// The translation between two images by phase correlation, to a fraction of a sample.
///
/// The peak of the inverse transform of F_1 F̄_2 / |F_1 F_2| gives the whole samples (C. Kuglin and D.
/// Hines, 1975). The rest is the slope of the cross spectrum's phase, fitted by least squares with
/// its magnitude as weight; the moving image is then read at the shifted position and the slope fitted
/// again, until nothing is left, so that the window's bias cancels.
public struct PhaseCorrelation: Sendable, Hashable {
  /// The fraction of each axis over which the window fades out, both ends together: 0 for none, 1 for
  /// Hann's.
  public var taper = 0.5
  /// The largest frequency used for the fraction of a sample, in rad/sample.
  public var largestFrequency = Double.pi / 2
  /// The most fits of the fraction.
  public var iterations = 6

  /// Parameters that suit photographs.
  public init() {}

  /// A translation and its reliability.
  public struct Result: Sendable, Hashable {
    /// s, in samples per axis: fixed(x) ≈ moving(x + s).
    public let shift: [Double]
    /// The height of the correlation's peak, from 0 (unrelated images) to 1 (the same image).
    public let peak: Double

    /// x ↦ x + s, by which the moving image is warped to align with the fixed one.
    public var transform: AffineMap { .translation(shift) }
  }

  /// The translation from one image to another of the same size.
  ///
  /// - Parameters:
  ///   - fixed: `[space…]`, 1 to 4 axes of at least 8 samples.
  ///   - moving: The same extents.
  /// - Throws: ``FiltersmithError`` when the images do not fit each other, are not finite or constant.
  public func callAsFunction(
    fixed: Tensor<Float>, moving: Tensor<Float>
  ) throws(FiltersmithError) -> Result {
    try FieldCheck.image(fixed, "the fixed image")
    try FieldCheck.image(moving, "the moving image")
    try FieldCheck.equalShapes(fixed.shape, "the fixed image", moving.shape, "the moving image")
    try FieldCheck.number(taper, 0...1, "the window's taper")
    try FieldCheck.number(largestFrequency, 0.1...Double.pi, "the largest frequency")
    guard fixed.shape.allSatisfy({ $0 >= 8 }) else {
      throw FiltersmithError(
        .shape, "images of \(fixed.shape) are too small to correlate; 8 samples an axis are needed")
    }
    let (whole, peak) = try wholeShift(fixed, moving)
    var shift = whole.map(Double.init)
    for _ in 0..<max(iterations, 1) {
      guard let overlap = Self.overlap(fixed.shape, shift) else { break }
      let part = try fixed.sliced(overlap)
      let start = zip(overlap, shift).map { Double($0.lowerBound) + $1 }
      let other = try moving.warped(
        by: .translation(start), to: part.shape, interpolation: .cubic, border: .mirror)
      let step = try fraction(part, other)
      shift = zip(shift, step).map { $0 + $1 }
      if step.allSatisfy({ abs($0) < 1e-5 }) { break }
    }
    return Result(shift: shift, peak: peak)
  }

  /// The samples of the fixed image that the moving one covers; `nil` where they are too few.
  private static func overlap(_ shape: Shape, _ shift: [Double]) -> [Range<Int>]? {
    var ranges: [Range<Int>] = []
    for (extent, shift) in zip(shape, shift) {
      guard abs(shift) < Double(extent) else { return nil }
      let low = max(Int((-shift).rounded(.up)), 0)
      let high = min(Int((Double(extent - 1) - shift).rounded(.down)) + 1, extent)
      guard high - low >= 8 else { return nil }
      ranges.append(low..<high)
    }
    return ranges
  }

  /// The highest peak of the phase correlation, in samples from −n/2 to n/2.
  private func wholeShift(
    _ fixed: Tensor<Float>, _ moving: Tensor<Float>
  ) throws(FiltersmithError) -> ([Int], Double) {
    let cross = try crossSpectrum(fixed, moving)
    let phases = cross.map { value -> Complex<Double> in
      let length = value.length
      return length > 0 ? value / Complex(length) : .zero
    }
    let correlation: Tensor<Double> = try phases.inverseRealFourierTransform(
      lastExtent: fixed.shape[fixed.rank - 1])
    let best = correlation.withUnsafeElements { elements in
      elements.indices.max { elements[$0] < elements[$1] } ?? 0
    }
    let index = correlation.shape.index(at: best)
    // fixed(x) = moving(x + s) has the phases exp(i u·s): their peak stands at −s.
    let shift = zip(index, correlation.shape).map { -($0 > ($1 - 1) / 2 ? $0 - $1 : $0) }
    return (shift, min(max(correlation.elements[best], 0), 1))
  }

  /// F_1 F̄_2 of the windowed images, a half spectrum.
  private func crossSpectrum(
    _ fixed: Tensor<Float>, _ moving: Tensor<Float>
  ) throws(FiltersmithError) -> Tensor<Complex<Double>> {
    let windows = fixed.shape.map(window)
    func spectrum(_ image: Tensor<Float>) throws(FiltersmithError) -> Tensor<Complex<Double>> {
      let mean = Double(image.mean())
      let elements = image.elements
      var offset = 0
      let windowed = Tensor<Double>(shape: image.shape) { index in
        var value = Double(elements[offset]) - mean
        offset += 1
        for axis in index.indices { value *= windows[axis][index[axis]] }
        return value
      }
      guard windowed.elements.contains(where: { $0 != 0 }) else {
        throw FiltersmithError(
          .argument, "a constant image \(image.shape) cannot be registered")
      }
      return try windowed.realFourierTransform()
    }
    return try spectrum(fixed).zip(with: spectrum(moving)) { $0 * $1.conjugate }
  }

  private func window(_ extent: Int) -> [Double] {
    let fading = taper * Double(extent) / 2
    return (0..<extent).map { position in
      let distance = min(Double(position), Double(extent - 1 - position)) + 0.5
      return distance < fading ? 0.5 - 0.5 * Double.cos(.pi * distance / fading) : 1
    }
  }

  /// The shift of less than a sample that fits the cross spectrum's phase.
  private func fraction(
    _ fixed: Tensor<Float>, _ moving: Tensor<Float>
  ) throws(FiltersmithError) -> [Double] {
    let axes = fixed.rank
    let cross = try crossSpectrum(fixed, moving)
    let frequencies = FrequencyGrid(shape: fixed.shape, order: .transform).axes
    var solver = SmallCholesky(order: axes)
    let elements = cross.elements
    var offset = 0
    cross.shape.forEachIndex { index in
      let value = elements[offset]
      offset += 1
      var square = 0.0
      for axis in 0..<axes {
        square += frequencies[axis][index[axis]] * frequencies[axis][index[axis]]
      }
      guard square > 0, square <= largestFrequency * largestFrequency else { return }
      let phase = value.phase
      let weight = value.length * Double.pow(Double.cos(phase / 2), 2)
      for row in 0..<axes {
        let u = frequencies[row][index[row]]
        solver.side[row] += weight * u * phase
        for column in 0..<axes {
          solver.matrix[row * axes + column] += weight * u * frequencies[column][index[column]]
        }
      }
    }
    guard solver.solve() != nil else {
      throw FiltersmithError(
        .numerical, "the images \(fixed.shape) vary along too few axes to find a translation")
    }
    return solver.side
  }
}
