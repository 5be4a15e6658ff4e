import Convolutions
import Numerics
import Tensors

/// Bilateral filtering: an average over neighbours that are close in space and in value.
///
/// Weights are exp(−½ Σ (x_d/σ_d)²) · exp(−½ (Δs/σ_r)²) times the certainty of a sample, over a box of
/// ⌈2σ_d⌉ samples to each side (C. Tomasi and R. Manduchi, *Bilateral filtering for gray and color
/// images*, ICCV 1998).
public struct BilateralFilter: Sendable, Hashable {
  /// σ_d, one for all axes or one for each, in units of ``spacing``.
  public var spatialSigma: [Double]
  /// σ_r, in units of the image's values.
  public var rangeSigma: Double
  /// The distance between samples along each axis; 1 unless given.
  public var spacing: [Double]?

  /// A filter of the given widths.
  public init(spatialSigma: [Double] = [2], rangeSigma: Double, spacing: [Double]? = nil) {
    self.spatialSigma = spatialSigma
    self.rangeSigma = rangeSigma
    self.spacing = spacing
  }

  /// The filtered image, `[space…]`; beyond its edges there are no neighbours.
  ///
  /// - Throws: ``FiltersmithError`` when a parameter is out of range or the image is not finite.
  public func callAsFunction(_ image: Tensor<Float>) throws(FiltersmithError) -> Tensor<Float> {
    try self(MaskedImage(finite: image))
  }

  /// The filtered image; missing samples become the spatial average around them.
  ///
  /// - Throws: ``FiltersmithError`` when a parameter is out of range.
  public func callAsFunction(_ image: MaskedImage) throws(FiltersmithError) -> Tensor<Float> {
    let shape = image.values.shape
    let sigma = try FieldCheck.samples(
      spatialSigma, spacing: spacing, axes: shape.rank, "the spatial sigma")
    guard sigma.allSatisfy({ $0 > 0 && $0 <= 50 }) else {
      throw FiltersmithError(
        .argument, "the spatial sigma is \(sigma) samples; above 0 to 50 were expected")
    }
    try FieldCheck.number(rangeSigma, 1e-30...1e30, "the range sigma")
    let radii = sigma.map { max(Int((2 * $0).rounded(.up)), 1) }
    // A missing centre has no value to compare with: the average stands in for it.
    let centers = try image.filled()
    var offsets: [(steps: [Int], weight: Float)] = []
    Shape(radii.map { 2 * $0 + 1 }).forEachIndex { index in
      let steps = index.indices.map { index[$0] - radii[$0] }
      let exponent = steps.indices.reduce(0.0) {
        $0 + Double(steps[$1] * steps[$1]) / (sigma[$1] * sigma[$1])
      }
      offsets.append((steps, Float(Double.exp(-0.5 * exponent))))
    }
    let weights = offsets
    let table = RangeWeights(sigma: rangeSigma)
    let rows = shape.elementCount / shape[shape.rank - 1]
    return Tensor(uninitialized: shape) { buffer in
      let output = SharedPointer(buffer)
      reading([image.values, image.certainty, centers]) { from in
        parallelFor(rows) { row in
          Self.filter(row: row, shape, from, output, offsets: weights, table: table)
        }
      }
    }
  }

  /// Filters one row, offset by offset.
  private static func filter(
    row: Int, _ shape: Shape, _ from: [ReadOnlyPointer<Float>], _ output: SharedPointer<Float>,
    offsets: [(steps: [Int], weight: Float)], table: RangeWeights
  ) {
    let (last, width) = (shape.rank - 1, shape[shape.rank - 1])
    let start = Shape(Array(shape.dropLast())).index(at: row)
    let strides = shape.strides
    let base = row * width
    let (values, certainty, centers) = (from[0].pointer, from[1].pointer, from[2].pointer + base)
    withUnsafeTemporaryAllocation(of: Float.self, capacity: 2 * width) { sums in
      sums.initialize(repeating: 0)
      for offset in offsets {
        var place = base
        var isInside = true
        for axis in 0..<last {
          let position = start[axis] + offset.steps[axis]
          isInside = isInside && position >= 0 && position < shape[axis]
          place += offset.steps[axis] * strides[axis]
        }
        guard isInside else { continue }
        let step = offset.steps[last]
        for x in max(0, -step)..<min(width, width - step) where max(0, -step) < width {
          let neighbor = place + x + step
          let weight =
            offset.weight * certainty[neighbor] * table.weight(values[neighbor] - centers[x])
          sums[x] += weight
          sums[width + x] += weight * values[neighbor]
        }
      }
      for x in 0..<width {
        output[base + x] = sums[x] > 0 ? sums[width + x] / sums[x] : centers[x]
      }
    }
  }

  /// exp(−½ d²/σ²) from a table, linear between its entries.
  private struct RangeWeights: Sendable {
    private static let entries = 1024
    private static let reach = 4.0
    private let table: [Float]
    private let scale: Float

    init(sigma: Double) {
      let (entries, reach) = (Self.entries, Self.reach)
      scale = Float(Double(entries) / (reach * sigma))
      table = (0...entries + 1).map { entry in
        let distance = reach * Double(entry) / Double(entries)
        return entry >= entries ? 0 : Float(Double.exp(-0.5 * distance * distance))
      }
    }

    @inline(__always)
    func weight(_ difference: Float) -> Float {
      let place = min(abs(difference) * scale, Float(Self.entries))
      let entry = Int(place)
      return table.withUnsafeBufferPointer { table in
        table[entry] + (place - Float(entry)) * (table[entry + 1] - table[entry])
      }
    }
  }
}
