import Tensors

/// The adjoint of a stride-1 correlation in parts: again such correlations, and a fold of what lies
/// beyond the image's edges.
///
/// With the extended image's gradient G[p] = Σ_k w[k] · g[p − k · dilation], the image's gradient is
/// G inside, plus each G[p] beyond the edges added where the border took sample p from. `Pass` is what
/// an algorithm makes of a correlation.
struct FoldedAdjoint<Pass: Sendable>: Sendable {
  /// A box of the extended image beyond the edges, and the correlation that computes it.
  private struct Rim: Sendable {
    let box: [Range<Int>]
    let pass: Pass
  }

  /// The correlation whose output is the image's gradient.
  let convolution: Convolution
  /// What computes the image's gradient but for the folds.
  let interior: Pass
  private let forward: Convolution
  private let domain: ExtendedDomain
  private let rims: [Rim]

  init(_ convolution: Convolution, _ pass: (Convolution) -> Pass) {
    forward = convolution
    let domain = ExtendedDomain(convolution)
    self.domain = domain
    let axes = domain.extended.indices
    let image = axes.map { convolution.before[$0]..<convolution.before[$0] + domain.extents[$0] }
    self.convolution = AdjointConvolution.correlation(of: convolution, box: image)
    interior = pass(self.convolution)
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
        rims.append(
          Rim(box: box, pass: pass(AdjointConvolution.correlation(of: convolution, box: box))))
      }
    }
    self.rims = rims
  }

  /// - Parameter run: Runs a pass from the output's gradient to the target.
  func run(
    into image: UnsafeMutablePointer<Float>,
    _ run: (_ pass: Pass, _ target: UnsafeMutablePointer<Float>) -> Void
  ) {
    run(interior, image)
    let channels = forward.input[0] * forward.input[1]
    let imageCount = domain.extents.reduce(1, *)
    let domain = domain
    let target = SharedPointer(image)
    for rim in rims {
      let count = rim.box.reduce(1) { $0 * $1.count }
      withScratch(Float.self, count: channels * count) { values in
        run(rim.pass, values)
        let source = SharedPointer(values)
        parallelFor(channels) { channel in
          domain.fold(
            source.pointer + channel * count, rim.box, onto: target.pointer + channel * imageCount)
        }
      }
    }
  }
}
