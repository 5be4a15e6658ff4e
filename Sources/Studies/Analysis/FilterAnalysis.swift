import Convolutions
import FilterDesign
import Foundation
import LinearAlgebra
import Tensors

/// What the first layer of an arm has become, measured against the designed filters.
public struct FilterAnalysis: Sendable, Hashable, Codable {
  /// One kernel of the layer.
  public struct Kernel: Sendable, Hashable, Codable {
    /// The nearest quadrature filter.
    public let fit: QuadratureFit
    /// The fraction of the energy that is even about the centre, 0 to 1.
    public let evenShare: Double
    /// |Σ f| / Σ |f|: 0 for a filter that does not respond to flat areas.
    public let dc: Double
    /// The fraction of the energy in the best product of a colour and a pattern, which all other figures
    /// describe; 1 for grey images.
    public let colorShare: Double
    /// The largest cosine between the kernel and any phase of a designed filter.
    public let match: Double
  }

  /// Two kernels that nearly form a quadrature pair.
  public struct Pair: Sendable, Hashable, Codable {
    /// The index of one.
    public let first: Int
    /// The index of the other.
    public let second: Int
    /// (E₊ − E₋) / (E₊ + E₋) of the complex filter they form, by half planes: 1 for a perfect pair.
    public let oneSidedness: Double
  }

  /// The arm's name.
  public let arm: String
  /// The kernels in the layer's order; neighbours share a magnitude.
  public let kernels: [Kernel]
  /// The pairs among all kernels with a one-sidedness above 0.8, best first, each kernel once.
  public let pairs: [Pair]
  /// The one-sidedness of the layer's own pairs.
  public let ownPairs: [Double]
  /// The cosines of the angles between the spaces that the kernels and the designed ones span,
  /// largest first.
  public let principalCosines: [Double]
  /// How much each kernel changed in training, relative to its norm at the start; empty unless the
  /// layer started from the bank.
  public let change: [Double]

  /// The mean residual of the fits.
  public var meanResidual: Double { mean(kernels.map(\.fit.residual)) }
  /// The mean of the kernels' ``Kernel/match``.
  public var meanMatch: Double { mean(kernels.map(\.match)) }
  /// The fraction of the kernels' dimensions that the designed ones share: the mean squared cosine.
  public var sharedSubspace: Double { mean(principalCosines.map { $0 * $0 }) }
  /// The mean ``change``.
  public var meanChange: Double { mean(change) }

  private func mean(_ values: [Double]) -> Double {
    values.isEmpty ? 0 : values.reduce(0, +) / Double(values.count)
  }

  /// Measures a layer.
  ///
  /// - Parameters:
  ///   - arm: The arm's name.
  ///   - kernels: `[2 · pairs, channels, y, x]`.
  ///   - designed: The designed kernels, of the same support.
  ///   - start: The kernels at the start, where the layer started from given ones.
  ///   - family: The filters that kernels are compared with.
  /// - Throws: ``FiltersmithError`` when a design fails.
  init(
    arm: String, kernels: Tensor<Float>, designed: Tensor<Float>, start: Tensor<Float>?,
    family: QuadratureFamily
  ) throws(FiltersmithError) {
    let (set, reference) = (KernelSet(kernels), KernelSet(designed))
    self.arm = arm
    var measured: [Kernel] = []
    for (pattern, share) in zip(set.patterns, set.shares) {
      measured.append(
        Kernel(
          fit: try family.fit(pattern), evenShare: Self.evenShare(pattern), dc: Self.dc(pattern),
          colorShare: share, match: Self.match(pattern, reference)))
    }
    self.kernels = measured
    let spectra = Spectra(set)
    ownPairs = stride(from: 0, to: set.count - 1, by: 2).map {
      spectra.oneSidedness($0, $0 + 1, along: measured[$0].fit.direction)
    }
    pairs = Self.pairs(spectra, measured)
    principalCosines = Self.principalCosines(set.patterns, reference.patterns)
    change = start.map { Self.changes(from: $0, to: kernels) } ?? []
  }

  private static func evenShare(_ pattern: [Double]) -> Double {
    let energy = pattern.dot(pattern)
    let even = zip(pattern, pattern.reversed()).reduce(0) { sum, pair in
      let value = (pair.0 + pair.1) / 2
      return sum + value * value
    }
    return energy > 0 ? even / energy : 0
  }

  private static func dc(_ pattern: [Double]) -> Double {
    let absolute = pattern.reduce(0) { $0 + abs($1) }
    return absolute > 0 ? abs(pattern.reduce(0, +)) / absolute : 0
  }

  /// The largest cosine with a combination of a designed pair.
  private static func match(_ pattern: [Double], _ designed: KernelSet) -> Double {
    let energy = pattern.dot(pattern)
    guard energy > 0 else { return 0 }
    return stride(from: 0, to: designed.count - 1, by: 2).map { pair in
      let share = [pair, pair + 1].reduce(0.0) { sum, index in
        let other = designed.patterns[index]
        let norm = other.dot(other)
        let product = pattern.dot(other)
        return sum + (norm > 0 ? product * product / norm : 0)
      }
      return min(1, (share / energy).squareRoot())
    }.max() ?? 0
  }

