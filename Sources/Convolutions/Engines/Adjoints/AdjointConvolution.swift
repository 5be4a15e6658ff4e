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
    let repeats = Self.repeats(original)
    let box = (0..<rank).map { axis -> Range<Int> in
      let (before, extent) = (original.before[axis], original.input[2 + axis])
      return repeats ? 0..<before + extent + original.after[axis] : before..<before + extent
    }
    let whole = Self.correlation(of: original, box: box)
    convolution = repeats ? whole.ofOneBatchEntry : whole
    folds = repeats
    self.original = original
  }

  /// Whether the border takes samples beyond the edges from the image.
  static func repeats(_ convolution: Convolution) -> Bool {
    switch convolution.border {
    case .zero, .constant, .valid, .full: false
    case .nearest, .mirror, .symmetric, .wrap:
      convolution.before.contains { $0 > 0 } || convolution.after.contains { $0 > 0 }
    }
  }

  /// The correlation that computes a box of the extended image's gradient.
  static func correlation(of convolution: Convolution, box: [Range<Int>]) -> Convolution {
    let rank = convolution.spatialRank
    let outputs = convolution.output.dimensions.suffix(rank)
    var (before, after): ([Int], [Int]) = ([], [])
    for (axis, extent) in outputs.enumerated() {
      let reach = (convolution.kernel[2 + axis] - 1) * convolution.dilation[axis]
      before.append(reach - box[axis].lowerBound)
      after.append(box[axis].upperBound - extent)
    }
    let kernel =
      Shape([convolution.input[1], convolution.kernel[0] / convolution.groups])
      + Shape(Array(convolution.kernel.dimensions.suffix(rank)))
    do {
      return try Convolution(
        input: convolution.output, kernel: kernel, border: .zero, before: before, after: after,
        stride: convolution.stride, dilation: convolution.dilation, groups: convolution.groups)
    } catch {
      preconditionFailure("the adjoint of a valid convolution is valid: \(error)")
    }
  }

  /// The kernel reflected, its filters and channels exchanged within each group.
  static func exchanged<Scalar: ConvolutionScalar>(
    _ kernel: UnsafePointer<Scalar>, of convolution: Convolution
  ) -> [Scalar] {
    let shape = convolution.shapeNumbers
    var values: [Scalar] = []
    values.reserveCapacity(convolution.kernel.elementCount)
    for channel in 0..<shape.channels {
      let (group, inner) = (channel / shape.channelsPerGroup, channel % shape.channelsPerGroup)
      for filter in group * shape.filtersPerGroup..<(group + 1) * shape.filtersPerGroup {
        let first = (filter * shape.channelsPerGroup + inner) * shape.taps
        for tap in (0..<shape.taps).reversed() { values.append(kernel[first + tap]) }
      }
    }
    return values
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

extension Convolution {
  /// The same of a batch of one.
  fileprivate var ofOneBatchEntry: Convolution {
    do {
      return try Convolution(
        input: input.replacing(axis: 0, with: 1), kernel: kernel, border: border, before: before,
        after: after, stride: stride, dilation: dilation, groups: groups)
    } catch {
      preconditionFailure("one entry of a valid batch is valid: \(error)")
    }
  }
}
