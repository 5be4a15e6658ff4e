import Foundation
import Tensors

/// The kernels of a first layer as impulse responses of one channel each.
///
/// A kernel over several channels is approximated by colour times pattern: the best such product in the
/// least-squares sense.
struct KernelSet: Sendable {
  /// Rows and columns.
  let support: Int
  /// The patterns f(x), row-major, reflected from the layer's correlation.
  let patterns: [[Double]]
  /// The fraction of each kernel's energy that its pattern holds; 1 with one channel.
  let shares: [Double]

  /// The number of kernels.
  var count: Int { patterns.count }

  /// The kernels of a layer, which correlates, `[filters, channels, y, x]`.
  init(_ kernels: Tensor<Float>) {
    let (channels, side) = (kernels.shape[1], kernels.shape[2])
    let taps = kernels.shape[2] * kernels.shape[3]
    support = side
    var patterns: [[Double]] = []
    var shares: [Double] = []
    for filter in 0..<kernels.shape[0] {
      let rows = (0..<channels).map { channel in
        let start = (filter * channels + channel) * taps
        return kernels.elements[start..<start + taps].reversed().map { Double($0) }
      }
      let (pattern, share) = Self.dominantPattern(rows)
      patterns.append(pattern)
      shares.append(share)
    }
    self.patterns = patterns
    self.shares = shares
  }

  /// The best product of a colour and a pattern, by power iteration from the strongest channel.
  private static func dominantPattern(_ rows: [[Double]]) -> (pattern: [Double], share: Double) {
    let energies = rows.map { $0.dot($0) }
    let total = energies.reduce(0, +)
    guard rows.count > 1, total > 0,
      let strongest = energies.indices.max(by: { energies[$0] < energies[$1] })
    else { return (rows.first ?? [], 1) }
    var pattern = rows[strongest]
    for _ in 0..<50 {
      let norm = max(pattern.dot(pattern).squareRoot(), 1e-300)
      let unit = pattern.map { $0 / norm }
      let colors = rows.map { $0.dot(unit) }
      let length = max(colors.dot(colors).squareRoot(), 1e-300)
      pattern = unit.indices.map { tap in
        zip(colors, rows).reduce(0) { $0 + $1.0 / length * $1.1[tap] }
      }
    }
    return (pattern, pattern.dot(pattern) / total)
  }
}

extension [Double] {
  /// Σ a b.
  func dot(_ other: [Double]) -> Double {
    var sum = 0.0
    for index in indices { sum += self[index] * other[index] }
    return sum
  }
}
