import Tensors

/// The input gradient of a convolution, described as forward maps of convolutions of stride 1.
///
/// With stride s and dilation d, tap k and output o meet the extended input at e = o · s + k · d. Inputs
/// whose positions e agree modulo the stride form a *phase*: they meet the same taps, those with
/// k · d ≡ e (mod s), every s / gcd(s, d)-th of them and d / gcd(s, d) outputs apart. So each phase is a
/// correlation of the output's gradient with some of the taps, reflected, filters and channels exchanged.
///
/// The samples of a phase inside the image are samples of the gradient. Where the border repeats samples,
/// those beyond the edges (the *rim*) are gradients too, of the samples that the border copied from the
/// image: they are computed in boxes and added there.
struct InputGradientParts: Hashable, Sendable {
  /// Inputs whose positions agree modulo the stride.
  struct Phase: Hashable, Sendable {
    /// The remainder along each axis.
    let remainder: [Int]
    /// The kernel's taps that it meets, reflected: the last one first; none where no output reaches it.
    let taps: [Int]
    /// Their extents, per axis.
    let tapExtents: [Int]
    /// Its boxes, that of the image's samples first unless the image is a part of a larger box.
    let boxes: [Box]
  }

  /// Some positions of a phase, and the convolution that computes their gradient.
  struct Box: Hashable, Sendable {
    /// From the output's gradient, of one entry of the batch or of all; `nil` where no tap reaches it.
    let convolution: Convolution?
    /// Positions of the extended input, `stride` apart, per axis.
    let positions: [PositionRange]
    /// Whether the samples are added where the border copied them from, instead of written.
    let isFolded: Bool
  }

  /// Equally spaced positions along one axis of the extended input.
  struct PositionRange: Hashable, Sendable {
    let start: Int
    let step: Int
    let count: Int
  }

  /// The convolution whose input gradient this is.
  let convolution: Convolution
  let phases: [Phase]
  /// Entries of the batch that are computed at a time: all, or one, so that a phase stays in cache until
  /// it is written to its place.
  let batch: Int

  /// All ways to divide a gradient: the image and its rim apart, or as one box where there is a rim.
  static func all(of convolution: Convolution) -> [InputGradientParts] {
    let apart = InputGradientParts(convolution, joinsRim: false)
    return apart.phases.contains { $0.boxes.count > 1 }
      ? [apart, InputGradientParts(convolution, joinsRim: true)] : [apart]
  }

  /// - Parameter joinsRim: Whether image and rim are one box, all of which is folded.
  init(_ convolution: Convolution, joinsRim: Bool) {
    self.convolution = convolution
    let batch = convolution.isDense && !joinsRim ? convolution.input[0] : 1
    self.batch = batch
    let lines = (0..<convolution.spatialRank).map { axis in
      (0..<convolution.stride[axis]).map { Line(convolution, axis: axis, remainder: $0) }
    }
    var phases: [Phase] = []
    Shape(lines.map(\.count)).forEachIndex { index in
      phases.append(
        Self.phase(
          of: convolution, index.indices.map { lines[$0][index[$0]] }, batch: batch,
          joinsRim: joinsRim))
    }
    self.phases = phases
  }

  /// The convolution with the most multiplications.
  var largest: Convolution? {
    phases.flatMap(\.boxes).compactMap(\.convolution).max { $0.multiplyAdds < $1.multiplyAdds }
  }

  /// A phase along one axis.
  private struct Line {
    let remainder: Int
    let stride: Int
    /// The taps it meets.
    let taps: [Int]
    /// The distance between them, in outputs.
    let dilation: Int
    /// The first output that meets the first of them, counted from the phase's position 0.
    let shift: Int
    /// Outputs along the axis.
    let outputs: Int
    /// The phase's positions that lie in the image.
    let image: Range<Int>
    /// Those where the border continues it and outputs reach.
    let reached: Range<Int>

    init(_ convolution: Convolution, axis: Int, remainder: Int) {
      let (stride, dilation) = (convolution.stride[axis], convolution.dilation[axis])
      let (before, extent) = (convolution.before[axis], convolution.input[2 + axis])
      func positions(below limit: Int) -> Int {
        // How many q ≥ 0 have remainder + q · stride < limit; negative for cropped inputs.
        let distance = limit - remainder
        return distance >= 0 ? (distance + stride - 1) / stride : -(-distance / stride)
      }
      self.remainder = remainder
      self.stride = stride
      outputs = convolution.output[2 + axis]
      taps = (0..<convolution.kernel[2 + axis]).filter { $0 * dilation % stride == remainder }
      self.dilation = taps.count > 1 ? (taps[1] - taps[0]) * dilation / stride : 1
      shift = taps.isEmpty ? 0 : (taps[0] * dilation - remainder) / stride
      let start = positions(below: before)
      image = start..<max(start, positions(below: before + extent))
      let extended = positions(below: before + extent + convolution.after[axis])
      let last = shift + outputs + (max(taps.count, 1) - 1) * self.dilation
      reached = shift..<max(shift, min(last, extended))
    }

