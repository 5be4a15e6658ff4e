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
    let (rank, lattice) = (extents.count, Lattice(extents))
    @inline(__always)
    func between(_ low: Float, _ high: Float, _ weight: Float) -> Float {
      low * (1 - weight) + high * weight
    }
    return Tensor(uninitialized: image.shape) { target in
      image.withUnsafeElements { source in
        forEachPixel(displacement) { pixel, place in
          let x = lattice.neighbors(place, lane: 0)
          let y = lattice.neighbors(place, lane: 1)
          @inline(__always)
          func line(_ start: Int) -> Float {
            between(source[start + x.low], source[start + x.high], x.weight)
          }
          @inline(__always)
          func plane(_ start: Int) -> Float {
            between(line(start + y.low), line(start + y.high), y.weight)
          }
          for channel in 0..<channels {
            let start = channel * size
            let value: Float
            switch rank {
            case 1: value = line(start)
            case 2: value = plane(start)
            default:
              let z = lattice.neighbors(place, lane: 2)
              let t = lattice.neighbors(place, lane: 3)
              let first = between(
                plane(start + t.low + z.low), plane(start + t.low + z.high), z.weight)
              if rank == 3 {
                value = first
              } else {
                let second = between(
                  plane(start + t.high + z.low), plane(start + t.high + z.high), z.weight)
                value = between(first, second, t.weight)
              }
            }
            target.initializeElement(at: start + pixel, to: value)
          }
        }
      }
    }
  }

  /// The label map `[spatial…]` as the map shows it, by the nearest pixel.
  func sampledNearest(_ labels: Tensor<UInt8>, _ displacement: ElasticField?) -> Tensor<UInt8> {
    let lattice = Lattice(extents)
    return Tensor(uninitialized: labels.shape) { target in
      labels.withUnsafeElements { source in
        forEachPixel(displacement) { pixel, place in
          let offset =
            lattice.nearest(place, lane: 0) + lattice.nearest(place, lane: 1)
            + lattice.nearest(place, lane: 2) + lattice.nearest(place, lane: 3)
          target.initializeElement(at: pixel, to: source[offset])
        }
      }
    }
  }

  /// Where pixels lie in memory.
  ///
  /// Lanes count axes from the last: x, y, z, t; those that there are not have one pixel.
  private struct Lattice {
    private var strides = SIMD4<Int>()
    private var last = SIMD4<Double>()

    init(_ extents: [Int]) {
      for (axis, stride) in Shape(extents).strides.enumerated() {
        strides[extents.count - 1 - axis] = stride
        last[extents.count - 1 - axis] = Double(extents[axis] - 1)
      }
    }

    /// The offsets of the pixels on both sides of a place along an axis, and the second's weight.
    @inline(__always)
    func neighbors(
      _ place: SIMD4<Double>, lane: Int
    ) -> (low: Int, high: Int, weight: Float) {
      let position = min(max(place[lane], 0), last[lane])
      // Numbers from 0 up: cutting off is rounding down.
      let lower = Int(position)
      let low = lower * strides[lane]
      let high = position >= last[lane] ? low : low + strides[lane]
      return (low, high, Float(position - Double(lower)))
    }

    /// The offset of the pixel nearest to a place along an axis.
    @inline(__always)
    func nearest(_ place: SIMD4<Double>, lane: Int) -> Int {
      Int(min(max(place[lane], 0), last[lane]) + 0.5) * strides[lane]
    }
  }

  /// Calls `body` with every pixel of the result, in row-major order, and the place that it shows,
  /// whose components are x, y, z, t.
  @inline(__always)
  private func forEachPixel(
    _ displacement: ElasticField?, _ body: (_ pixel: Int, _ place: SIMD4<Double>) -> Void
  ) {
    let rank = extents.count
    guard extents.allSatisfy({ $0 > 0 }), let width = extents.last else { return }
    let middle = extents.map { Double($0 - 1) / 2 }
    var origin = SIMD4<Double>()
    var columns = [SIMD4<Double>](repeating: SIMD4(), count: rank)
    for axis in 0..<rank {
      origin[rank - 1 - axis] = middle[axis]
      for row in 0..<rank { columns[axis][rank - 1 - row] = matrix[row][axis] }
    }
    let (center, step) = (middle[rank - 1], columns[rank - 1])
    var pixel = 0
    var bend = displacement?.row()
    Shape(Array(extents.dropLast())).forEachIndex { index in
      var start = origin
      for axis in 0..<rank - 1 { start += (Double(index[axis]) - middle[axis]) * columns[axis] }
      for axis in 0..<rank { start[rank - 1 - axis] += offset[axis] }
      if let displacement { displacement.move(&bend, to: index) }
      for x in 0..<width {
        var place = start + (Double(x) - center) * step
        if let bend { place += bend.displacement(at: x) }
        body(pixel, place)
        pixel += 1
      }
    }
  }
}

extension Tensor where Element == Float {
  /// A planar image `[channels, y, x]` turned about its middle from y towards x, by linear
  /// interpolation; beyond the border the nearest pixel counts.
  package func turned(radians: Double) -> Tensor {
    guard rank == 3, radians != 0 else { return self }
    var transform = SpatialTransform(extents: Array(shape.dropFirst()), spacing: [1, 1])
    transform.rotate(0, 1, radians: radians)
    return transform.sampled(self, nil)
  }
}
