import Tensors
import Testing

@testable import Convolutions

/// The convolution as a matrix.
@Suite struct ConvolutionMatrixTests {
  @Test func agreesWithTheDefinition() throws {
    for data in CaseData.dense {
      let matrix = try ConvolutionMatrix(data.convolution, kernel: data.kernel)
      #expect(relativeError(matrix.applied(to: data.input), data.output) <= 1e-12)
      let transposed = matrix.transposeApplied(to: data.gradient)
      #expect(relativeError(transposed, data.inputGradient) <= 1e-12)
    }
  }

  /// The lecture's picture: a kernel of three taps on five samples.
  @Test func rowsRepeatTheKernel() throws {
    let convolution = try Convolution(input: [1, 1, 5], kernel: [1, 1, 3], border: .zero)
    let kernel = Tensor<Double>(shape: [1, 1, 3]) { [2, 3, 5][$0[2]] }
    let matrix = try ConvolutionMatrix(
      convolution, kernel: kernel, bias: Tensor<Double>([7.0]))
    let expected: [Double] = [
      3, 5, 0, 0, 0, 2, 3, 5, 0, 0, 0, 2, 3, 5, 0, 0, 0, 2, 3, 5, 0, 0, 0, 2, 3,
    ]
    #expect(matrix.dense.elements == expected)
    #expect(matrix.offsets == [7, 7, 7, 7, 7])
    #expect(matrix.values.count == 13)
  }

  @Test func whatDoesNotFitIsRefused() throws {
    let small = try Convolution(input: [1, 1, 5], kernel: [1, 1, 3])
    #expect(throws: FiltersmithError.self) {
      try ConvolutionMatrix(small, kernel: Tensor<Double>(zeros: [1, 1, 4]))
    }
    let huge = try Convolution(input: [1, 1, 4096, 4096], kernel: [1, 1, 9, 9])
    #expect(throws: FiltersmithError.self) {
      try ConvolutionMatrix(huge, kernel: Tensor<Float>(zeros: [1, 1, 9, 9]))
    }
  }
}
