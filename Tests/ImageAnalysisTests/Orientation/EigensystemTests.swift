import Foundation
import ImageAnalysis
import Tensors
import TestSupport
import Testing

@Suite struct EigensystemTests {
  @Test(arguments: 1...10)
  func decompositionsRebuildTheMatrix(order: Int) {
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

  @Test(arguments: 1...4)
  func fieldsAreTheirSamples(axes: Int) throws {
    var random = RandomSource(seed: 7)
    let space = Shape(Array([6, 5, 4, 3].prefix(axes)))
    let count = SymmetricMatrix.elementCount(order: axes)
    let field = try OrientationTensor(
      components: .normal(shape: Shape([count]) + space, using: &random))
    let eigen = field.eigensystem()
    #expect(eigen.values.shape == Shape([axes]) + space)
    #expect(eigen.vectors.shape == Shape([axes, axes]) + space)
    space.forEachIndex { index in
      let (values, vectors) = field[index].eigensystem()
      for k in 0..<axes {
        #expect(abs(Double(eigen.values[[k] + index]) - values[k]) < 1e-5)
        for axis in 0..<axes {
          #expect(abs(Double(eigen.vectors[[k, axis] + index]) - vectors[k][axis]) < 1e-5)
        }
      }
      let square = field[index].dot(field[index])
      #expect(abs(Double(field.norm[index]) - square.squareRoot()) < 1e-5)
    }
  }

  @Test func resultsDoNotDependOnThreads() throws {
    var random = RandomSource(seed: 3)
    let field = try OrientationTensor(components: .normal(shape: [6, 12, 31, 17], using: &random))
    expectSameForThreads(4) { field.eigensystem() }
  }
}
