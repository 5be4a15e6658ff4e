import Tensors
import Testing

@testable import Convolutions

/// Copying a part of the extended image equals cutting it from the whole; folding is its adjoint.
@Suite struct ExtendedDomainTests {
  @Test func partsAreCutFromTheWhole() throws {
    var source = RandomSource(seed: 5)
    for convolution in ConvolutionCases.all {
      let part = ExtendedDomain(convolution)
      let image = Tensor<Double>.normal(shape: Shape(part.extents), using: &source)
      let whole = copied(image, part, part.extended.map { 0..<$0 })
      for _ in 0..<5 {
        let ranges = part.extended.map { extent in
          let start = source.integer(below: extent)
          return start..<start + 1 + source.integer(below: extent - start)
        }
        #expect(copied(image, part, ranges) == (try whole.sliced(ranges)))
      }
      guard part.fill == 0 else { continue }
      let box = InputGradientParts.Box(
        convolution: nil,
        positions: part.extended.map {
          InputGradientParts.PositionRange(start: 0, step: 1, count: $0)
        }, isFolded: true)
      let placement = BoxPlacement(box, of: convolution)
      let block = Tensor<Double>.normal(shape: whole.shape, using: &source)
      var folded = Tensor<Double>(zeros: image.shape)
      block.withUnsafeElements { block in
        folded.withUnsafeMutableElements { folded in
          placement.fold(block.baseAddress!, onto: folded.baseAddress!)
        }
      }
      let (left, right) = (try (whole * block).sum(), try (image * folded).sum())
      #expect(abs(left - right) < 1e-10)
    }
  }

  private func copied(
    _ image: Tensor<Double>, _ part: ExtendedDomain, _ ranges: [Range<Int>]
  ) -> Tensor<Double> {
    Tensor(uninitialized: Shape(ranges.map(\.count))) { block in
      image.withUnsafeElements {
        part.copy($0.baseAddress!, { ranges[$0] }, into: block.baseAddress!)
      }
    }
  }
}
