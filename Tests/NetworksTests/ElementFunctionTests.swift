import Foundation
import SIMDLoops
import Tensors
import TestSupport
import Testing

@testable import Networks

/// The loops of element-wise functions against the C library's double precision, on every instruction set.
@Suite struct ElementFunctionTests {
  /// A function and what it is compared with.
  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let function: ElementFunction
    var parameter: Float = 0
    /// The largest error in units in the last place.
    let ulps: Double
    /// Where that holds; below it the error is at most `absolute`.
    var from = -Double.infinity
    var absolute = 0.0
    /// Whether the derivative is computed from the function's value.
    var readsValue = false
    let reference: @Sendable (Double) -> Double
  }

  static let cases = [
    Case(testDescription: "exp", function: ELEMENT_EXP, ulps: 1.1) { exp($0) },
    Case(testDescription: "log", function: ELEMENT_LOG, ulps: 0.9) { log($0) },
    Case(testDescription: "erf", function: ELEMENT_ERF, ulps: 1.3) { erf($0) },
    Case(testDescription: "relu", function: ELEMENT_RELU, ulps: 0, readsValue: true) {
      max($0, 0)
    },
    Case(
      testDescription: "leaky relu", function: ELEMENT_LEAKY_RELU, parameter: 0.25, ulps: 0.5,
      readsValue: true
    ) { max($0, $0 / 4) },
    Case(testDescription: "elu", function: ELEMENT_ELU, parameter: 0.75, ulps: 2) {
      $0 < 0 ? 0.75 * expm1($0) : $0
    },
    Case(testDescription: "gelu", function: ELEMENT_GELU, ulps: 5.2) {
      $0 < -40 ? -0.0 : $0 * 0.5 * erfc(-$0 * 0.5.squareRoot())
    },
    Case(
      testDescription: "gelu by tanh", function: ELEMENT_GELU_BY_TANH, ulps: 4.5, from: -0.5,
      absolute: 2e-7
    ) {
      $0 < -40 ? -0.0 : $0 * logistic((8 / Double.pi).squareRoot() * $0 * (1 + 0.044715 * $0 * $0))
    },
    Case(testDescription: "silu", function: ELEMENT_SILU, ulps: 3) {
      $0 < -1000 ? -0.0 : $0 * logistic($0)
    },
    Case(testDescription: "sigmoid", function: ELEMENT_SIGMOID, ulps: 2.4, readsValue: true) {
      logistic($0)
    },
    Case(testDescription: "tanh", function: ELEMENT_TANH, ulps: 2, readsValue: true) {
      tanh($0)
    },
    Case(testDescription: "softplus", function: ELEMENT_SOFTPLUS, ulps: 2, readsValue: true) {
      max($0, 0) + log1p(exp(-abs($0)))
    },
  ]

  @Sendable private static func logistic(_ x: Double) -> Double {
    x < 0 ? exp(x) / (1 + exp(x)) : 1 / (1 + exp(-x))
  }

  private static func values(_ golden: Case, _ x: [Float]) -> [Float] {
    [Float](unsafeUninitializedCapacity: x.count) { target, count in
      element_values(golden.function, golden.parameter, x, target.baseAddress, x.count)
      count = x.count
    }
  }

  private static func derivatives(_ golden: Case, _ x: [Float], _ g: [Float]) -> [Float] {
    [Float](unsafeUninitializedCapacity: x.count) { target, count in
      element_gradients(golden.function, golden.parameter, x, g, target.baseAddress, x.count)
      count = x.count
    }
  }

  /// The error of a value in units in the last place of the exact one.
  private static func ulps(_ value: Float, _ exact: Double) -> Double {
    let nearest = Float(exact)
    if value == nearest || (value.isNaN && nearest.isNaN) { return 0 }
    let unit = nearest.isFinite ? nearest.ulp : Float.greatestFiniteMagnitude.ulp
    return value.isNaN ? .infinity : abs(Double(value) - exact) / Double(unit)
  }

  /// Every 2503rd number of all 2³², of both signs, subnormal, infinite and NaN.
  @Test(arguments: cases)
  func valuesAreAccurate(_ golden: Case) {
    let x = stride(from: UInt32(0), through: .max - 2503, by: 2503).map {
      Float(bitPattern: $0)
    }
    let exact = x.map { golden.reference(Double($0)) }
    forEachSIMDLevel { level in
      var (worst, place, largest) = (0.0, Float(0), 0.0)
      for ((argument, value), exact) in zip(zip(x, Self.values(golden, x)), exact) {
        if Double(argument) < golden.from {
          largest = max(largest, abs(Double(value) - exact))
          continue
        }
        let error = argument.isNaN && !value.isNaN ? .infinity : Self.ulps(value, exact)
        if error > worst { (worst, place) = (error, argument) }
      }
      #expect(worst <= golden.ulps, "\(level) at \(place)")
      #expect(largest <= golden.absolute, "\(level)")
    }
  }

  @Test func extremesAreRight() {
    let x: [Float] = [0, -0.0, .infinity, -.infinity, .leastNonzeroMagnitude]
    let (tiny, halfway) = (Float.leastNonzeroMagnitude, Float(log(2.0)))
    let expected: [String: [Float]] = [
      "exp": [1, 1, .infinity, 0, 1],
      "log": [-.infinity, -.infinity, .infinity, .nan, Float(log(Double(tiny)))],
      "erf": [0, -0.0, 1, -1, tiny], "relu": [0, 0, .infinity, 0, tiny],
      "leaky relu": [0, -0.0, .infinity, -.infinity, tiny],
      "elu": [0, -0.0, .infinity, -0.75, tiny],
      "gelu": [0, -0.0, .infinity, -0.0, tiny],
      "gelu by tanh": [0, -0.0, .infinity, -0.0, 0],
      "silu": [0, -0.0, .infinity, -0.0, 0], "sigmoid": [0.5, 0.5, 1, 0, 0.5],
      "tanh": [0, -0.0, 1, -1, tiny],
      "softplus": [halfway, halfway, .infinity, 0, halfway],
    ]
    forEachSIMDLevel { level in
      for golden in Self.cases {
        let found = Self.values(golden, x)
        for (value, wanted) in zip(found, expected[golden.testDescription] ?? []) {
          #expect(
            value == wanted && value.sign == wanted.sign || value.isNaN && wanted.isNaN,
            "\(golden.testDescription) \(level): \(found)")
        }
      }
    }
  }

  /// Derivatives times 3, against central differences of the exact function.
  @Test(arguments: cases)
  func derivativesAgreeWithDifferences(_ golden: Case) {
    // No number is at the corner of a rectifier.
    let x = stride(from: -15.9, to: 16, by: 0.0123).map { Float($0) }
      .filter { golden.function != ELEMENT_LOG || $0 > 0.5 }
    let step = 1e-4
    let exact = x.map {
      (golden.reference(Double($0) + step) - golden.reference(Double($0) - step)) / (2 * step)
    }
    let read = golden.readsValue ? x.map { Float(golden.reference(Double($0))) } : x
    forEachSIMDLevel { level in
      let found = Self.derivatives(golden, read, [Float](repeating: 3, count: x.count))
      for ((argument, value), exact) in zip(zip(x, found), exact) {
        #expect(
          abs(Double(value) - 3 * exact) <= 1e-6 * max(1, abs(exact)),
          "\(level) at \(argument)")
      }
    }
  }

  @Test(arguments: cases)
  func derivativesFarOutAreFinite(_ golden: Case) {
    let x: [Float] = [-.infinity, -.greatestFiniteMagnitude, -200, 200, .greatestFiniteMagnitude]
    guard !golden.readsValue, golden.function != ELEMENT_LOG, golden.function != ELEMENT_EXP
    else { return }
    forEachSIMDLevel { level in
      let found = Self.derivatives(golden, x, [Float](repeating: 1, count: x.count))
      let after: Float = golden.function == ELEMENT_ERF ? 0 : 1
      #expect(found == [0, 0, 0, after, after], "\(level)")
    }
  }

  /// Every number alone, and in rows of every length that starts anywhere.
  @Test(arguments: cases)
  func bitsDoNotDependOnThePlace(_ golden: Case) {
    var source = RandomSource(seed: 4)
    let x = Tensor<Float>.normal(shape: [41], deviation: 3, using: &source).elements
    let g = Tensor<Float>.normal(shape: [41], using: &source).elements
    forEachSIMDLevel { level in
      let alone = x.map { Self.values(golden, [$0])[0].bitPattern }
      let gradients = zip(x, g).map { Self.derivatives(golden, [$0], [$1])[0].bitPattern }
      for first in 0..<8 {
        for last in first..<x.count {
          let row = Array(x[first...last])
          #expect(Self.values(golden, row).map(\.bitPattern) == Array(alone[first...last]))
          #expect(
            Self.derivatives(golden, row, Array(g[first...last])).map(\.bitPattern)
              == Array(gradients[first...last]))
        }
      }
    }
  }
}
