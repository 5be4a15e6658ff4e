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
        Rows.scale(
          first.pointer + part.lowerBound, by: 1, offset: 0, activation,
          into: output.pointer + part.lowerBound, part.count)
      }
      for index in 1..<max(inputs, 1) {
        let (left, right) = (index == 1 ? first : output, pass.inputs[index])
        Rows.add(
          left.pointer + part.lowerBound, right.pointer + part.lowerBound,
          index == inputs - 1 ? activation : .identity, into: output.pointer + part.lowerBound,
          part.count)
      }
    }
  }

  func backward(_ pass: BackwardPass<Scalar>) {
    let gradient = pass.outputGradient
    for index in 0..<pass.inputGradients.count {
      guard let target = pass.inputGradients[index], target.pointer != gradient.pointer else {
        continue
      }
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
