import Foundation
import Tensors
import TestSupport
import Testing

@testable import Convolutions

/// How plans are chosen, explained and fitted.
@Suite struct PlannerTests {
  @Test func measuringPicksTheFastestMeasured() throws {
    let convolution = try Convolution(input: [1, 1, 64, 70], kernel: [2, 1, 5, 5])
    let kernel = Tensor<Float>(repeating: 0.5, shape: convolution.kernel)
    let plan = try convolution.plan(.measured, for: LinearMap.allCases, kernel: kernel)
    for choice in plan.explanation.choices {
      let times = choice.assessments.compactMap { candidate in
        candidate.measured.map { (candidate.algorithm, $0) }
      }
      #expect(!times.isEmpty)
      let fastest = try #require(times.min { $0.1 < $1.1 })
      #expect(choice.algorithm == fastest.0)
    }
    for map in LinearMap.allCases {
      let first = try #require(plan.explanation.choices.first { $0.map == map })
      #expect(try plan.algorithm(for: map) == first.algorithm)
    }
    #expect("\(plan.explanation)".contains("ms measured"))
  }

  /// What is far slower by its estimate is not timed, and has no time rather than an endless one.
  @Test func hopelessCandidatesHaveNoTime() throws {
    let convolution = try Convolution(input: [1, 1, 256, 256], kernel: [1, 1, 9, 9])
    let candidates = try #require(
      try convolution.plan(.measured).explanation.choices.first
    ).assessments
    let estimates = candidates.map { candidate -> Double in
      if case .estimate(let seconds, _) = candidate.assessment { seconds } else { .infinity }
    }
    let least = try #require(estimates.min())
    #expect(estimates.contains { $0 > 12 * least && $0 < .infinity })
    for (candidate, estimate) in zip(candidates, estimates) {
      #expect((candidate.measured != nil) == (estimate <= 12 * least), "\(candidate.algorithm)")
      #expect(candidate.measured?.isFinite ?? true)
    }
  }

  @Test func automaticPlansTakeTheCheapestEstimate() throws {
    let convolution = try Convolution(input: [2, 3, 40, 41], kernel: [8, 3, 3, 3], padding: .same)
    for choice in try convolution.plan(for: LinearMap.allCases).explanation.choices {
      var cheapest: (Algorithm, Double)?
      for candidate in choice.assessments {
        #expect(candidate.measured == nil)
        guard case .estimate(let seconds, let scratch) = candidate.assessment else { continue }
        #expect(seconds > 0 && scratch >= 0)
        if seconds < cheapest?.1 ?? .infinity { cheapest = (candidate.algorithm, seconds) }
      }
      #expect(choice.algorithm == cheapest?.0)
    }
  }

  /// The algorithm decides the bits of results, so it must be the same for any number of threads.
  @Test func estimatesDoNotDependOnThreads() {
    let threads = Threads.count
    defer { Threads.count = threads }
    let calibration = Calibration(
      entries: CalibrationProblem.random(count: 100, seed: 4).map { problem in
        Calibration.Entry(
          problem: problem,
          seconds: Dictionary(uniqueKeysWithValues: Algorithm.allCases.map { ($0, 1) }))
      })
    Threads.count = 1
    let expected = calibration.estimates(.current)
    #expect(expected.contains { $0.count > 1 })
    for count in [2, 3, 8] {
      Threads.count = count
      #expect(calibration.estimates(.current) == expected, "\(count) threads")
    }
  }

  @Test func regretIsWhatTheNextBestTakes() throws {
    let problems = CalibrationProblem.random(count: 2, seed: 4)
    let calibration = Calibration(entries: [
      Calibration.Entry(
        problem: problems[0], seconds: [.direct: 1, .planar: 4, .matrixProduct: 9]),
      Calibration.Entry(problem: problems[1], seconds: [.winograd: 2]),
    ])
    let regrets = Dictionary(
      uniqueKeysWithValues: calibration.regrets.map { ($0.algorithm, $0) })
    #expect(regrets[.direct]?.wins == 1 && regrets[.direct]?.worst == 4)
    #expect(abs((regrets[.direct]?.mean ?? 0) - 2) < 1e-12)
    // Nothing else was worth timing.
    #expect(regrets[.winograd]?.worst == Calibration.hopelessRatio)
    #expect(regrets[.planar]?.mean == 1 && regrets[.planar]?.wins == 0)
    #expect(calibration.regrets.first?.algorithm == .winograd)
  }

  @Test func problemsFollowFromTheSeed() {
    let problems = CalibrationProblem.random(count: 60, seed: 1)
    #expect(problems == CalibrationProblem.random(count: 60, seed: 1))
    #expect(problems != CalibrationProblem.random(count: 60, seed: 2))
    #expect(Set(problems.map(\.convolution.spatialRank)) == [1, 2, 3, 4])
    #expect(Set(problems.map(\.map)) == [.forward, .kernelGradient])
    for problem in problems {
      #expect((100_000...300_000_000).contains(problem.convolution.multiplyAdds))
    }
  }

  @Test func costsAreReplacedByName() throws {
    let table = CostTable.builtIn
    #expect(table.coefficients.count >= 5)
    #expect(table.coefficients.values.allSatisfy { $0 > 0 })
    for name in table.coefficients.keys {
      let changed = table.replacing([name: 7])
      #expect(changed.coefficients[name] == 7)
      #expect(changed.processor == table.processor)
      for (other, value) in table.coefficients where other != name {
        #expect(changed.coefficients[other] == value)
      }
    }
    #expect(table.replacing(["no such cost": 1]) == table)
  }

  /// Costs that made the times are found again from others that are far off.
  @Test func fittingRecoversTheCostsBehindTimes() throws {
    let truth = CostTable.builtIn
    let names = truth.coefficients.keys.sorted()
    var factors: [String: Double] = [:]
    for (position, name) in names.enumerated() {
      factors[name] = (truth.coefficients[name] ?? 0) * (position % 2 == 0 ? 2 : 0.4)
    }
    let problems = CalibrationProblem.random(count: 30, seed: 3)
    let blank = Calibration(
      entries: problems.map { problem in
        Calibration.Entry(
          problem: problem,
          seconds: Dictionary(uniqueKeysWithValues: Algorithm.allCases.map { ($0, 1) }))
      })
    let exact = Calibration(
      entries: zip(problems, blank.estimates(truth)).map { problem, seconds in
        Calibration.Entry(problem: problem, seconds: seconds)
      })
    #expect(exact.agreement(of: truth, within: 1).agreeing == problems.count)
    let wrong = truth.replacing(factors)
    let fitted = exact.fitted(from: wrong)
    func error(_ table: CostTable) -> Double {
      zip(exact.estimates(table), exact.entries).reduce(0) { sum, pair in
        pair.0.reduce(sum) { sum, estimate in
          let measured = pair.1.seconds[estimate.key] ?? estimate.value
          return max(sum, abs(estimate.value / measured - 1))
        }
      }
    }
    #expect(error(wrong) > 0.5)
    #expect(error(fitted) < 0.25)
    #expect(exact.agreement(of: fitted, within: 1.25).agreeing >= problems.count - 1)
  }

  @Test func tablesOfOtherProcessorsAreRefused() throws {
    // The stored table, if there is one, must be of this processor; its absence is no failure.
    if let table = try? CostTable.stored() {
      #expect(table.processor == CostTable.thisProcessor)
    }
    #expect(CostTable.thisProcessor.contains("vectors of"))
  }
}

