import Tensors

/// The input gradient of a convolution of stride 1, as a convolution of the output gradient with the
/// reflected kernel whose filters and channels are exchanged.
struct AdjointConvolution: Hashable, Sendable {
  /// From the output gradient to the input gradient, or to that of the extended input.
  let convolution: Convolution
  /// Whether the result is that of the extended input.
  ///
  /// What lies beyond the edges must be added back onto the image then; one batch entry is computed
  /// at a time.
  let folds: Bool
  private let original: Convolution

  /// `nil` for larger strides.
  init?(_ original: Convolution) {
    guard original.stride.allSatisfy({ $0 == 1 }) else { return nil }
    let rank = original.spatialRank
    let repeats =
      switch original.border {
      case .zero, .constant, .valid, .full: false
      case .nearest, .mirror, .symmetric, .wrap:
        original.before.contains { $0 > 0 } || original.after.contains { $0 > 0 }
      }
    let reach = (0..<rank).map { (original.kernel[2 + $0] - 1) * original.dilation[$0] }
    let before = (0..<rank).map { repeats ? reach[$0] : reach[$0] - original.before[$0] }
    let after = (0..<rank).map { axis in
      // What the result must be long, less what it is without an extension behind.
      let wanted =
        original.input[2 + axis]
        + (repeats ? original.before[axis] + original.after[axis] : 0)
      return wanted + reach[axis] - original.output[2 + axis] - before[axis]
    }
    let kernel =
      Shape([original.input[1], original.kernel[0] / original.groups])
      + Shape(Array(original.kernel.dimensions.dropFirst(2)))
    guard
      let convolution = try? Convolution(
        input: repeats ? original.output.replacing(axis: 0, with: 1) : original.output,
        kernel: kernel, border: .zero, before: before, after: after,
        stride: original.stride, dilation: original.dilation, groups: original.groups)
    else { return nil }
    self.convolution = convolution
    folds = repeats
    self.original = original
  }

  /// The kernel reflected, its filters and channels exchanged within each group.
  func exchanged(_ kernel: UnsafePointer<Float>) -> [Float] {
    let shape = original.shapeNumbers
    let source = SharedPointer(UnsafeMutablePointer(mutating: kernel))
    return [Float](unsafeUninitializedCapacity: original.kernel.elementCount) { buffer, count in
      let target = SharedPointer(buffer)
      parallelFor(shape.channels) { channel in
        let group = channel / shape.channelsPerGroup
        var write = target.pointer + channel * shape.filtersPerGroup * shape.taps
        for filter in group * shape.filtersPerGroup..<(group + 1) * shape.filtersPerGroup {
          let read =
            source.pointer
            + (filter * shape.channelsPerGroup + channel % shape.channelsPerGroup) * shape.taps
          for tap in 0..<shape.taps { write[tap] = read[shape.taps - 1 - tap] }
          write += shape.taps
        }
      }
      count = original.kernel.elementCount
    }
  }

  /// Runs the convolution with `forward`, and folds what lies beyond the image's edges.
  func run(
    _ outputGradient: UnsafePointer<Float>, into inputGradient: UnsafeMutablePointer<Float>,
    _ forward: (UnsafePointer<Float>, UnsafeMutablePointer<Float>) -> Void
  ) {
    guard folds else { return forward(outputGradient, inputGradient) }
    let shape = original.shapeNumbers
    let domain = ExtendedDomain(original)
    let (extendedCount, imageCount) = (domain.count, domain.extents.reduce(1, *))
    let target = SharedPointer(inputGradient)
    withScratch(Float.self, count: shape.channels * extendedCount) { extended in
      let source = SharedPointer(extended)
      for batch in 0..<shape.batch {
        forward(outputGradient + batch * convolution.input.elementCount, extended)
        parallelFor(shape.channels) { channel in
          let image = target.pointer + (batch * shape.channels + channel) * imageCount
          image.update(repeating: 0, count: imageCount)
          domain.fold(source.pointer + channel * extendedCount, onto: image)
        }
      }
    }
  }
}
