import Convolutions
import Tensors

/// A position where an image is larger than all around it.
public struct Peak: Sendable, Hashable, Codable {
  /// The sample, in array axis order.
  public let index: [Int]
  /// The position between samples where a parabola through the sample and its neighbours along each axis
  /// has its maximum; the sample itself at the edge.
  public let position: [Double]
  /// The value of the sample.
  public let value: Float
}

extension Tensor where Element == Float {
  /// The local maxima, largest first.
  ///
  /// A sample is a peak when none within the distance, along every axis, is larger; of several equal ones
  /// within it only the first counts.
  ///
  /// - Parameters:
  ///   - distance: In samples, at least 1.
  ///   - threshold: Peaks are larger than this.
  ///   - margin: How many samples along the image's edges are left out.
  ///   - mask: Where peaks may lie; everywhere unless given.
  ///   - limit: The most peaks to return; all unless given.
  /// - Throws: ``FiltersmithError`` for another distance, no axes, or a mask of another shape.
  public func peaks(
    distance: Int = 1, above threshold: Float = 0, margin: Int = 0, mask: Tensor<Bool>? = nil,
    limit: Int? = nil
  ) throws(FiltersmithError) -> [Peak] {
    guard distance >= 1, rank >= 1, margin >= 0 else {
      throw FiltersmithError(
        .argument,
        "distance \(distance) and margin \(margin) of peaks in shape \(shape); a distance from 1 up and "
          + "a margin from 0 up were expected")
    }
    if let mask, mask.shape != shape {
      throw FiltersmithError(.shape, "mask \(mask.shape) does not fit the image \(shape)")
    }
    let highest = try maximum(
      over: .box(Array(repeating: 2 * distance + 1, count: rank)), border: .nearest)
    var candidates: [Int] = []
    withUnsafeElements { values in
      highest.withUnsafeElements { highest in
        for place in values.indices where values[place] == highest[place] {
          if values[place] > threshold, mask?.elements[place] ?? true { candidates.append(place) }
        }
      }
    }
    candidates.sort { (elements[$0], $1) > (elements[$1], $0) }
    var result: [Peak] = []
    // Only equal values can be candidates within the distance of each other.
    var equals: [[Int]] = []
    var last: Float = .nan
    for place in candidates {
      let index = shape.index(at: place)
      let isInside = Swift.zip(index, shape).allSatisfy { $0 >= margin && $0 < $1 - margin }
      guard isInside else { continue }
      if elements[place] != last { equals = [] }
      last = elements[place]
      let isTaken = equals.contains { other in
        Swift.zip(other, index).allSatisfy { abs($0 - $1) <= distance }
      }
      guard !isTaken else { continue }
      equals.append(index)
      result.append(Peak(index: index, position: refined(index, place), value: last))
      if let limit, result.count >= limit { break }
    }
    return result
  }

  /// The maximum of a parabola along each axis.
  func refined(_ index: [Int], _ place: Int) -> [Double] {
    let strides = shape.strides
    return index.indices.map { axis in
      let here = Double(index[axis])
      guard index[axis] > 0, index[axis] < shape[axis] - 1 else { return here }
      let (before, value, after) = (
        Double(elements[place - strides[axis]]), Double(elements[place]),
        Double(elements[place + strides[axis]])
      )
      let curvature = before - 2 * value + after
      guard curvature < 0 else { return here }
      return here + Swift.min(Swift.max((before - after) / (2 * curvature), -0.5), 0.5)
    }
  }
}
