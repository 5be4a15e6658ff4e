import FilterDesign
import Numerics
import Tensors
import Testing

@Suite("Measures of kernels")
struct KernelMeasuresTests {
  @Test("A kernel worked out by hand")
  func byHand() {
    let measures = KernelMeasures(
      Tensor([Complex(1, 0), Complex(2, 0), Complex(0, -2)] as [Complex<Double>]))
    #expect(measures.centerTap == 2)
    #expect(measures.energy == 9)
    // (1 · 1 + 0 · 4 + 1 · 4) / 9
    #expect(abs(measures.locality - (5.0 / 9).squareRoot()) < 1e-15)
    #expect(abs(measures.dc - 13.0.squareRoot()) < 1e-15)
  }

  @Test("They agree with the quality figures of a designed bank")
  func designed() throws {
    let bank = try FilterBank.quadrature(centerFrequency: .pi / 3, support: [7, 9])
    for filter in 0..<bank.count {
      let (measures, quality) = (try bank.measures(of: filter), bank.qualities[filter])
      #expect(measures.centerTap == quality.centerTap)
      #expect(abs(measures.energy - quality.energy) < 1e-15)
      #expect(abs(measures.locality - quality.locality) < 1e-14)
      #expect(abs(measures.dc - quality.dc) < 1e-15)
    }
    #expect(throws: FiltersmithError.self) { try bank.measures(of: 4) }
  }
}
