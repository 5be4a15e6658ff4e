import ImageAnalysis
import LinearAlgebra
import Tensors
import Testing

@Suite struct DualTensorTests {
  @Test(arguments: DirectionSets.isotropic)
  func evenlySpreadSetsHaveTheClosedForm(directions: [[Double]]) throws {
    let duals = try DualTensors(directions: directions)
    let axes = duals.dimensions
    let factor = Double(axes * (axes + 2)) / Double(2 * directions.count)
    for (direction, dual) in zip(directions, duals.tensors) {
      for row in 0..<axes {
        for column in 0..<axes {
          let identity = row == column ? 1 / Double(axes + 2) : 0
          let expected = factor * (direction[row] * direction[column] - identity)
          #expect(abs(dual[row, column] - expected) < 1e-12)
        }
      }
    }
  }

  @Test(arguments: 1...4)
  func squaredProjectionsGiveTheOuterProduct(axes: Int) throws {
    var random = RandomSource(seed: UInt64(axes))
    func unit() -> [Double] {
      let vector = (0..<axes).map { _ in random.normal() }
      let norm = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
      return vector.map { $0 / norm }
    }
    // Any set that spans will do, the customary ones and a random one with directions to spare.
    let count = SymmetricMatrix.elementCount(order: axes)
    var sets = DirectionSets.isotropic.filter { $0[0].count == axes }
    sets.append((0..<count + 5).map { _ in unit() })
    for directions in sets {
      let duals = try DualTensors(directions: directions)
      for _ in 0..<10 {
        let x = (0..<axes).map { _ in random.normal() }
        var sum = SymmetricMatrix(zeros: axes)
        for (direction, dual) in zip(directions, duals.tensors) {
          let projection = zip(x, direction).reduce(0) { $0 + $1.0 * $1.1 }
          for row in 0..<axes {
            for column in row..<axes {
              sum[row, column] += projection * projection * dual[row, column]
            }
          }
        }
        let scale = x.reduce(0) { $0 + $1 * $1 }
        for row in 0..<axes {
          for column in 0..<axes {
            #expect(abs(sum[row, column] - x[row] * x[column]) < 1e-12 * scale)
          }
        }
      }
    }
  }

  @Test func setsThatDoNotSpanAreRefused() {
    let refusals: [([[Double]], String)] = [
      ([], "an orientation tensor needs directions; none were given"),
      (
        DirectionSets.planar(2),
        "the 2 directions span 2 of the 3 dimensions of symmetric tensors of 2 axes; give at least 3 "
          + "directions that spread evenly"
      ),
      (
        // Six directions in one plane of space.
        DirectionSets.planar(6).map { [0] + $0 },
        "the 6 directions span 3 of the 6 dimensions of symmetric tensors of 3 axes; give at least 6 "
          + "directions that spread evenly"
      ),
      (
        [[1, 0], [0, 2], [0, 1]], "direction [0.0, 2.0] has length 2.0; directions are unit vectors"
      ),
      (
        [[1, 0], [0, 0, 1]],
        "directions [1.0, 0.0] and [0.0, 0.0, 1.0] differ in their number of axes"
      ),
    ]
    for (directions, message) in refusals {
      #expect(throws: FiltersmithError(.argument, message)) {
        try DualTensors(directions: directions)
      }
    }
  }
}