    func positions(_ range: Range<Int>) -> PositionRange {
      PositionRange(
        start: remainder + range.lowerBound * stride, step: stride, count: range.count)
    }
  }

  private static func phase(
    of convolution: Convolution, _ lines: [Line], batch: Int, joinsRim: Bool
  ) -> Phase {
    let strides = Shape(convolution.tapExtents).strides
    var taps: [Int] = []
    Shape(lines.map { max($0.taps.count, 1) }).forEachIndex { index in
      guard lines.allSatisfy({ !$0.taps.isEmpty }) else { return }
      taps.append(index.indices.reduce(0) { $0 + lines[$1].taps[index[$1]] * strides[$1] })
    }
    func box(_ ranges: [Range<Int>], isFolded: Bool) -> Box? {
      guard ranges.allSatisfy({ !$0.isEmpty }) else { return nil }
      return Box(
        convolution: taps.isEmpty
          ? nil : correlation(of: convolution, lines, ranges: ranges, batch: batch),
        positions: zip(lines, ranges).map { $0.positions($1) }, isFolded: isFolded)
    }
    var boxes: [Box?] = []
    if joinsRim {
      boxes = taps.isEmpty ? [] : [box(lines.map(\.reached), isFolded: true)]
    } else {
      boxes = [box(lines.map(\.image), isFolded: false)]
      if convolution.repeatsSamples, !taps.isEmpty {
        boxes += rim(lines).map { box($0, isFolded: true) }
      }
    }
    return Phase(
      remainder: lines.map(\.remainder), taps: taps.reversed(), tapExtents: lines.map(\.taps.count),
      boxes: boxes.compactMap { $0 })
  }

  /// The reached positions beyond the image, as two slabs per axis that do not overlap.
  private static func rim(_ lines: [Line]) -> [[Range<Int>]] {
    let inside = lines.map { $0.image.clamped(to: $0.reached) }
    return lines.indices.flatMap { axis in
      [
        lines[axis].reached.lowerBound..<inside[axis].lowerBound,
        inside[axis].upperBound..<lines[axis].reached.upperBound,
      ].map { slab in
        lines.indices.map { $0 == axis ? slab : $0 < axis ? inside[$0] : lines[$0].reached }
      }
    }
  }

  /// The correlation that computes some positions of a phase.
  private static func correlation(
    of convolution: Convolution, _ lines: [Line], ranges: [Range<Int>], batch: Int
  ) -> Convolution {
    let reach = lines.map { ($0.taps.count - 1) * $0.dilation }
    let before = lines.indices.map { reach[$0] + lines[$0].shift - ranges[$0].lowerBound }
    let after = lines.indices.map {
      ranges[$0].count + reach[$0] - lines[$0].outputs - before[$0]
    }
    let kernel =
      Shape([convolution.input[1], convolution.kernel[0] / convolution.groups])
      + Shape(lines.map(\.taps.count))
    do {
      return try Convolution(
        input: convolution.output.replacing(axis: 0, with: batch), kernel: kernel, border: .zero,
        before: before, after: after, stride: lines.map { _ in 1 },
        dilation: lines.map(\.dilation), groups: convolution.groups)
    } catch {
      preconditionFailure("the gradient of a valid convolution is one: \(error)")
    }
  }

  /// Writes a phase's kernel: some taps, reflected, filters and channels of each group exchanged.
  ///
  /// - Parameters:
  ///   - kernel: Of ``convolution``, `[filters, channels / groups, spatial…]`.
  ///   - target: `[channels, filters / groups, taps]`.
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func exchange<Scalar: ConvolutionScalar>(
    _ kernel: UnsafePointer<Scalar>, _ phase: Phase, into target: UnsafeMutablePointer<Scalar>
  ) {
    let counts = convolution.counts
    let (source, target) = (
      ReadOnlyPointer(kernel), SharedPointer(target)
    )
    // Sixteen channels at a time: what is read of one filter are neighbours.
    let blocks = (counts.channelsPerGroup + 15) / 16
    let grain = max(1, (1 << 13) / (16 * counts.filtersPerGroup * phase.taps.count))
    parallelFor(convolution.groups * blocks, grain: grain) { index in
      let (group, block) = (index / blocks, index % blocks)
      let channels = block * 16..<min(block * 16 + 16, counts.channelsPerGroup)
      phase.taps.withUnsafeBufferPointer { taps in
        for filter in 0..<counts.filtersPerGroup {
          for channel in channels {
            let from =
              source.pointer
              + ((group * counts.filtersPerGroup + filter) * counts.channelsPerGroup + channel)
              * counts.taps
            let into =
              target.pointer
              + ((group * counts.channelsPerGroup + channel) * counts.filtersPerGroup + filter)
              * taps.count
            for (position, tap) in taps.enumerated() { into[position] = from[tap] }
          }
        }
      }
    }
  }
}
