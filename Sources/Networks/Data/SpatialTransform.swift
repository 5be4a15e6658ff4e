import Foundation
import Tensors

/// An affine map from the pixels of a result to places in an image, in one to four dimensions.
///
/// Pixel p of the result shows the image at c + A (p − c) + b, where c is the middle of the image.
/// Beyond the border the nearest pixel counts.
struct SpatialTransform: Sendable {
  /// The extents of image and result.
  let extents: [Int]
  private let spacing: [Double]
  /// A, row by row.
  private var matrix: [[Double]]
  /// b.
  private var offset: [Double]

  /// The map that changes nothing.
  init(extents: [Int], spacing: [Double]) {
    self.extents = extents
    self.spacing = spacing
    matrix = extents.indices.map { row in extents.indices.map { $0 == row ? 1 : 0 } }
    offset = [Double](repeating: 0, count: extents.count)
  }

  /// Turns what is shown in the plane of two axes, about the middle, from the first towards the
  /// second, as NumPy's `rot90` does.
  mutating func rotate(_ first: Int, _ second: Int, radians: Double) {
    // Quarter turns are exact.
    func exact(_ value: Double) -> Double { abs(value) < 1e-15 ? 0 : value }
    let (cosine, sine) = (exact(cos(radians)), exact(sin(radians)))
    // Distances, not pixels, are turned.
    let ratio = spacing[second] / spacing[first]
    var turn = SpatialTransform(extents: extents, spacing: spacing).matrix
    turn[first][first] = cosine
    turn[first][second] = sine * ratio
    turn[second][first] = -sine / ratio
    turn[second][second] = cosine
    multiply(by: turn)
  }

  /// Enlarges what is shown by a factor, about the middle.
  mutating func scale(by factor: Double) {
    for row in matrix.indices { for column in matrix.indices { matrix[row][column] /= factor } }
  }

  /// Moves what is shown along an axis, by a number of pixels.
  mutating func shift(_ axis: Int, by pixels: Double) { offset[axis] -= pixels }

  private mutating func multiply(by right: [[Double]]) {
    let left = matrix
    for row in matrix.indices {
      for column in matrix.indices {
        matrix[row][column] = matrix.indices.reduce(0) { $0 + left[row][$1] * right[$1][column] }
      }
    }
  }

  /// The image `[channels, spatial…]` as the map shows it, by linear interpolation.
  func sampled(_ image: Tensor<Float>, _ displacement: ElasticField?) -> Tensor<Float> {
    let channels = image.shape[0]
    let size = image.count / max(channels, 1)
    let rank = extents.count
    let strides = Shape(extents).strides
    return Tensor(uninitialized: image.shape) { target in
      image.withUnsafeElements { source in
        var corners = [Int](repeating: 0, count: 1 << rank)
        var weights = [Float](repeating: 0, count: 1 << rank)
        forEachPixel(displacement) { pixel, place in
          var count = 1
          corners[0] = 0
          weights[0] = 1
          for axis in 0..<rank {
            let position = min(max(place[axis], 0), Double(extents[axis] - 1))
            let lower = Int(position)
            let fraction = Float(position - Double(lower))
            let step = lower + 1 < extents[axis] ? strides[axis] : 0
            let start = lower * strides[axis]
            for corner in 0..<count {
              corners[count + corner] = corners[corner] + start + step
              weights[count + corner] = weights[corner] * fraction
              corners[corner] += start
              weights[corner] *= 1 - fraction
            }
            count *= 2
          }
          for channel in 0..<channels {
            let base = channel * size
            var sum: Float = 0
            for corner in 0..<count { sum += weights[corner] * source[base + corners[corner]] }
            target.initializeElement(at: base + pixel, to: sum)
          }
        }
      }
    }
  }

  /// The label map `[spatial…]` as the map shows it, by the nearest pixel.
  func sampledNearest(_ labels: Tensor<UInt8>, _ displacement: ElasticField?) -> Tensor<UInt8> {
    let strides = Shape(extents).strides
    return Tensor(uninitialized: labels.shape) { target in
      labels.withUnsafeElements { source in
        forEachPixel(displacement) { pixel, place in
          var offset = 0
          for axis in extents.indices {
            let position = min(max(place[axis], 0), Double(extents[axis] - 1))
            offset += Int((position + 0.5).rounded(.down)) * strides[axis]
          }
          target.initializeElement(at: pixel, to: source[offset])
        }
      }
    }
  }

  /// Calls `body` with every pixel of the result, in row-major order, and the place that it shows.
  @inline(__always)
  private func forEachPixel(
    _ displacement: ElasticField?, _ body: (_ pixel: Int, _ place: SIMD4<Double>) -> Void
  ) {
    let rank = extents.count
    guard extents.allSatisfy({ $0 > 0 }), let width = extents.last else { return }
    var middle = SIMD4<Double>()
    var columns = [SIMD4<Double>](repeating: SIMD4(), count: rank)
    for axis in 0..<rank {
      middle[axis] = Double(extents[axis] - 1) / 2
      for row in 0..<rank { columns[axis][row] = matrix[row][axis] }
    }
    var pixel = 0
    var bend = displacement?.row()
    Shape(Array(extents.dropLast())).forEachIndex { index in
      var start = middle
      for axis in 0..<rank - 1 { start += (Double(index[axis]) - middle[axis]) * columns[axis] }
      for axis in 0..<rank { start[axis] += offset[axis] }
      if let displacement { displacement.move(&bend, to: index) }
      for x in 0..<width {
        var place = start + (Double(x) - middle[rank - 1]) * columns[rank - 1]
        if let bend { place += bend.displacement(at: x) }
        body(pixel, place)
        pixel += 1
      }
    }
  }
}
