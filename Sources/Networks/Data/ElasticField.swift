import ImageProcessing
import Tensors

/// A smooth random field of displacements: uniform cubic B-splines over a coarse grid.
struct ElasticField: Sendable {
  /// The displacement of every pixel along each axis, in pixels, `[D, spatial…]`.
  let displacements: Tensor<Float>

  /// The field of given control points.
  ///
  /// - Parameters:
  ///   - extents: The extents of the image.
  ///   - cells: How many cells the grid of control points has along each axis.
  ///   - control: The displacements of the control points, `[D, points…]`, `cells` + 3 points along
  ///     each axis.
  init(extents: [Int], cells: Int, control: Tensor<Float>) {
    let axes = extents.map { extent in
      AxisWeights(
        (0..<extent).map { position in
          let place = extent > 1 ? Double(position * cells) / Double(extent - 1) : 0
          let cell = min(Int(place), cells - 1)
          var weights = [Double](repeating: 0, count: 4)
          Interpolation.cubic.weights(at: place - Double(cell), into: &weights)
          return Dictionary(uniqueKeysWithValues: weights.indices.map { (cell + $0, weights[$0]) })
        }, extent: cells + 3)
    }
    displacements = SeparableResampling.run(control, [nil] + axes)
  }

  /// A random field whose control points have normal displacements of a given standard deviation.
  init(extents: [Int], cells: Int, deviation: Double, using source: inout RandomSource) {
    let grid = extents.map { _ in cells + 3 }
    let points = grid.reduce(1, *)
    var control = Tensor<Float>(zeros: Shape([extents.count] + grid))
    control.withUnsafeMutableElements { control in
      for point in 0..<points {
        for axis in extents.indices.reversed() {
          control[axis * points + point] = Float(deviation * source.normal())
        }
      }
    }
    self.init(extents: extents, cells: cells, control: control)
  }
}