  /// The best pairs, greedily, each kernel once.
  private static func pairs(_ spectra: Spectra, _ kernels: [Kernel]) -> [Pair] {
    var candidates: [Pair] = []
    for first in kernels.indices {
      for second in kernels.indices where second > first {
        let value = spectra.oneSidedness(first, second, along: kernels[first].fit.direction)
        if value > 0.8 {
          candidates.append(Pair(first: first, second: second, oneSidedness: value))
        }
      }
    }
    var used: Set<Int> = []
    return candidates.sorted {
      ($1.oneSidedness, $0.first, $0.second) < ($0.oneSidedness, $1.first, $1.second)
    }.filter { pair in
      guard !used.contains(pair.first), !used.contains(pair.second) else { return false }
      used.formUnion([pair.first, pair.second])
      return true
    }
  }

  private static func changes(from start: Tensor<Float>, to end: Tensor<Float>) -> [Double] {
    guard start.shape == end.shape, start.shape[0] > 0 else { return [] }
    let size = start.count / start.shape[0]
    return (0..<start.shape[0]).map { filter in
      var (moved, norm) = (0.0, 0.0)
      for index in filter * size..<(filter + 1) * size {
        let (before, after) = (Double(start.elements[index]), Double(end.elements[index]))
        moved += (after - before) * (after - before)
        norm += before * before
      }
      return norm > 0 ? (moved / norm).squareRoot() : 0
    }
  }

  /// The singular values of Q₁ᵀ Q₂ for orthonormal bases of the spans of two sets of vectors.
  static func principalCosines(_ first: [[Double]], _ second: [[Double]]) -> [Double] {
    let (left, right) = (orthonormalBasis(first), orthonormalBasis(second))
    guard !left.isEmpty, !right.isEmpty else { return [] }
    let products = left.map { row in right.map { row.dot($0) } }
    return SingularValues(of: Array(products.joined()), rows: left.count)?.values.map { min($0, 1) }
      ?? []
  }

  /// Right singular vectors whose values are not negligible compared with the largest.
  private static func orthonormalBasis(_ vectors: [[Double]]) -> [[Double]] {
    guard let found = SingularValues(of: Array(vectors.joined()), rows: vectors.count),
      let largest = found.values.first
    else { return [] }
    let width = found.right.count / found.values.count
    return found.values.indices.filter { found.values[$0] > 1e-3 * largest }.map {
      Array(found.right[$0 * width..<($0 + 1) * width])
    }
  }
}

/// The spectra of a set of kernels on a grid of frequencies.
private struct Spectra {
  private let real: [[Double]]
  private let imaginary: [[Double]]
  private let frequencies: [(y: Double, x: Double)]

  init(_ set: KernelSet) {
    let side = 2 * set.support + 1
    let half = (side - 1) / 2
    var frequencies: [(y: Double, x: Double)] = []
    for row in -half...half {
      for column in -half...half {
        frequencies.append(
          (2 * .pi * Double(row) / Double(side), 2 * .pi * Double(column) / Double(side)))
      }
    }
    let (center, support) = (Double(set.support / 2), set.support)
    var (real, imaginary): ([[Double]], [[Double]]) = ([], [])
    for pattern in set.patterns {
      var (reals, imaginaries): ([Double], [Double]) = ([], [])
      for frequency in frequencies {
        var (sum, other) = (0.0, 0.0)
        for (tap, value) in pattern.enumerated() {
          let angle =
            frequency.y * (Double(tap / support) - center)
            + frequency.x * (Double(tap % support) - center)
          sum += value * cos(angle)
          other -= value * sin(angle)
        }
        reals.append(sum)
        imaginaries.append(other)
      }
      real.append(reals)
      imaginary.append(imaginaries)
    }
    self.frequencies = frequencies
    self.real = real
    self.imaginary = imaginary
  }

  /// |E₊ − E₋| / (E₊ + E₋) of first + i second, both of norm 1, by the half planes of a direction in
  /// degrees.
  func oneSidedness(_ first: Int, _ second: Int, along direction: Double) -> Double {
    let angle = direction * .pi / 180
    let (down, across) = (sin(angle), cos(angle))
    func norm(_ index: Int) -> Double {
      (real[index].dot(real[index]) + imaginary[index].dot(imaginary[index])).squareRoot()
    }
    let (scale, otherScale) = (1 / max(norm(first), 1e-12), 1 / max(norm(second), 1e-12))
    var (above, below) = (0.0, 0.0)
    for (place, frequency) in frequencies.enumerated() {
      let side = frequency.y * down + frequency.x * across
      guard abs(side) > 1e-9 else { continue }
      let value = real[first][place] * scale - imaginary[second][place] * otherScale
      let other = imaginary[first][place] * scale + real[second][place] * otherScale
      let energy = value * value + other * other
      if side > 0 { above += energy } else { below += energy }
    }
    return above + below > 0 ? abs(above - below) / (above + below) : 0
  }
}
