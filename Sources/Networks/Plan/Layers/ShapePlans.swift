import Convolutions
import Tensors

/// The input under another shape.
struct ViewPlan<Scalar: ConvolutionScalar>: LayerPlan {
  let count: Int
  var isView: Bool { true }
  var canPassGradientInPlace: Bool { true }

  func forward(_ pass: ForwardPass<Scalar>) {
    if pass.inputs[0].pointer != pass.output.pointer {
      pass.output.pointer.update(from: pass.inputs[0].pointer, count: count)
    }
  }

  func backward(_ pass: BackwardPass<Scalar>) {
    guard let target = pass.inputGradients[0], target.pointer != pass.outputGradient.pointer
    else { return }
    target.pointer.update(from: pass.outputGradient.pointer, count: count)
  }
}

extension Flatten {
  /// The layer ready to run.
  public func plan<Scalar: ConvolutionScalar>(
    in context: LayerContext, as precision: Scalar.Type
  ) throws(FiltersmithError) -> any LayerPlan<Scalar> { ViewPlan(count: context.outputCount) }
}

extension Reshape {
  /// The layer ready to run.
  public func plan<Scalar: ConvolutionScalar>(
    in context: LayerContext, as precision: Scalar.Type
  ) throws(FiltersmithError) -> any LayerPlan<Scalar> { ViewPlan(count: context.outputCount) }
}

/// A box of an array, every `step`-th sample of it, that lies somewhere in another array.
struct BoxCopy: Sendable {
  let source: Shape
  let target: Shape
  /// The extents of the box in the target.
  let extents: Shape
  /// Where the box starts in the source.
  let from: [Int]
  /// Where the box starts in the target.
  let into: [Int]
  /// The step in the source along every axis.
  let step: [Int]

  init(
    _ source: Shape, _ target: Shape, extents: Shape, from: [Int]? = nil, into: [Int]? = nil,
    step: [Int]? = nil
  ) {
    self.source = source
    self.target = target
    self.extents = extents
    self.from = from ?? [Int](repeating: 0, count: source.rank)
    self.into = into ?? [Int](repeating: 0, count: source.rank)
    self.step = step ?? [Int](repeating: 1, count: source.rank)
  }

  /// Calls `body` with the first elements of corresponding rows.
  func forEachRow(_ body: (_ from: Int, _ into: Int) -> Void) {
    let (sourceStrides, targetStrides) = (source.strides, target.strides)
    let last = extents.rank - 1
    Shape(Array(extents.dropLast())).forEachIndex { index in
      var (here, there) = (from[last], into[last])
      for axis in 0..<last {
        here += (from[axis] + index[axis] * step[axis]) * sourceStrides[axis]
        there += (into[axis] + index[axis]) * targetStrides[axis]
      }
      body(here, there)
    }
  }
}

/// Boxes of the inputs put into an output that is zero elsewhere.
struct BoxCopyPlan<Scalar: ConvolutionScalar>: LayerPlan {
  let batch: Int
  /// One per input that is read.
  let boxes: [BoxCopy]
  /// Where the rows of each box start in its input and in the output.
  private let rows: [[(from: Int, into: Int)]]
  private let coversOutput: Bool
  private let coversInput: [Bool]

  init(batch: Int, boxes: [BoxCopy]) {
    self.batch = batch
    self.boxes = boxes
    rows = boxes.map { box in
      var rows: [(from: Int, into: Int)] = []
      box.forEachRow { rows.append((from: $0, into: $1)) }
      return rows
    }
    let covered = boxes.reduce(0) { $0 + $1.extents.elementCount }
    coversOutput = covered == boxes[0].target.elementCount
    coversInput = boxes.map { $0.extents.elementCount == $0.source.elementCount }
  }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func forward(_ pass: ForwardPass<Scalar>) {
    let (output, boxes, rows) = (pass.output, boxes, rows)
    let length = boxes[0].target.elementCount
    parallelFor(batch) { sample in
      let target = output.pointer + sample * length
      if !coversOutput { target.update(repeating: 0, count: length) }
      for (input, box) in boxes.enumerated() {
        let source = pass.inputs[input].pointer + sample * box.source.elementCount
        let (count, step) = (box.extents[box.extents.rank - 1], box.step[box.extents.rank - 1])
        for row in rows[input] {
          if step == 1 {
            (target + row.into).update(from: source + row.from, count: count)
          } else {
            for place in 0..<count { target[row.into + place] = source[row.from + place * step] }
          }
        }
      }
    }
  }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func backward(_ pass: BackwardPass<Scalar>) {
    let (gradient, boxes, rows) = (pass.outputGradient, boxes, rows)
    let length = boxes[0].target.elementCount
    parallelFor(batch) { sample in
      let source = gradient.pointer + sample * length
      for (input, box) in boxes.enumerated() {
        guard let whole = pass.inputGradients[input] else { continue }
        let target = whole.pointer + sample * box.source.elementCount
        if !coversInput[input] { target.update(repeating: 0, count: box.source.elementCount) }
        let (count, step) = (box.extents[box.extents.rank - 1], box.step[box.extents.rank - 1])
        for row in rows[input] {
          if step == 1 {
            (target + row.from).update(from: source + row.into, count: count)
          } else {
            for place in 0..<count { target[row.from + place * step] = source[row.into + place] }
          }
        }
      }
      // Inputs that are read for their shape only.
      for input in boxes.count..<max(pass.inputGradients.count, boxes.count) {
        precondition(pass.inputGradients[input] == nil, "an input without numbers has no gradient")
      }
    }
  }
}

