import Convolutions
import Tensors

/// Makes an image larger by whole factors.
///
/// `[channels, spatial…]` → `[channels, factor · spatial…]`. Linear interpolation places samples as
/// Keras and PyTorch (`align_corners=False`) do: centres of pixels, edges repeated.
public struct UpSampling: Layer {
  /// `upSampling`.
  public static let kind = "upSampling"

  /// How values between samples are interpolated.
  public enum Interpolation: String, Sendable, Hashable, Codable, CaseIterable {
    /// The nearest sample.
    case nearest
    /// Linear along every axis.
    case linear
  }

  /// The factor per spatial axis; one value serves all axes.
  public var factors: [Int]
  /// How values between samples are interpolated.
  public var interpolation: Interpolation

  /// A layer that makes images larger.
  public init(_ factors: [Int], interpolation: Interpolation = .nearest) {
    self.factors = factors
    self.interpolation = interpolation
  }

  /// Checks the options.
  ///
  /// - Throws: ``FiltersmithError`` that names the option which is out of range.
  public func checkOptions() throws(FiltersmithError) {
    try check(factors, named: "factors")
  }

  /// `[channels, factor · spatial…]`.
  public func outputShape(for inputs: [Shape]) throws(FiltersmithError) -> Shape {
    try checkOptions()
    let input = try singleImage(inputs)
    let factors = try perAxis(factors, input.rank - 1, "factors")
    return Shape([input[0]] + zip(input.dropFirst(), factors).map { $0 * $1 })
  }

  /// The layer ready to run.
  public func plan<Scalar: ConvolutionScalar>(
    in context: LayerContext, as precision: Scalar.Type
  ) throws(FiltersmithError) -> any LayerPlan<Scalar> {
    try UpSamplingPlan<Scalar>(self, context)
  }
}

/// Images made larger, axis by axis: every output is a mean of two samples along each axis.
struct UpSamplingPlan<Scalar: ConvolutionScalar>: LayerPlan {
  /// The two samples that an output along an axis is a mean of.
  struct Tap: Sendable {
    let low: Int
    let high: Int
    let weight: Double
  }

  /// A row of input and its weight in an output row.
  struct Row: Sendable {
    let start: Int
    let weight: Scalar
  }

  let planes: Int
  /// The values in a channel of the input.
  let inputRun: Int
  /// For every row of outputs, the input rows it mixes.
  let rows: [[Row]]
  /// For every output of a row, the columns it mixes.
  let columns: [Tap]

  init(_ layer: UpSampling, _ context: LayerContext) throws(FiltersmithError) {
    planes = context.batch * context.channels
    let input = Array(context.inputs[0].dropFirst())
    let last = input.count - 1
    let factors = try layer.perAxis(layer.factors, input.count, "factors")
    let taps = zip(input, factors).map { length, factor in
      (0..<length * factor).map { index in
        if layer.interpolation == .nearest {
          return Tap(low: index / factor, high: index / factor, weight: 0)
        }
        let center = (Double(index) + 0.5) / Double(factor) - 0.5
        let place = min(max(center, 0), Double(length - 1))
        let low = Int(place)
        return Tap(low: low, high: min(low + 1, length - 1), weight: place - Double(low))
      }
    }
    inputRun = input.reduce(1, *)
    columns = taps[last]
    var rows: [[Row]] = []
    Shape(taps.dropLast().map(\.count)).forEachIndex { index in
      var mixed = [Row(start: 0, weight: 1)]
      for axis in index.indices {
        let tap = taps[axis][index[axis]]
        mixed = mixed.flatMap { row in
          let base = row.start * input[axis]
          guard tap.weight > 0 else { return [Row(start: base + tap.low, weight: row.weight)] }
          return [
            Row(start: base + tap.low, weight: row.weight * Scalar(1 - tap.weight)),
            Row(start: base + tap.high, weight: row.weight * Scalar(tap.weight)),
          ]
        }
      }
      rows.append(mixed.map { Row(start: $0.start * input[last], weight: $0.weight) })
    }
    self.rows = rows
  }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func forward(_ pass: ForwardPass<Scalar>) {
    let (source, target) = (pass.inputs[0], pass.output)
    let (inputRun, rows, columns) = (inputRun, rows, columns)
    parallelFor(planes) { plane in
      let from = source.pointer + plane * inputRun
      for (index, mixed) in rows.enumerated() {
        let into = target.pointer + (plane * rows.count + index) * columns.count
        for (number, row) in mixed.enumerated() {
          for (column, tap) in columns.enumerated() {
            let (low, high) = (from[row.start + tap.low], from[row.start + tap.high])
            let value = row.weight * (low + Scalar(tap.weight) * (high - low))
            into[column] = number == 0 ? value : into[column] + value
          }
        }
      }
    }
  }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func backward(_ pass: BackwardPass<Scalar>) {
    guard let target = pass.inputGradients[0] else { return }
    let gradient = pass.outputGradient
    let (inputRun, rows, columns) = (inputRun, rows, columns)
    parallelFor(planes) { plane in
      let into = target.pointer + plane * inputRun
      into.update(repeating: 0, count: inputRun)
      for (index, mixed) in rows.enumerated() {
        let from = gradient.pointer + (plane * rows.count + index) * columns.count
        for row in mixed {
          for (column, tap) in columns.enumerated() {
            let value = row.weight * from[column]
            into[row.start + tap.low] += (1 - Scalar(tap.weight)) * value
            into[row.start + tap.high] += Scalar(tap.weight) * value
          }
        }
      }
    }
  }
}
