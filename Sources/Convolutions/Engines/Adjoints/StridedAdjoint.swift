import Tensors

/// The input gradient of a convolution with strides above 1, by phases: inputs whose positions agree
/// modulo the stride meet the same taps, so each such phase is a convolution of stride 1 of the output
/// gradient with some of the taps.
///
/// With stride s and dilation d, tap k and output o meet the extended input at e = o · s + k · d. In the
/// phase ρ = e mod s these are the taps with k · d ≡ ρ: every s / gcd(s, d)-th, d / gcd(s, d) outputs apart.
struct StridedAdjoint: Hashable, Sendable {
  /// The inputs of one phase.
  struct Phase: Hashable, Sendable {
    /// From the output gradient of one batch entry to the phase; `nil` where no tap reaches it.
    let convolution: Convolution?
    /// Extents of the phase.
    let extents: [Int]
    /// Its first position in the input, per axis.
    let start: [Int]
    /// Which of the kernel's taps it meets, in row-major order.
    let taps: [Int]
  }

  let phases: [Phase]
  private let original: Convolution

  /// `nil` for borders that repeat samples, whose gradients have to be folded.
  init?(_ original: Convolution) {
    guard !AdjointConvolution.repeats(original) else { return nil }
    self.original = original
    let lines = (0..<original.spatialRank).map { axis in
      (0..<original.stride[axis]).map { Self.line(of: original, axis: axis, remainder: $0) }
        .filter { $0.extent > 0 }
    }
    var phases: [Phase] = []
    var isComplete = true
    Shape(lines.map(\.count)).forEachIndex { index in
      let along = index.indices.map { lines[$0][index[$0]] }
      guard let phase = Self.phase(of: original, along) else {
        isComplete = false
        return
      }
      phases.append(phase)
    }
    guard isComplete else { return nil }
    self.phases = phases
  }

  /// A phase along one axis.
  private struct Line {
    let start: Int
    let extent: Int
    /// The taps it meets, from the first on.
    let taps: [Int]
    let dilation: Int
    let before: Int
    let after: Int
  }

  private static func line(of convolution: Convolution, axis: Int, remainder: Int) -> Line {
    let (stride, dilation) = (convolution.stride[axis], convolution.dilation[axis])
    let (before, extent) = (convolution.before[axis], convolution.input[2 + axis])
    let taps = (0..<convolution.kernel[2 + axis]).filter { $0 * dilation % stride == remainder }
    // The extended positions remainder + q · stride that lie in the input: q from `first`.
    let reachesBack = before - remainder
    let first =
      reachesBack >= 0 ? (reachesBack + stride - 1) / stride : -(-reachesBack / stride)
    let start = first * stride + remainder - before
    let count = start < extent ? (extent - start + stride - 1) / stride : 0
    guard let firstTap = taps.first else {
      return Line(start: start, extent: count, taps: [], dilation: 1, before: 0, after: 0)
    }
    let step =
      taps.count > 1 ? (taps[1] - taps[0]) * dilation / stride : 1
    let reach = (taps.count - 1) * step
    let shift = reach + (firstTap * dilation - remainder) / stride - first
    let outputs = convolution.output[2 + axis]
    return Line(
      start: start, extent: count, taps: taps, dilation: step, before: shift,
      after: count + reach - outputs - shift)
  }

  /// `nil` where the shapes are beyond what a convolution can describe.
  private static func phase(of original: Convolution, _ lines: [Line]) -> Phase? {
    let (extents, start) = (lines.map(\.extent), lines.map(\.start))
    guard lines.allSatisfy({ !$0.taps.isEmpty }) else {
      return Phase(convolution: nil, extents: extents, start: start, taps: [])
    }
    let strides = Shape(Array(original.kernel.dimensions.dropFirst(2))).strides
    var taps: [Int] = []
    Shape(lines.map(\.taps.count)).forEachIndex { index in
      taps.append(index.indices.reduce(0) { $0 + lines[$1].taps[index[$1]] * strides[$1] })
    }
    let kernel =
      Shape([original.input[1], original.kernel[0] / original.groups])
      + Shape(lines.map(\.taps.count))
    guard
      let convolution = try? Convolution(
        input: original.output.replacing(axis: 0, with: 1), kernel: kernel, border: .zero,
        before: lines.map(\.before), after: lines.map(\.after),
        stride: lines.map { _ in 1 }, dilation: lines.map(\.dilation), groups: original.groups)
    else { return nil }
    return Phase(convolution: convolution, extents: extents, start: start, taps: taps)
  }

