import Tensors

/// The counts that loops over a convolution run to.
struct ConvolutionCounts: Hashable, Sendable {
  /// Entries of the batch.
  let batch: Int
  /// Channels of the input.
  let channels: Int
  /// Channels of the output.
  let filters: Int
  /// Channels that a filter sees.
  let channelsPerGroup: Int
  /// Filters that share their channels.
  let filtersPerGroup: Int
  /// Coefficients of one filter for one channel.
  let taps: Int
  /// Samples of one channel of the input.
  let samples: Int
  /// Samples of one channel of the output.
  let outputs: Int
}

extension Convolution {
  /// The counts that loops run to.
  var counts: ConvolutionCounts {
    func product(_ shape: Shape) -> Int {
      var product = 1
      for axis in 2..<shape.rank { product *= shape[axis] }
      return product
    }
    return ConvolutionCounts(
      batch: input[0], channels: input[1], filters: kernel[0], channelsPerGroup: kernel[1],
      filtersPerGroup: kernel[0] / groups, taps: product(kernel), samples: product(input),
      outputs: product(output))
  }

  /// The multiply-adds of one map when computed directly.
  ///
  /// `Int.max` where there are more than that.
  public var multiplyAdds: Int {
    var product = output.elementCount
    for axis in 1..<kernel.rank {
      let (next, overflow) = product.multipliedReportingOverflow(by: kernel[axis])
      if overflow { return .max }
      product = next
    }
    return product
  }

  /// By how many samples the taps of a kernel extend beyond the first, per spatial axis.
  var reach: [Int] { dilation.indices.map { (kernel[2 + $0] - 1) * dilation[$0] } }

  /// Extents of the output, per spatial axis.
  var outputExtents: [Int] { Array(output.dimensions.dropFirst(2)) }

  /// Extents of the kernel, per spatial axis.
  var tapExtents: [Int] { Array(kernel.dimensions.dropFirst(2)) }

  /// Whether every step between outputs is one sample.
  var isDense: Bool { stride.allSatisfy { $0 == 1 } }

  /// Whether the samples beyond the edges are copies of the image's.
  var repeatsSamples: Bool {
    switch border {
    case .zero, .constant, .valid, .full: false
    case .nearest, .mirror, .symmetric, .wrap:
      before.contains { $0 > 0 } || after.contains { $0 > 0 }
    }
  }
}
