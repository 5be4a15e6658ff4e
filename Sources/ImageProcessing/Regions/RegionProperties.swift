import Foundation
import LinearAlgebra
import Tensors

/// The measurements of one connected component.
public struct RegionProperties: Sendable, Hashable, Codable {
  /// The component's number.
  public let label: Int
  /// The number of its samples.
  public let sampleCount: Int
  /// Its size: length, area or volume, in units of the spacing.
  public let size: Double
  /// The mean position of its samples, in samples, in array axis order.
  public let centroid: [Double]
  /// The first sample along each axis.
  public let start: [Int]
  /// One past the last sample along each axis.
  public let end: [Int]
  /// The covariance of its samples' positions, row by row, in squared units of the spacing.
  public let covariance: [[Double]]
  /// The full axes of the ellipsoid with the same covariance, longest first: 2 √((D + 2) λ).
  public let axisLengths: [Double]
  /// The unit vectors of those axes, in array axis order.
  public let axes: [[Double]]
  /// The mean of the intensities; `nil` where none were given.
  public let meanIntensity: Double?
  /// The smallest and largest intensity; `nil` where none were given.
  public let intensityRange: [Double]?

  /// √(1 − (shortest axis / longest)²): 0 for a circle or a ball, near 1 for a line.
  public var eccentricity: Double {
    guard let longest = axisLengths.first, let shortest = axisLengths.last, longest > 0 else {
      return 0
    }
    return max(1 - shortest * shortest / (longest * longest), 0).squareRoot()
  }

  /// In 2D the angle of the longest axis from axis y towards x, from −π/2 to π/2, in radians; `nil`
  /// otherwise.
  public var orientation: Double? {
    guard axes.count == 2, let axis = axes.first else { return nil }
    let angle = atan2(axis[1], axis[0])
    return angle > .pi / 2 ? angle - .pi : angle <= -.pi / 2 ? angle + .pi : angle
  }
}

extension ConnectedComponents {
  /// Measures every component, in the order of their numbers; numbers that no sample has are left out.
  ///
  /// - Parameters:
  ///   - spacing: The distances between samples, one per axis; 1 unless given.
  ///   - intensities: An image of the same shape whose values are averaged.
  /// - Throws: ``FiltersmithError`` when the spacing or the intensities do not fit.
  public func properties(
    spacing: [Double]? = nil, intensities: Tensor<Float>? = nil
  ) throws(FiltersmithError) -> [RegionProperties] {
    let rank = labels.rank
    let spacing = try spacingPerAxis(spacing, axes: rank)
    if let intensities, intensities.shape != labels.shape {
      throw FiltersmithError(
        .shape, "intensities \(intensities.shape) do not fit labels \(labels.shape)")
    }
    var sums = (0...count).map { _ in RegionSums(axes: rank) }
    let width = labels.shape[rank - 1]
    let outer = Shape(Array(labels.shape.dimensions.dropLast()))
    labels.withUnsafeElements { labels in
      for row in 0..<(width > 0 ? outer.elementCount : 0) {
        let index = outer.index(at: row)
        var x = 0
        while x < width {
          let label = labels[row * width + x]
          let start = x
          while x < width, labels[row * width + x] == label { x += 1 }
          guard label > 0 else { continue }
          sums[Int(label)].add(index, start..<x)
          if let intensities {
            intensities.withUnsafeElements { values in
              for place in start..<x {
                sums[Int(label)].add(intensity: Double(values[row * width + place]))
              }
            }
          }
        }
      }
    }
    return sums.enumerated().dropFirst().compactMap { label, sums in
      sums.count > 0
        ? sums.properties(label: label, spacing: spacing, hasIntensity: intensities != nil) : nil
    }
  }

  /// The components that satisfy a condition, renumbered.
  ///
  /// - Parameter isKept: Decides by the number of samples.
  public func filtered(bySampleCount isKept: (Int) -> Bool) -> ConnectedComponents {
    var sizes = [Int](repeating: 0, count: count + 1)
    labels.withUnsafeElements { labels in
      for label in labels { sizes[Int(label)] += 1 }
    }
    var numbers = [Int32](repeating: 0, count: count + 1)
    var next: Int32 = 0
    for label in 1..<max(count + 1, 1) where sizes[label] > 0 && isKept(sizes[label]) {
      next += 1
      numbers[label] = next
    }
    return ConnectedComponents(unchecked: labels.map { numbers[Int($0)] }, count: Int(next))
  }
}

/// Sums over the samples of a component, exact for whole numbers.
private struct RegionSums {
  var count = 0
  private var first: [Double]
  private var second: [[Double]]
  private var low: [Int]
  private var high: [Int]
  private var intensity = 0.0
  private var smallest = Double.infinity
  private var largest = -Double.infinity

  init(axes: Int) {
    first = Array(repeating: 0, count: axes)
    second = Array(repeating: first, count: axes)
    low = Array(repeating: .max, count: axes)
    high = Array(repeating: .min, count: axes)
  }

  /// Adds a run along the last axis.
  mutating func add(_ outer: [Int], _ run: Range<Int>) {
    let axes = first.count
    let number = Double(run.count)
    let (start, last) = (Double(run.lowerBound), Double(run.upperBound - 1))
    let sum = number * (start + last) / 2
    // Σ x² from start to last
    func squares(_ n: Double) -> Double { n * (n + 1) * (2 * n + 1) / 6 }
    let square = squares(last) - squares(start - 1)
    count += run.count
    for axis in 0..<axes - 1 {
      let place = Double(outer[axis])
      first[axis] += number * place
      for other in axis..<axes - 1 { second[axis][other] += number * place * Double(outer[other]) }
      second[axis][axes - 1] += place * sum
      low[axis] = min(low[axis], outer[axis])
      high[axis] = max(high[axis], outer[axis])
    }
    first[axes - 1] += sum
    second[axes - 1][axes - 1] += square
    low[axes - 1] = min(low[axes - 1], run.lowerBound)
    high[axes - 1] = max(high[axes - 1], run.upperBound - 1)
  }

  mutating func add(intensity value: Double) {
    intensity += value
    smallest = min(smallest, value)
    largest = max(largest, value)
  }

  func properties(label: Int, spacing: [Double], hasIntensity: Bool) -> RegionProperties {
    let axes = first.count
    let number = Double(count)
    let mean = first.map { $0 / number }
    var matrix = SymmetricMatrix(zeros: axes)
    for row in 0..<axes {
      for column in row..<axes {
        let value = second[row][column] / number - mean[row] * mean[column]
        matrix[row, column] = value * spacing[row] * spacing[column]
      }
    }
    let (values, vectors) = matrix.eigensystem()
    return RegionProperties(
      label: label, sampleCount: count, size: spacing.reduce(number, *), centroid: mean, start: low,
      end: high.map { $0 + 1 },
      covariance: (0..<axes).map { row in (0..<axes).map { matrix[row, $0] } },
      axisLengths: values.map { 2 * (Double(axes + 2) * max($0, 0)).squareRoot() }, axes: vectors,
      meanIntensity: hasIntensity ? intensity / number : nil,
      intensityRange: hasIntensity ? [smallest, largest] : nil)
  }
}
