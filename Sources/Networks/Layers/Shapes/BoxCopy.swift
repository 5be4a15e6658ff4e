import Convolutions
import Tensors

/// A box of an array, or every `step`-th sample of it, copied to a position in another array.
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

/// Boxes of the inputs copied into an output that is zero elsewhere.
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
      // Inputs that are read only for their shape.
      for input in boxes.count..<max(pass.inputGradients.count, boxes.count) {
        precondition(pass.inputGradients[input] == nil, "an input without numbers has no gradient")
      }
    }
  }
}