extension ZeroPadding {
  /// The layer ready to run.
  public func plan<Scalar: ConvolutionScalar>(
    in context: LayerContext, as precision: Scalar.Type
  ) throws(FiltersmithError) -> any LayerPlan<Scalar> {
    let input = context.inputs[0]
    let before = try perAxis(before, input.rank - 1, "padding")
    return BoxCopyPlan<Scalar>(
      batch: context.batch,
      boxes: [BoxCopy(input, context.output, extents: input, into: [0] + before)])
  }
}

extension Cropping {
  /// The layer ready to run.
  public func plan<Scalar: ConvolutionScalar>(
    in context: LayerContext, as precision: Scalar.Type
  ) throws(FiltersmithError) -> any LayerPlan<Scalar> {
    let input = context.inputs[0]
    let before = try perAxis(before, input.rank - 1, "cropping")
    return BoxCopyPlan<Scalar>(
      batch: context.batch,
      boxes: [BoxCopy(input, context.output, extents: context.output, from: [0] + before)])
  }
}

extension CropToMatch {
  /// The layer ready to run.
  public func plan<Scalar: ConvolutionScalar>(
    in context: LayerContext, as precision: Scalar.Type
  ) throws(FiltersmithError) -> any LayerPlan<Scalar> {
    let input = context.inputs[0]
    let before = zip(input, context.output).map { ($0 - $1) / 2 }
    return BoxCopyPlan<Scalar>(
      batch: context.batch,
      boxes: [BoxCopy(input, context.output, extents: context.output, from: before)])
  }

  /// The second input is read for its shape only.
  public var differentiableInputs: Int? { 1 }
}

extension SubsampleAndPadChannels {
  /// The layer ready to run.
  public func plan<Scalar: ConvolutionScalar>(
    in context: LayerContext, as precision: Scalar.Type
  ) throws(FiltersmithError) -> any LayerPlan<Scalar> {
    let (input, output) = (context.inputs[0], context.output)
    let axes = input.rank - 1
    return BoxCopyPlan<Scalar>(
      batch: context.batch,
      boxes: [
        BoxCopy(
          input, output, extents: output.replacing(axis: 0, with: input[0]),
          into: [(output[0] - input[0]) / 2] + [Int](repeating: 0, count: axes),
          step: [1] + [Int](repeating: stride, count: axes))
      ])
  }
}

extension Concatenate {
  /// The layer ready to run.
  public func plan<Scalar: ConvolutionScalar>(
    in context: LayerContext, as precision: Scalar.Type
  ) throws(FiltersmithError) -> any LayerPlan<Scalar> {
    // Channels are outermost, so that each input is one run of numbers.
    var start = 0
    let total: Shape = [context.output.elementCount]
    let boxes = context.inputs.map { input in
      defer { start += input.elementCount }
      let run: Shape = [input.elementCount]
      return BoxCopy(run, total, extents: run, into: [start])
    }
    return BoxCopyPlan<Scalar>(batch: context.batch, boxes: boxes)
  }
}

/// The sum of all inputs, with an activation in the same pass.
struct AddPlan<Scalar: ConvolutionScalar>: LayerPlan {
  let count: Int
  let inputs: Int
  var activation = Activation.identity

  var canRunInPlace: Bool { true }
  var canPassGradientInPlace: Bool { true }

  func fusing(_ activation: Activation) -> Self? {
    var fused = self
    fused.activation = activation
    return fused
  }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func forward(_ pass: ForwardPass<Scalar>) {
    let (first, output, activation) = (pass.inputs[0], pass.output, activation)
    forEachPart(count) { part in
      if inputs == 1 {
        for place in part { output[place] = first[place] }
      }
      for index in 1..<max(inputs, 1) {
        let (left, right) = (index == 1 ? first : output, pass.inputs[index])
        for place in part { output[place] = left[place] + right[place] }
      }
      switch activation {
      case .identity: break
      case .relu: for place in part { output[place] = max(output[place], 0) }
      case .leakyReLU(let slope):
        let slope = Scalar(slope)
        for place in part where output[place] < 0 { output[place] *= slope }
      }
    }
  }

  func backward(_ pass: BackwardPass<Scalar>) {
    let gradient = pass.outputGradient
    for target in pass.inputGradients {
      guard let target, target.pointer != gradient.pointer else { continue }
      forEachPart(count) { part in
        (target.pointer + part.lowerBound).update(
          from: gradient.pointer + part.lowerBound, count: part.count)
      }
    }
  }
}

extension Add {
  /// The layer ready to run.
  public func plan<Scalar: ConvolutionScalar>(
    in context: LayerContext, as precision: Scalar.Type
  ) throws(FiltersmithError) -> any LayerPlan<Scalar> {
    AddPlan<Scalar>(count: context.outputCount, inputs: context.inputs.count)
  }
}

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
