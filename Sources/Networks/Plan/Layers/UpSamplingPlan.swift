import Convolutions
import Tensors

/// Images made larger, axis by axis: every output is a mean of two samples along each axis.
struct UpSamplingPlan<Scalar: ConvolutionScalar>: LayerPlan {
  /// What one output along an axis is made of.
  struct Tap: Sendable {
    let low: Int
    let high: Int
    let weight: Double
  }

  let planes: Int
  let input: Shape
  let output: Shape
  /// Per spatial axis, one entry per output.
  let taps: [[Tap]]

  init(_ layer: UpSampling, _ context: LayerContext) throws(FiltersmithError) {
    planes = context.batch * context.channels
    input = Shape(Array(context.inputs[0].dropFirst()))
    output = Shape(Array(context.output.dropFirst()))
    let factors = try layer.perAxis(layer.factors, input.rank, "factors")
    taps = zip(input, factors).map { length, factor in
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
  }

  /// Calls `body` for every row of outputs with the rows of input it mixes and their weights.
  @inline(__always)
  private func forEachRow(_ body: (_ output: Int, _ rows: [(start: Int, weight: Scalar)]) -> Void) {
    let width = output[output.rank - 1]
    var start = 0
    Shape(Array(output.dropLast())).forEachIndex { index in
      var rows: [(start: Int, weight: Scalar)] = [(0, 1)]
      for axis in index.indices {
        let tap = taps[axis][index[axis]]
        rows = rows.flatMap { row -> [(start: Int, weight: Scalar)] in
          let base = row.start * input[axis]
          guard tap.weight > 0 else { return [(base + tap.low, row.weight)] }
          return [
            (base + tap.low, row.weight * Scalar(1 - tap.weight)),
            (base + tap.high, row.weight * Scalar(tap.weight)),
          ]
        }
      }
      let length = input[input.rank - 1]
      body(start, rows.map { ($0.start * length, $0.weight) })
      start += width
    }
  }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func forward(_ pass: ForwardPass<Scalar>) {
    let (source, target) = (pass.inputs[0], pass.output)
    let (inputRun, outputRun) = (input.elementCount, output.elementCount)
    let columns = taps[taps.count - 1]
    parallelFor(planes) { plane in
      let from = source.pointer + plane * inputRun
      forEachRow { start, rows in
        let into = target.pointer + plane * outputRun + start
        for (number, row) in rows.enumerated() {
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
    let (inputRun, outputRun) = (input.elementCount, output.elementCount)
    let columns = taps[taps.count - 1]
    parallelFor(planes) { plane in
      let into = target.pointer + plane * inputRun
      into.update(repeating: 0, count: inputRun)
      forEachRow { start, rows in
        let from = gradient.pointer + plane * outputRun + start
        for row in rows {
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

extension UpSampling {
  /// The layer ready to run.
  public func plan<Scalar: ConvolutionScalar>(
    in context: LayerContext, as precision: Scalar.Type
  ) throws(FiltersmithError) -> any LayerPlan<Scalar> {
    try UpSamplingPlan<Scalar>(self, context)
  }
}
