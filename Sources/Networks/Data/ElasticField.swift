import Tensors

/// A smooth random field of displacements: uniform cubic B-splines over a coarse grid.
struct ElasticField: Sendable {
  /// The weights of the four control points about each pixel along an axis, and the first of them.
  private struct Weights: Sendable {
    var first: [Int] = []
    var weights: [SIMD4<Double>] = []

    init(extent: Int, cells: Int) {
      for position in 0..<extent {
        let place = extent > 1 ? Double(position * cells) / Double(extent - 1) : 0
        let cell = min(Int(place), cells - 1)
        let t = place - Double(cell)
        let (square, cube) = (t * t, t * t * t)
        first.append(cell)
        weights.append(
          SIMD4(
            1 - 3 * t + 3 * square - cube, 4 - 6 * square + 3 * cube,
            1 + 3 * t + 3 * square - 3 * cube, cube) / 6)
      }
    }
  }

  /// The displacements of one row of pixels' control points.
  struct Row {
    fileprivate var control: [SIMD4<Double>]
    fileprivate let along: [(first: Int, weights: SIMD4<Double>)]

    /// The displacement in pixels, its components along x, y, z, t.
    @inline(__always)
    func displacement(at x: Int) -> SIMD4<Double> {
      let (first, weights) = along[x]
      return weights[0] * control[first] + weights[1] * control[first + 1]
        + weights[2] * control[first + 2] + weights[3] * control[first + 3]
    }
  }

  private let axes: [Weights]
  /// Control points, in row-major order, their components along x, y, z, t.
  private let control: [SIMD4<Double>]
  private let strides: [Int]
  private let points: Int

  /// A field of given control points, `cells` + 3 along each axis, in row-major order, their
  /// components along x, y, z, t.
  init(extents: [Int], cells: Int, control: [SIMD4<Double>]) {
    axes = extents.map { Weights(extent: $0, cells: cells) }
    points = cells + 3
    strides = Shape([Int](repeating: points, count: extents.count)).strides
    self.control = control
  }

  /// A random field whose control points are displaced by normal numbers of a standard deviation.
  init(extents: [Int], cells: Int, deviation: Double, using source: inout RandomSource) {
    var control: [SIMD4<Double>] = []
    for _ in 0..<extents.reduce(1, { product, _ in product * (cells + 3) }) {
      var displacement = SIMD4<Double>()
      for axis in extents.indices { displacement[axis] = deviation * source.normal() }
      control.append(displacement)
    }
    self.init(extents: extents, cells: cells, control: control)
  }

  /// Room for the control points of a row.
  func row() -> Row {
    let last = axes[axes.count - 1]
    return Row(
      control: [SIMD4<Double>](repeating: SIMD4(), count: points),
      along: last.first.indices.map { (last.first[$0], last.weights[$0]) })
  }

  /// Sums up the control points that act on the row of pixels at an index of all axes but the last.
  func move(_ row: inout Row?, to index: [Int]) {
    var taps: [(offset: Int, weight: Double)] = [(0, 1)]
    for (axis, position) in index.enumerated() {
      let (first, weights) = (axes[axis].first[position], axes[axis].weights[position])
      taps = taps.flatMap { tap in
        (0..<4).map {
          (tap.offset + (first + $0) * strides[axis], tap.weight * weights[$0])
        }
      }
    }
    for point in 0..<points {
      row?.control[point] = taps.reduce(SIMD4()) { $0 + $1.weight * control[$1.offset + point] }
    }
  }
}
