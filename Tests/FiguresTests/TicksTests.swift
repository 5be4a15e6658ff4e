import Testing

@testable import Figures

@Suite struct TicksTests {
  @Test func marksAreRoundAndInside() {
    #expect(Ticks(in: 0...1).labels == ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"])
    #expect(Ticks(in: -7.5...7.5).labels == ["−5", "0", "5"])
    #expect(Ticks(in: 0...0.0031, atMost: 5).labels == ["0.000", "0.001", "0.002", "0.003"])
    #expect(Ticks(in: -120...4500).labels == ["0", "1000", "2000", "3000", "4000"])
    #expect(Ticks(in: 3...3).positions == [3])
    for span in [1e-9, 0.07, 1, 33, 1e7] {
      for start in [-3.3, 0, 12.7] {
        let range = start * span...(start + 1) * span
        for most in 2...9 {
          let ticks = Ticks(in: range, atMost: most)
          #expect(ticks.positions.count <= most + 1)
          #expect(ticks.positions.allSatisfy { $0 >= range.lowerBound - 1e-6 * span })
          #expect(ticks.positions.allSatisfy { $0 <= range.upperBound + 1e-6 * span })
        }
      }
    }
  }

  @Test func numbersAreShort() {
    #expect(Ticks.number(0) == "0")
    #expect(Ticks.number(0.1056678) == "0.1057")
    #expect(Ticks.number(-12.5) == "−12.5")
    #expect(Ticks.number(1.2e-9, digits: 2) == "1.2·10⁻⁹")
    #expect(Ticks.number(3_200_000) == "3.200·10⁶")
    #expect(Ticks.number(.nan) == "–")
    #expect(Ticks.number(1000) == "1000")
  }
}
