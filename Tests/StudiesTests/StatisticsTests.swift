import Foundation
import Testing

@testable import Studies

@Suite struct StatisticsTests {
  /// From the tables of the t distribution.
  @Test(arguments: [(1, 12.7062), (2, 4.3027), (3, 3.1824), (4, 2.7764), (9, 2.2622), (30, 2.0423)])
  func quantilesOfStudentsT(_ degrees: Int, _ expected: Double) {
    #expect(abs(StudentsT(degrees: degrees).quantile(0.975) - expected) < 6e-5)
  }

  @Test func studentsTIsSymmetric() {
    for degrees in 1...7 {
      for t in [0.1, 0.7, 2.3, 11] {
        let distribution = StudentsT(degrees: degrees)
        #expect(abs(distribution.cumulative(t) + distribution.cumulative(-t) - 1) < 1e-14)
      }
    }
  }

  /// Cauchy's distribution is Student's with one degree.
  @Test func oneDegreeIsCauchy() {
    for t in [-3.0, -0.5, 0, 1, 8] {
      #expect(abs(StudentsT(degrees: 1).cumulative(t) - (0.5 + atan(t) / .pi)) < 1e-14)
    }
  }

  @Test func signTestCountsCoins() {
    // 1 of 5: 2 · (1 + 5) / 32
    #expect(abs(PairedTest.signTest(1, 4) - 12.0 / 32) < 1e-12)
    #expect(PairedTest.signTest(3, 3) == 1)
    #expect(PairedTest.signTest(0, 0) == 1)
    #expect(PairedTest.signTest(0, 2000) < 1e-300)
  }

  /// With two arms a randomised block design is the paired t-test.
  @Test func twoArmsAreThePairedTest() throws {
    let (first, second) = ([0.81, 0.84, 0.80, 0.86], [0.79, 0.83, 0.75, 0.82])
    let differences = zip(first, second).map { $0 - $1 }
    let mean = differences.reduce(0, +) / 4
    let variance = differences.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 3
    let t = mean / (variance / 4).squareRoot()
    let expected = 2 * (1 - StudentsT(degrees: 3).cumulative(t))
    let probability = try #require(SeedBlocks([first, second]).probability(of: mean))
    #expect(abs(probability - expected) < 1e-12)
  }

  @Test func holmNeverFallsAndNeverHelps() {
    let hits = [[true, false], [true, true]]
    let tests = [0.01, 0.04, 0.03, 0.5].map { probability in
      var test = PairedTest("a", "b", size: 1, hits, hits, SeedBlocks([[1, 1], [1, 1]]))
      test.probability = probability
      return test
    }
    let corrected = PairedTest.corrected(tests).map(\.probability)
    #expect(corrected == [0.04, 0.09, 0.09, 0.5])
  }

  @Test func intervalHoldsTheMean() {
    let estimate = Estimate([0.8, 0.9])
    #expect(abs(estimate.mean - 0.85) < 1e-12)
    #expect(abs(estimate.margin - 12.7062 * 0.05) < 1e-4)
    #expect(Estimate([0.5]).margin == 0)
  }
}
