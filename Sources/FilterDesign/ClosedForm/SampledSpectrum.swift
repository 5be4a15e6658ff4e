import Foundation
import Fourier
import Numerics
import Tensors

/// Kernels of filters defined by their frequency response.
///
/// The ideal response is sampled on a lattice of 4n + 1 frequencies per axis, transformed back, cut
/// to n taps and multiplied by a window; the remaining DC is subtracted in the window's shape.
/// Without a window this is the least-squares kernel under equal weights and F(0) = 0.
struct SampledSpectrum {
  /// Taps per axis, odd.
  let support: [Int]
  /// The taper.
  let window: Window
  /// The frequencies along each axis in rad/sample, and per unit of the spacing.
  private let frequencies, scaled: [[Double]]

  /// More frequencies than this need more memory than a design should take.
  private static let largestLattice = 1 << 26

  /// A lattice for kernels of a support; responses are functions of frequencies per unit of the
  /// spacing, 1 unless given.
  init(
    support: [Int], window: Window, spacing: [Double]?, of family: String
  ) throws(FiltersmithError) {
    self.support = support
    self.window = window
    let bins = support.map { 4 * $0 + 1 }
    guard (try? Shape(checking: bins)).map({ $0.elementCount <= Self.largestLattice }) ?? false
    else {
      throw FiltersmithError(
        .limit,
        "\(family) filters of size \(support) would be sampled at more than \(Self.largestLattice) frequencies"
      )
    }
    let axes = FrequencyGrid(shape: Shape(bins)).axes
    frequencies = axes
    scaled = spacing.map { zip(axes, $0).map { axis, step in axis.map { $0 / step } } } ?? axes
  }

  /// The kernel of a response that vanishes at frequency 0.
  func kernel(
    _ response: @Sendable (_ frequency: [Double]) -> Complex<Double>
  ) throws(FiltersmithError) -> Tensor<Complex<Double>> {
    let shape = Shape(frequencies.map(\.count))
    let slab = shape.removing(axis: 0)
    let size = slab.elementCount
    let spectrum = Tensor<Complex<Double>>(uninitialized: shape) { buffer in
      let target = SharedPointer(buffer)
      let frequencies = scaled
      parallelFor(shape[0]) { row in
        var frequency = frequencies.map { $0[0] }
        frequency[0] = frequencies[0][row]
        var position = row * size
        slab.forEachIndex { index in
          for (axis, bin) in index.enumerated() {
            frequency[axis + 1] = frequencies[axis + 1][bin]
          }
          (target.pointer + position).initialize(to: response(frequency))
          position += 1
        }
      }
    }
    let ideal = FourierSum.kernel(of: spectrum, at: frequencies, support: support)
    var rows: [[Double]] = []
    for taps in support { rows.append(try window.values(taps)) }
    let weights = KernelConstruction.product(rows)
    let windowed = try ideal.zip(with: weights) { Complex($0.real * $1, $0.imaginary * $1) }
    let sum = windowed.sum()
    let share = 1 / weights.sum()
    return try windowed.zip(with: weights) {
      Complex($0.real - sum.real * share * $1, $0.imaginary - sum.imaginary * share * $1)
    }
  }
}

/// Band-pass functions of the frequency's length that are symmetric in its logarithm.
struct LogNormalBand: Sendable {
  /// ρ0, where the function is 1.
  private let centerFrequency: Double
  private let factor: Double

  /// A band of a full width at half amplitude.
  init(centerFrequency: Double, octaves: Double) {
    self.centerFrequency = centerFrequency
    factor = -4 / (octaves * octaves * log(2))
  }

  /// R(ρ) = exp(−(4 / (B² ln 2)) ln²(ρ/ρ0)), R(0) = 0.
  func callAsFunction(_ radius: Double) -> Double {
    guard radius > 0 else { return 0 }
    let distance = log(radius / centerFrequency)
    return exp(factor * distance * distance)
  }
}