  /// The most numbers that a phase of one batch entry has.
  var scratchCount: Int {
    original.input[1] * (phases.map { $0.extents.reduce(1, *) }.max() ?? 0)
  }

  /// The kernel's taps of a phase, `[filters, channels / groups, taps]`.
  func select(
    _ phase: Phase, of kernel: UnsafePointer<Float>, into selected: UnsafeMutablePointer<Float>
  ) {
    let all = original.shapeNumbers.taps
    var target = selected
    for pair in 0..<original.kernel[0] * original.kernel[1] {
      for tap in phase.taps {
        target.pointee = kernel[pair * all + tap]
        target += 1
      }
    }
  }

  /// Computes all phases of all batch entries by `forward` and puts them in their places.
  func run(
    _ outputGradient: UnsafePointer<Float>, into inputGradient: UnsafeMutablePointer<Float>,
    _ forward:
      @Sendable (
        _ phase: Int, _ source: UnsafePointer<Float>, _ target: UnsafeMutablePointer<Float>
      ) -> Void
  ) {
    let source = SharedPointer(UnsafeMutablePointer(mutating: outputGradient))
    let target = SharedPointer(inputGradient)
    let inputs = original.input.dimensions.dropFirst().reduce(1, *)
    let outputs = original.output.dimensions.dropFirst().reduce(1, *)
    @Sendable func compute(_ batch: Int) {
      withScratch(Float.self, count: scratchCount) { values in
        for (number, phase) in phases.enumerated() {
          let image = target.pointer + batch * inputs
          if phase.convolution != nil {
            forward(number, source.pointer + batch * outputs, values)
            place(phase, values, into: image)
          } else {
            place(phase, nil, into: image)
          }
        }
      }
    }
    // Batch entries side by side, or the threads within each where there are few.
    let batch = original.input[0]
    if batch >= Threads.count {
      parallelFor(batch) { compute($0) }
    } else {
      for entry in 0..<batch { compute(entry) }
    }
  }

  /// Writes the channels of a phase, or zeros, into the positions of the image that belong to it.
  private func place(
    _ phase: Phase, _ values: UnsafePointer<Float>?, into image: UnsafeMutablePointer<Float>
  ) {
    let rank = original.spatialRank
    let strides = Shape(Array(original.input.dimensions.dropFirst(2))).strides
    let imageCount = original.input.dimensions.dropFirst(2).reduce(1, *)
    let columns = phase.extents[rank - 1]
    let step = original.stride[rank - 1]
    var rows: [Int] = []
    Shape(Array(phase.extents.dropLast())).forEachIndex { index in
      var row = phase.start[rank - 1]
      for axis in index.indices {
        row += (phase.start[axis] + index[axis] * original.stride[axis]) * strides[axis]
      }
      rows.append(row)
    }
    let target = SharedPointer(image)
    let source = values.map { SharedPointer(UnsafeMutablePointer(mutating: $0)) }
    let (places, channelCount) = (rows, rows.count * columns)
    parallelFor(original.input[1], grain: max(1, (1 << 15) / max(channelCount, 1))) { channel in
      let channelImage = target.pointer + channel * imageCount
      for (number, place) in places.enumerated() {
        let row = channelImage + place
        if let source {
          let values = source.pointer + channel * channelCount + number * columns
          for column in 0..<columns { row[column * step] = values[column] }
        } else {
          for column in 0..<columns { row[column * step] = 0 }
        }
      }
    }
  }
}
