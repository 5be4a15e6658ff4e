import LinearAlgebra
import Tensors
import Testing

@Suite struct SymmetricTests {
  @Test(arguments: 1...10)
  func eigenvectorsRebuildTheMatrix(order: Int) {
    var random = RandomSource(seed: UInt64(order))
    for trial in 0..<20 {
      var matrix = SymmetricMatrix(zeros: order)
      for row in 0..<order {
        for column in row..<order { matrix[row, column] = random.normal() }
      }
      // Repeated eigenvalues and rank one are the hard cases.
      if trial == 0 { matrix = SymmetricMatrix(zeros: order) }
      if trial == 1 {
        matrix = SymmetricMatrix(outer: (0..<order).map { _ in random.normal() })
      }
      let (values, vectors) = matrix.eigensystem()
      #expect(values == values.sorted(by: >))
      for row in 0..<order {
        for column in 0..<order {
          var rebuilt = 0.0
          var product = 0.0
          for k in 0..<order {
            rebuilt += values[k] * vectors[k][row] * vectors[k][column]
            product += vectors[row][k] * vectors[column][k]
          }
          #expect(abs(rebuilt - matrix[row, column]) < 1e-12)
          #expect(abs(product - (row == column ? 1 : 0)) < 1e-13)
        }
      }
    }
  }

  @Test func closedFormsAreTheEigenvalues() {
    var random = RandomSource(seed: 4)
    for _ in 0..<50 {
      for order in 2...3 {
        var matrix = SymmetricMatrix(zeros: order)
        for row in 0..<order {
          for column in row..<order { matrix[row, column] = random.normal() }
        }
        let m = matrix.elements
        let values: [Double]
        if order == 2 {
          let pair = SymmetricEigenvalues.of(yy: m[0], yx: m[1], xx: m[2])
          values = [pair.0, pair.1]
        } else {
          let triple = SymmetricEigenvalues.of(
            zz: m[0], zy: m[1], zx: m[2], yy: m[3], yx: m[4], xx: m[5])
          values = [triple.0, triple.1, triple.2]
        }
        for (value, expected) in zip(values, matrix.eigensystem().values) {
          #expect(abs(value - expected) < 1e-9)
        }
      }
    }
  }
}
