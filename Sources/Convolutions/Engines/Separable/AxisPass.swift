/// A one-dimensional correlation along one axis of a block seen as `[outer, axis, inner]`.
struct AxisPass {
  let outer: Int
  let inner: Int
  let inputs: Int
  let outputs: Int
  let step: Int
  let dilation: Int

  init(_ convolution: Convolution, axis: Int, from: [Int], to: [Int]) {
    outer = from[..<axis].reduce(1, *)
    inner = from[(axis + 1)...].reduce(1, *)
    inputs = from[axis]
    outputs = to[axis]
    step = convolution.stride[axis]
    dilation = convolution.dilation[axis]
  }

  func forward<Scalar: ConvolutionScalar>(
    _ source: UnsafePointer<Scalar>, _ factor: UnsafePointer<Scalar>, taps: Int,
    _ target: UnsafeMutablePointer<Scalar>
  ) {
    target.update(repeating: 0, count: outer * outputs * inner)
    forEachRun(taps: taps) { tap, inputRow, outputRow, count, inputStep in
      let weight = factor[tap]
      let (input, output) = (source + inputRow, target + outputRow)
      if inputStep == 1 {
        for x in 0..<count { output[x] += weight * input[x] }
      } else {
        for x in 0..<count { output[x] += weight * input[x * inputStep] }
      }
    }
  }

  /// Calls `body` for every run of samples that one tap connects.
  private func forEachRun(
    taps: Int,
    _ body: (_ tap: Int, _ inputRow: Int, _ outputRow: Int, _ count: Int, _ inputStep: Int) -> Void
  ) {
    for block in 0..<outer {
      if inner == 1 {
        for tap in 0..<taps {
          body(tap, block * inputs + tap * dilation, block * outputs, outputs, step)
        }
      } else {
        for position in 0..<outputs {
          for tap in 0..<taps {
            body(
              tap, (block * inputs + position * step + tap * dilation) * inner,
              (block * outputs + position) * inner, inner, 1)
          }
        }
      }
    }
  }
}
