import Convolutions
import Foundation
import Tensors

/// How the distance between samples is measured.
public enum DistanceMetric: String, Sendable, Hashable, CaseIterable {
  /// √(Σ d²), exactly.
  case euclidean
  /// Σ |d|, steps along the axes.
  case taxicab
  /// max |d|, steps along the axes and diagonals.
  case chessboard
}

extension Tensor where Element == Bool {
  /// The distance of every true sample from the nearest false one; 0 at false samples.
  ///
  /// Infinite where there is no false sample. All metrics are exact; for the Euclidean distance the lower
  /// envelope of parabolas is found along each axis in turn (Felzenszwalb and Huttenlocher 2012).
  ///
  /// - Parameters:
  ///   - metric: How distances are measured.
  ///   - spacing: The distances between samples, one per axis; 1 unless given.
  /// - Throws: ``FiltersmithError`` when there is not one positive distance per axis.
  public func distances(
    _ metric: DistanceMetric = .euclidean, spacing: [Double]? = nil
  ) throws(FiltersmithError) -> Tensor<Float> {
    let spacing = try spacingPerAxis(spacing, axes: rank)
    guard rank > 0, count > 0 else { return map { $0 ? .infinity : 0 } }
    var result = DistanceLines.alongRows(self, spacing: spacing[rank - 1], metric)
    for axis in (0..<rank - 1).reversed() {
      DistanceLines.across(&result, axis: axis, spacing: spacing[axis], metric)
    }
    if metric == .euclidean { DistanceLines.takeRoots(&result) }
    return result
  }
}

/// Distances along lines.
private enum DistanceLines {
  /// The distance to the nearest false sample of the same row, squared for the Euclidean metric.
  static func alongRows(
    _ image: Tensor<Bool>, spacing: Double, _ metric: DistanceMetric
  ) -> Tensor<Float> {
    let width = image.shape[image.rank - 1]
    let rows = image.count / width
    let step = Float(spacing)
    let isSquared = metric == .euclidean
    return Tensor(uninitialized: image.shape) { buffer in
      let output = SharedPointer(buffer)
      image.withUnsafeElements { source in
        let source = ReadOnlyPointer(source)
        parallelFor(rows, grain: 16) { row in
          let (from, to) = (source.pointer + row * width, output.pointer + row * width)
          var distance = Float.infinity
          for x in 0..<width {
            distance = from[x] ? distance + 1 : 0
            (to + x).initialize(to: distance)
          }
          distance = .infinity
          for x in stride(from: width - 1, through: 0, by: -1) {
            distance = from[x] ? distance + 1 : 0
            let value = min(distance, to[x]) * step
            to[x] = isSquared ? value * value : value
          }
        }
      }
    }
  }

  /// The distance with one more axis, in place.
  static func across(
    _ image: inout Tensor<Float>, axis: Int, spacing: Double, _ metric: DistanceMetric
  ) {
    let shape = image.shape
    let extent = shape[axis]
    guard extent > 1 else { return }
    let inner = shape.dimensions[(axis + 1)...].reduce(1, *)
    let lanes = 16
    let blocks = (inner + lanes - 1) / lanes
    image.withUnsafeMutableElements { elements in
      let data = SharedPointer(elements)
      parallelFor(shape.elementCount / (extent * inner) * blocks) { piece in
        let first = piece % blocks * lanes
        let used = min(lanes, inner - first)
        let start = data.pointer + piece / blocks * extent * inner + first
        // Lines side by side become lines one after another, and back.
        withScratch(Float.self, count: 2 * extent * lanes) { lines in
          withScratch(Int32.self, count: extent + 1) { places in
            withScratch(Double.self, count: extent + 1) { bounds in
              for position in 0..<extent {
                let row = start + position * inner
                for lane in 0..<used { lines[lane * extent + position] = row[lane] }
              }
              let results = lines + extent * lanes
              for lane in 0..<used {
                let (line, result) = (lines + lane * extent, results + lane * extent)
                switch metric {
                case .euclidean: envelope(line, extent, spacing, places, bounds, result)
                case .taxicab: sum(line, extent, Float(spacing), result)
                case .chessboard: largest(line, extent, spacing, result)
                }
              }
              for position in 0..<extent {
                let row = start + position * inner
                for lane in 0..<used { row[lane] = results[lane * extent + position] }
              }
            }
          }
        }
      }
    }
  }

  /// min over q of (s (p − q))² + f(q): the lower envelope of parabolas.
  @inline(__always)
  private static func envelope(
    _ f: UnsafePointer<Float>, _ extent: Int, _ spacing: Double,
    _ places: UnsafeMutablePointer<Int32>, _ bounds: UnsafeMutablePointer<Double>,
    _ result: UnsafeMutablePointer<Float>
  ) {
    let square = spacing * spacing
    let scale = 0.5 / square
    var last = -1
    for q in 0..<extent where f[q] < .infinity {
      let height = Double(f[q]) + square * Double(q * q)
      var bound = -Double.infinity
      while last >= 0 {
        let p = Int(places[last])
        let other = Double(f[p]) + square * Double(p * p)
        bound = (height - other) * scale / Double(q - p)
        if bound > bounds[last] { break }
        last -= 1
        bound = -.infinity
      }
      last += 1
      places[last] = Int32(q)
      bounds[last] = bound
    }
    guard last >= 0 else { return result.update(repeating: .infinity, count: extent) }
    var piece = 0
    for p in 0..<extent {
      while piece < last, bounds[piece + 1] < Double(p) { piece += 1 }
      let q = Int(places[piece])
      let distance = Double(p - q)
      result[p] = Float(square * distance * distance + Double(f[q]))
    }
  }

  /// min over q of s |p − q| + f(q).
  @inline(__always)
  private static func sum(
    _ f: UnsafePointer<Float>, _ extent: Int, _ step: Float, _ result: UnsafeMutablePointer<Float>
  ) {
    var distance = Float.infinity
    for p in 0..<extent {
      distance = min(distance + step, f[p])
      result[p] = distance
    }
    for p in stride(from: extent - 1, through: 0, by: -1) {
      distance = min(distance + step, result[p])
      result[p] = distance
    }
  }

  /// min over q of max(s |p − q|, f(q)): only what is nearer in the line than the best found so far needs
  /// to be examined.
  @inline(__always)
  private static func largest(
    _ f: UnsafePointer<Float>, _ extent: Int, _ spacing: Double,
    _ result: UnsafeMutablePointer<Float>
  ) {
    for p in 0..<extent {
      var best = f[p]
      var offset = 1
      while offset < extent {
        let distance = Float(spacing * Double(offset))
        if distance >= best { break }
        if p - offset >= 0 { best = min(best, max(distance, f[p - offset])) }
        if p + offset < extent { best = min(best, max(distance, f[p + offset])) }
        offset += 1
      }
      result[p] = best
    }
  }

  static func takeRoots(_ image: inout Tensor<Float>) {
    image.withUnsafeMutableElements { elements in
      let (data, count) = (SharedPointer(elements), elements.count)
      parallelFor((count + 16383) / 16384) { block in
        for index in block * 16384..<min((block + 1) * 16384, count) {
          data[index] = data[index].squareRoot()
        }
      }
    }
  }
}
