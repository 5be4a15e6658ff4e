import Convolutions
import Tensors

extension Tensor where Element: ConvolutionScalar {
  /// The array with samples added around it, as the border says.
  ///
  /// For `abcd` and two samples on each side: zero `00|abcd|00`, nearest `aa|abcd|dd`, mirror
  /// `cb|abcd|cb`, symmetric `ba|abcd|dc`, wrap `cd|abcd|ab`.
  ///
  /// - Parameters:
  ///   - before: How many samples go before the first along each axis.
  ///   - after: How many go after the last; as many as before unless given.
  ///   - border: The values of the new samples.
  /// - Throws: ``FiltersmithError`` when there is not one number per axis or one is negative, an axis is
  ///   empty, the border gives no samples, or the result is too large.
  public func padded(
    before: [Int], after: [Int]? = nil, border: Border = .zero
  ) throws(FiltersmithError) -> Tensor {
    let after = after ?? before
    guard before.count == rank, after.count == rank, (before + after).allSatisfy({ $0 >= 0 }) else {
      throw FiltersmithError(
        .argument,
        "padding \(before):\(after) does not give a number from 0 up for each axis of shape \(shape)"
      )
    }
    guard border != .valid, border != .full, !shape.dimensions.contains(0) else {
      throw FiltersmithError(
        .argument, "border \(border) of shape \(shape) says nothing of samples to pad with")
    }
    guard (before + after).contains(where: { $0 > 0 }) else { return self }
    let sizes = (0..<rank).map { axis in
      shape[axis].addingReportingOverflow(before[axis]).partialValue
        .addingReportingOverflow(after[axis]).partialValue
    }
    let target = try Shape(checking: sizes)
    let strides = shape.strides
    let sources = (0..<rank).map { axis in
      (0..<target[axis]).map { position in
        border.source(of: position - before[axis], extent: shape[axis]).map { $0 * strides[axis] }
          ?? -1
      }
    }
    let fill = Element(border.fill)
    let width = target[rank - 1]
    let rows = target.elementCount / width
    let outer = Shape(Array(target.dimensions.dropLast()))
    let last = sources[rank - 1]
    let (lead, own) = (before[rank - 1], shape[rank - 1])
    return Tensor(uninitialized: target) { buffer in
      let output = SharedPointer(buffer)
      withUnsafeElements { source in
        let source = ReadOnlyPointer(source)
        parallelFor(rows, grain: 16) { row in
          let line = output.pointer + row * width
          var start = 0
          for (axis, position) in outer.index(at: row).enumerated() {
            let offset = sources[axis][position]
            start = start < 0 || offset < 0 ? -1 : start + offset
          }
          guard start >= 0 else { return line.initialize(repeating: fill, count: width) }
          (line + lead).initialize(from: source.pointer + start, count: own)
          for position in 0..<width where position < lead || position >= lead + own {
            let offset = last[position]
            (line + position).initialize(to: offset < 0 ? fill : source[start + offset])
          }
        }
      }
    }
  }
}
