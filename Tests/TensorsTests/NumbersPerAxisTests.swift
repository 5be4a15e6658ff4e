import Tensors
import TestSupport
import Testing

/// Arguments that have one number for all axes or one for each.
@Suite struct NumbersPerAxisTests {
  private func message(_ body: () throws -> Void) -> String? {
    let error = refusal { try body() }
    return error?.kind == .argument ? error?.message : nil
  }

  @Test func oneStandsForAll() throws {
    #expect(try [2.5].perAxis(3, "sigma") == [2.5, 2.5, 2.5])
    #expect(try [7].perAxis(1, "stride", repeatsOne: false) == [7])
    #expect(try [1, 2, 3].perAxis(3, "stride", .positive) == [1, 2, 3])
    #expect(try [4].perAxis(0, "stride") == [])
    #expect(try spacingPerAxis(nil, axes: 2) == [1, 1])
    #expect(try spacingPerAxis([0.5, 3], axes: 2) == [0.5, 3])
  }

  @Test func otherCountsAreRefused() {
    #expect(
      message { _ = try [1, 2].perAxis(3, "stride") }
        == "stride [1, 2]: 1 or 3 numbers, one for each axis, were expected")
    #expect(
      message { _ = try spacingPerAxis([2], axes: 3) }
        == "spacing [2.0]: 3 numbers, one for each axis, were expected")
    #expect(message { _ = try [Double]().perAxis(2, "sigma") } != nil)
  }

  @Test func numbersOutOfRangeAreRefused() {
    #expect(throws: Never.self) { _ = try [-1.5].perAxis(2, "shift") }
    #expect(throws: Never.self) { _ = try [0.0].perAxis(2, "sigma", .notNegative) }
    #expect(
      message { _ = try [-1.0].perAxis(2, "sigma", .notNegative) }
        == "sigma [-1.0]: numbers of at least 0 were expected")
    #expect(
      message { _ = try [1, 0].perAxis(2, "stride", .positive) }
        == "stride [1, 0]: positive numbers were expected")
    for wrong in [Double.nan, .infinity, -.infinity] {
      for allowed in [NumbersPerAxis.any, .notNegative, .positive] {
        #expect(message { _ = try [1, wrong].perAxis(2, "sigma", allowed) } != nil)
      }
    }
  }
}
