import Foundation
import ImageAnalysis
import LinearAlgebra
import Tensors
import TestSupport
import Testing

@Suite struct EigensystemTests {
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
