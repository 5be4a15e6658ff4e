import Foundation
import Tensors

/// Straight lines through the true samples of an image, found by their votes.
///
/// Every true sample votes for all lines through it: x cos θ + y sin θ = ρ (Duda and Hart 1972).
public struct HoughLines: Sendable, Hashable {
  /// A line x cos θ + y sin θ = ρ.
  public struct Line: Sendable, Hashable, Codable {
    /// θ, the angle of the line's normal from axis x towards y, in radians.
    public let angle: Double
    /// ρ, the distance from sample (0, 0) along the normal, in samples.
    public let distance: Double
    /// How many samples voted for it.
    public let votes: Int
  }

  /// The votes, `[distance, angle]`.
  public let votes: Tensor<Int32>
  /// The angles θ of the columns.
  public let angles: [Double]
  /// The distance ρ of the first row; each row is one sample more.
  public let firstDistance: Int

  /// Counts the votes of an image's true samples.
  ///
  /// - Parameters:
  ///   - image: `[y, x]`.
  ///   - angles: θ of every column; 180 from −π/2 up to π/2 unless given.
  /// - Throws: ``FiltersmithError`` for other axes or no angles.
  public init(_ image: Tensor<Bool>, angles: [Double]? = nil) throws(FiltersmithError) {
    guard image.rank == 2 else {
      throw FiltersmithError(.shape, "lines are those of [y, x]; given \(image.shape)")
    }
    let angles: [Double] = angles ?? (0..<180).map { (Double($0) - 90) * Double.pi / 180 }
    guard !angles.isEmpty, angles.allSatisfy(\.isFinite) else {
      throw FiltersmithError(.argument, "lines need at least one angle, and finite ones")
    }
    let (height, width) = (image.shape[0], image.shape[1])
    let reach = Int(Double(height * height + width * width).squareRoot().rounded(.up))
    let places = image.elements.indices.filter { image.elements[$0] }
    let rows = 2 * reach + 1
    // One column at a time, so that pieces do not share counters.
    var columns = [Int32](repeating: 0, count: rows * angles.count)
    columns.withUnsafeMutableBufferPointer { columns in
      let columns = SharedPointer(columns)
      parallelFor(angles.count) { column in
        let counts = columns.pointer + column * rows
        let (cosine, sine) = (cos(angles[column]), sin(angles[column]))
        for place in places {
          let distance = cosine * Double(place % width) + sine * Double(place / width)
          counts[Int(distance.rounded(.toNearestOrAwayFromZero)) + reach] += 1
        }
      }
    }
    votes = try Tensor(shape: [angles.count, rows], elements: columns).permuted([1, 0])
    self.angles = angles
    firstDistance = -reach
  }

  /// The lines with the most votes, in descending order.
  ///
  /// - Parameters:
  ///   - limit: The most lines to return.
  ///   - least: The fewest votes, as a fraction of the most.
  ///   - distance: The least distance between lines, in rows or columns of the votes.
  /// - Throws: ``FiltersmithError`` for a distance below 1.
  public func lines(
    limit: Int = 10, least: Double = 0.5, distance: Int = 9
  ) throws(FiltersmithError) -> [Line] {
    let counts = votes.map { Float($0) }
    let most = counts.max() ?? 0
    guard most > 0 else { return [] }
    let peaks = try counts.peaks(
      distance: distance, above: max(Float(least) * most, 0.5).nextDown, limit: limit)
    return peaks.map { peak in
      Line(
        angle: angles[peak.index[1]], distance: Double(firstDistance + peak.index[0]),
        votes: Int(peak.value))
    }
  }
}

/// Circles of given radii through the true samples of an image, found by their votes.
public enum HoughCircles {
  /// A circle.
  public struct Circle: Sendable, Hashable, Codable {
    /// Its centre [y, x], in samples.
    public let center: [Int]
    /// Its radius, in samples.
    public let radius: Int
    /// The fraction of its circumference that is present, from 0 to 1.
    public let support: Double
  }

  /// The best supported circles, best first.
  ///
  /// - Parameters:
  ///   - image: `[y, x]`, such as edges.
  ///   - radii: In samples, from 1 up.
  ///   - least: The least support.
  ///   - distance: The least distance between centres.
  ///   - limit: The most circles to return.
  /// - Throws: ``FiltersmithError`` for other axes, radii or distances.
  public static func find(
    in image: Tensor<Bool>, radii: ClosedRange<Int>, least: Double = 0.5, distance: Int = 5,
    limit: Int = 10
  ) throws(FiltersmithError) -> [Circle] {
    guard image.rank == 2, radii.lowerBound >= 1, radii.upperBound < 1 << 20 else {
      throw FiltersmithError(
        .argument,
        "circles of radii \(radii) in \(image.shape); radii from 1 up in [y, x] were expected")
    }
    let (height, width) = (image.shape[0], image.shape[1])
    let places = image.elements.indices.filter { image.elements[$0] }
    var circles: [Circle] = []
    for radius in radii {
      let outline = outline(radius)
      var votes = Tensor<Float>(zeros: image.shape)
      votes.withUnsafeMutableElements { votes in
        for place in places {
          let (y, x) = (place / width, place % width)
          for (dy, dx) in outline {
            let (row, column) = (y + dy, x + dx)
            if row >= 0, row < height, column >= 0, column < width {
              votes[row * width + column] += 1
            }
          }
        }
      }
      let whole = Float(outline.count)
      let peaks = try votes.peaks(
        distance: distance, above: (Float(least) * whole).nextDown, limit: limit)
      circles += peaks.map {
        Circle(center: $0.index, radius: radius, support: Double($0.value / whole))
      }
    }
    var kept: [Circle] = []
    for circle in circles.sorted(by: { $0.support > $1.support }) {
      let isNear = kept.contains { other in
        max(abs(other.center[0] - circle.center[0]), abs(other.center[1] - circle.center[1]))
          <= distance && abs(other.radius - circle.radius) <= distance
      }
      if !isNear { kept.append(circle) }
    }
    return Array(kept.prefix(max(limit, 0)))
  }

  /// The samples of a circle about (0, 0), each once.
  private static func outline(_ radius: Int) -> [(Int, Int)] {
    var places: [[Int]: Bool] = [:]
    let steps = 8 * radius + 8
    for step in 0..<steps {
      let angle = 2 * Double.pi * Double(step) / Double(steps)
      let y = (Double(radius) * sin(angle)).rounded()
      let x = (Double(radius) * cos(angle)).rounded()
      places[[Int(y), Int(x)]] = true
    }
    return places.keys.map { ($0[0], $0[1]) }
  }
}
