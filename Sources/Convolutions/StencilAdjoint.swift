import Tensors

/// The adjoint of a stride-1 correlation: again such a correlation, and a fold of what lies beyond
/// the image's edges.
///
/// With the extended image's gradient G[p] = Σ_k w[k] · g[p − k · dilation], the image's gradient is
/// G inside, plus each G[p] beyond the edges added where the border took sample p from.
struct StencilAdjoint: Sendable {
  /// A box of the extended image beyond the edges, and the correlation that computes it.
  private struct Rim: Sendable {
    let box: [Range<Int>]
    let pass: StencilPass
  }

  /// The correlation whose output is the image's gradient.
  let convolution: Convolution
  private let forward: Convolution
  private let domain: ExtendedDomain
  private let interior: StencilPass
  private let rims: [Rim]

  init(_ convolution: Convolution) {
    forward = convolution
    let domain = ExtendedDomain(convolution)
    self.domain = domain
    let axes = domain.extended.indices
    let image = axes.map { convolution.before[$0]..<convolution.before[$0] + domain.extents[$0] }
    self.convolution = Self.correlation(of: convolution, box: image)
    interior = StencilPass(self.convolution)
    var rims: [Rim] = []
    // The extended image but for its interior, as two slabs per axis that do not overlap.
    for axis in axes where domain.sources.allSatisfy({ $0.contains { $0 >= 0 } }) {
      for slab in [
        0..<domain.interior[axis].lowerBound,
        domain.interior[axis].upperBound..<domain.extended[axis],
      ] where slab.contains(where: { domain.sources[axis][$0] >= 0 }) {
        let box = axes.map { other in
          other == axis ? slab : other < axis ? domain.interior[other] : 0..<domain.extended[other]
        }
        guard box.allSatisfy({ !$0.isEmpty }) else { continue }
        rims.append(Rim(box: box, pass: StencilPass(Self.correlation(of: convolution, box: box))))
      }
    }
    self.rims = rims
  }

  /// The correlation that computes a box of the extended image's gradient.
  private static func correlation(of convolution: Convolution, box: [Range<Int>]) -> Convolution {
    let rank = convolution.spatialRank
    let outputs = convolution.output.dimensions.suffix(rank)
    var (before, after): ([Int], [Int]) = ([], [])
    for (axis, extent) in outputs.enumerated() {
      let reach = (convolution.kernel[2 + axis] - 1) * convolution.dilation[axis]
      before.append(reach - box[axis].lowerBound)
      after.append(box[axis].upperBound - extent)
    }
    let filtersPerGroup = convolution.kernel[0] / convolution.groups
    let kernel =
      Shape([convolution.kernel[1] * convolution.groups, filtersPerGroup])
      + Shape(Array(convolution.kernel.dimensions.suffix(rank)))
    do {
      return try Convolution(
        input: convolution.output, kernel: kernel, border: .zero, before: before, after: after,
        stride: convolution.stride, dilation: convolution.dilation, groups: convolution.groups)
    } catch {
      preconditionFailure("the adjoint of a valid convolution is valid: \(error)")
    }
  }

  /// The kernel reflected, with filters and channels of each group exchanged.
  func transposed<Scalar: ConvolutionScalar>(_ kernel: UnsafePointer<Scalar>) -> [Scalar] {
    let shape = forward.shapeNumbers
    var values: [Scalar] = []
    values.reserveCapacity(forward.kernel.elementCount)
    for channel in 0..<shape.channels {
      let (group, inner) = (channel / shape.channelsPerGroup, channel % shape.channelsPerGroup)
      for filter in 0..<shape.filtersPerGroup {
        let first =
          ((group * shape.filtersPerGroup + filter) * shape.channelsPerGroup + inner) * shape.taps
        for tap in (0..<shape.taps).reversed() { values.append(kernel[first + tap]) }
      }
    }
    return values
  }

  func run(
    _ gradient: UnsafePointer<Float>, weights: UnsafePointer<Float>, kernel: StencilKernel,
    _ image: UnsafeMutablePointer<Float>
  ) {
    interior.run(gradient, weights: weights, kernel: kernel, image, Epilogue())
    let channels = forward.input[0] * forward.input[1]
    let imageCount = domain.extents.reduce(1, *)
    let domain = domain
    let target = SharedPointer(image)
    for rim in rims {
      let count = rim.box.reduce(1) { $0 * $1.count }
      withScratch(Float.self, count: channels * count) { values in
        rim.pass.run(gradient, weights: weights, kernel: kernel, values, Epilogue())
        let source = SharedPointer(values)
        parallelFor(channels) { channel in
          domain.fold(
            source.pointer + channel * count, rim.box, onto: target.pointer + channel * imageCount)
        }
      }
    }
  }
}