/// What does not belong to a plan is refused with a sentence instead of being read.
@Suite struct PlanMismatchTests {
  private func plan(_ size: Int, _ maps: [LinearMap] = [.forward]) throws -> ConvolutionPlan<Float>
  {
    try Convolution(input: [1, 2, size, size], kernel: [4, 2, 3, 3], padding: .same)
      .plan(for: maps)
  }

  @Test func kernelsOfOtherPlansAndMaps() throws {
    let (small, large) = (try plan(8, [.forward, .inputGradient]), try plan(20))
    let kernel = Tensor<Float>(repeating: 1, shape: [4, 2, 3, 3])
    let image = Tensor<Float>(zeros: [1, 2, 8, 8])
    let foreign = try large.prepare(kernel)
    let ofOtherMap = try small.prepare(kernel, for: .inputGradient)
    for prepared in [foreign, ofOtherMap] {
      var output = Tensor<Float>(zeros: [1, 4, 8, 8])
      let message = refusal { try small.forward(image, prepared: prepared, into: &output) }?.message
      #expect(message?.contains("prepared for the map") == true)
      #expect(output.elements.allSatisfy { $0 == 0 })
      _ = refusal { try small.pairMagnitudes(image, prepared: prepared, into: &output) }
    }
    // A plan of the same form reads it.
    let twin = try plan(8, [.forward, .inputGradient])
    #expect(
      try twin.forward(image, prepared: small.prepare(kernel))
        == small.forward(image, kernel: kernel))
  }

  @Test func tensorsAndMapsThatDoNotFit() throws {
    let plan = try plan(8)
    let kernel = Tensor<Float>(repeating: 1, shape: [4, 2, 3, 3])
    let image = Tensor<Float>(zeros: [1, 2, 8, 8])
    for shape: Shape in [[1, 2, 8, 9], [2, 2, 8, 8], [1, 8, 2, 8], [128], [8, 8]] {
      let wrong = Tensor<Float>(zeros: shape)
      #expect(refusal { _ = try plan.forward(wrong, kernel: kernel) }?.kind == .shape)
      #expect(refusal { _ = try plan.prepare(wrong) }?.kind == .shape)
    }
    var output = Tensor<Float>(zeros: [1, 4, 8, 7])
    _ = refusal { try plan.forward(image, prepared: plan.prepare(kernel), into: &output) }
    #expect(
      refusal { _ = try plan.forward(image, kernel: kernel, bias: Tensor(zeros: [3])) }?.kind
        == .shape)
    #expect(refusal { _ = try plan.forward(image) }?.message.contains("without") == true)
    for map in [LinearMap.inputGradient, .kernelGradient] {
      #expect(refusal { _ = try plan.algorithm(for: map) }?.message.contains(map.rawValue) == true)
    }
    let gradient = Tensor<Float>(zeros: [1, 4, 8, 8])
    _ = refusal { _ = try plan.inputGradient(gradient, kernel: kernel) }
    _ = refusal { _ = try plan.kernelGradient(input: image, outputGradient: gradient) }
    _ = refusal { _ = try plan.prepare(kernel, for: .inputGradient) }
  }

  /// Numbers whose products would overflow, and what no memory holds.
  @Test func enormousGeometry() {
    let huge = 1 << 40
    func refused(_ body: () throws -> Void) { #expect(refusal(#_sourceLocation, body) != nil) }
    refused { _ = try Convolution(input: [1, 1, huge, 8], kernel: [1, 1, 3, 3]) }
    refused { _ = try Convolution(input: [1, 1, 8, 8], kernel: [1, 1, 3, 3], dilation: [huge]) }
    refused { _ = try Convolution(input: [1, 1, 8, 8], kernel: [1, 1, 3, 3], stride: [huge]) }
    refused { _ = try Convolution(input: [1, 1, 8, 8], kernel: [1, 1, 3, 3], stride: [-1]) }
    refused {
      _ = try Convolution(
        input: [1, 1, 8, 8], kernel: [1, 1, 3, 3], padding: .same, stride: [Int.max])
    }
    refused {
      _ = try Convolution(
        input: [1, 1, 8, 8], kernel: [1, 1, 3, 3],
        padding: .explicit(before: [Int.max, 0], after: [1, 0]))
    }
    refused {
      _ = try Convolution(transposing: [1, 1, 8, 8], kernel: [1, 1, 3, 3], stride: [Int.max])
    }
    refused {
      _ = try Convolution(transposing: [1, 4, 8, 8], kernel: [4, 1, 3, 3], groups: 1 << 62)
    }
    refused {
      _ = try Convolution(
        transposing: [1, 1, 8, 8], kernel: [1, 1, 3, 3], outputPadding: [Int.max])
    }
  }
}
