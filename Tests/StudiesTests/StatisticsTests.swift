import Testing

@testable import Studies

@Suite struct StatisticsTests {
  @Test(arguments: [(1, 12.706), (2, 4.303), (3, 3.182), (4, 2.776), (9, 2.262), (30, 2.042)])
  func quantilesOfStudentsT(_ degrees: Int, _ expected: Double) {
    #expect(abs(StudentsT(degrees: degrees).quantile(0.975) - expected) < 6e-4)
  }
}
