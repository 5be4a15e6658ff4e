import Foundation
import ImageAnalysis
import Numerics
import Tensors
import Testing

@Suite struct OrientationTensorTests {
  /// A field of one sample per direction, made from the magnitudes (x·n_k)² of ideal filters.
  private func field(of samples: [[Double]], directions: [[Double]]) throws -> OrientationTensor {
    let axes = directions[0].count
    let space = Shape([samples.count] + Array(repeating: 1, count: axes - 1))
    let magnitudes = Tensor<Float>(shape: Shape([directions.count]) + space) { index in
      let projection = zip(samples[index[1]], directions[index[0]]).reduce(0) { $0 + $1.0 * $1.1 }
      return Float(projection * projection)
    }
    return try OrientationTensor(magnitudes: magnitudes, directions: directions)
  }

  @Test(arguments: DirectionSets.isotropic)
  func idealMagnitudesGiveTheOuterProduct(directions: [[Double]]) throws {
    var random = RandomSource(seed: 11)
    let axes = directions[0].count
    let samples = (0..<40).map { _ in (0..<axes).map { _ in random.normal() } }
    let field = try field(of: samples, directions: directions)
    let eigen = field.eigensystem()
    for (position, x) in samples.enumerated() {
      let index = [position] + Array(repeating: 0, count: axes - 1)
      let square = x.reduce(0) { $0 + $1 * $1 }
      for row in 0..<axes {
        for column in 0..<axes {
          #expect(abs(field[index][row, column] - x[row] * x[column]) < 1e-5 * (1 + square))
        }
      }
      // The largest eigenvalue is the amplitude, its vector the direction, whatever its sign.
      #expect(abs(Double(eigen.values[[0] + index]) - square) < 1e-5 * (1 + square))
      let along = (0..<axes).reduce(0) { $0 + Double(eigen.vectors[[0, $1] + index]) * x[$1] }
      #expect(abs(along * along - square) < 1e-5 * (1 + square))
    }
  }

  @Test func angleIsMeasuredFromXTowardsY() throws {
    let angles = [0, 0.3, 1.2, Double.pi / 2, -0.7, -1.5]
    let samples = angles.map { [2 * sin($0), 2 * cos($0)] }
    let doubled = try field(of: samples, directions: DirectionSets.planar(4)).doubleAngle()
    for (position, angle) in angles.enumerated() {
      #expect(abs(Double(doubled.angle[position, 0]) - angle) < 1e-6)
      #expect(abs(Double(doubled.certainty[position, 0]) - 4) < 1e-5)
    }
    let nothing = try OrientationTensor(components: Tensor(zeros: [3, 1, 1])).doubleAngle()
    #expect(nothing.angle[0, 0] == 0)
    #expect(nothing.certainty[0, 0] == 0)
  }

  @Test(arguments: 1...4)
  func monomialResponsesOfASimpleSignalDoNotDependOnPhase(axes: Int) throws {
    // A wave of amplitude A along n answers with −A sin(phase) n and A cos(phase) n nᵀ.
    var random = RandomSource(seed: 5)
    let raw = (0..<axes).map { _ in random.normal() }
    let norm = raw.reduce(0) { $0 + $1 * $1 }.squareRoot()
    let n = raw.map { $0 / norm }
    let amplitude = 1.7
    let phases = (0..<12).map { Double($0) * .pi / 6 }
    let space = Shape([phases.count] + Array(repeating: 1, count: axes - 1))
    let pairs = (0..<axes).flatMap { row in (row..<axes).map { (row, $0) } }
    let first = Tensor<Float>(shape: Shape([axes]) + space) { index in
      Float(-amplitude * sin(phases[index[1]]) * n[index[0]])
    }
    let second = Tensor<Float>(shape: Shape([pairs.count]) + space) { index in
      let (row, column) = pairs[index[0]]
      return Float(amplitude * cos(phases[index[1]]) * n[row] * n[column])
    }
    let field = try OrientationTensor(first: first, second: second)
    for position in phases.indices {
      let tensor = field[[position] + Array(repeating: 0, count: axes - 1)]
      for (row, column) in pairs {
        #expect(abs(tensor[row, column] - amplitude * amplitude * n[row] * n[column]) < 1e-5)
      }
    }
  }

  @Test func smoothingAveragesWithoutMovingTheMean() throws {
    var random = RandomSource(seed: 2)
    let field = try OrientationTensor(components: .normal(shape: [3, 40, 31], using: &random))
    let smoothed = try field.smoothed(sigma: 2, border: .wrap)
    #expect(smoothed.components.shape == field.components.shape)
    // A periodic average keeps the sum; that of white noise shrinks by the kernel's energy.
    for component in 0..<3 {
      let before = try field.components.selected(axis: 0, at: component)
      let after = try smoothed.components.selected(axis: 0, at: component)
      #expect(abs(before.mean() - after.mean()) < 1e-5)
      #expect(after.variance() < before.variance() / 20)
    }
    // A constant field stays as it is, whatever the border.
    let constant = try OrientationTensor(components: Tensor(repeating: 3, shape: [6, 9, 8, 7]))
    let same = try constant.smoothed(sigma: [1, 0.5, 1.5])
    #expect(same.components.elements.allSatisfy { abs($0 - 3) < 1e-5 })
  }

  @Test func wrongShapesAreRefused() throws {
    let wrong = Tensor<Float>(zeros: [4, 5, 5])
    #expect(throws: FiltersmithError.self) { try OrientationTensor(components: wrong) }
    #expect(throws: FiltersmithError.self) {
      try OrientationTensor(magnitudes: wrong, directions: DirectionSets.planar(3))
    }
    #expect(throws: FiltersmithError.self) {
      try OrientationTensor(magnitudes: wrong, directions: DirectionSets.icosahedron)
    }
    #expect(throws: FiltersmithError.self) {
      try OrientationTensor(first: Tensor(zeros: [2, 5, 5]), second: wrong)
    }
    let volume = try OrientationTensor(components: Tensor(zeros: [6, 2, 2, 2]))
    #expect(throws: FiltersmithError.self) { try volume.doubleAngle() }
    #expect(throws: FiltersmithError.self) { try volume.smoothed(sigma: [1, 1]) }
    #expect(throws: FiltersmithError.self) { try volume.smoothed(sigma: 0) }
    #expect(throws: FiltersmithError.self) { try volume.smoothed(sigma: 1, border: .valid) }
  }
}
