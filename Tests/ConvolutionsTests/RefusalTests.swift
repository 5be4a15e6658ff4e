import Tensors
import Testing

@testable import Convolutions

/// Every mistake gets one sentence that names what was given and what was expected.
@Suite struct RefusalTests {
  private func message(_ body: () throws -> Void) -> String {
    do {
      try body()
      return ""
    } catch {
      return "\(error)"
    }
  }

  @Test func channelsThatDoNotFit() {
    #expect(
      message { _ = try Convolution(input: [3, 64, 64], kernel: [8, 1, 3, 3]) }
        == "kernel [8, 1, 3, 3] expects 1 input channel; the input [1, 3, 64, 64] has 3")
    #expect(
      message { _ = try Convolution(input: [3, 64, 64], kernel: [8, 2, 3, 3], groups: 2) }
        == "kernel [8, 2, 3, 3] expects 2 groups of 2 input channels; the input [1, 3, 64, 64] has 3"
    )
  }

  @Test func parametersOutOfRange() {
    let image: Shape = [1, 1, 8, 8]
    let refused: [(String, () throws -> Void)] = [
      ("groups", { _ = try Convolution(input: [1, 3, 8, 8], kernel: [4, 1, 3, 3], groups: 3) }),
      (
        "stride [0, 1]",
        { _ = try Convolution(input: image, kernel: [1, 1, 3, 3], stride: [0, 1]) }
      ),
      ("dilation", { _ = try Convolution(input: image, kernel: [1, 1, 3, 3], dilation: [-1]) }),
      (
        "1 or 2 numbers",
        { _ = try Convolution(input: image, kernel: [1, 1, 3, 3], stride: [1, 1, 1]) }
      ),
      (
        "does not fit", { _ = try Convolution(input: image, kernel: [1, 1, 9, 3], border: .valid) }
      ),
      (
        "center [3, 0]",
        { _ = try Convolution(input: image, kernel: [1, 1, 3, 3], center: [3, 0]) }
      ),
      ("rank 2", { _ = try Convolution(input: [8, 8], kernel: [3, 3]) }),
      ("rank 7", { _ = try Convolution(input: image, kernel: [1, 1, 3, 3, 3, 3, 3]) }),
      ("rank 5", { _ = try Convolution(input: [1, 1, 8, 8, 8], kernel: [1, 1, 3, 3]) }),
      ("empty", { _ = try Convolution(input: [1, 1, 0, 8], kernel: [1, 1, 1, 1]) }),
      (
        "padding [1]:[1]",
        { _ = try Convolution(input: image, kernel: [1, 1, 3, 3], padding: .symmetric([1])) }
      ),
      (
        "padding [9223372036854775807, 0]",
        {
          _ = try Convolution(
            input: image, kernel: [1, 1, 3, 3],
            padding: .explicit(before: [.max, 0], after: [.max, 0]))
        }
      ),
      (
        "output padding",
        {
          _ = try Convolution(
            transposing: image, kernel: [1, 1, 3, 3], stride: [2], outputPadding: [2])
        }
      ),
      ("expects 4", { _ = try Convolution(transposing: image, kernel: [4, 1, 3, 3]) }),
    ]
    for (expected, body) in refused {
      let text = message(body)
      #expect(text.contains(expected), "'\(text)' does not name \(expected)")
    }
  }

  @Test func namesThatDoNotExist() {
    #expect(message { _ = try Border(parsing: "reflect") }.contains("mirror, symmetric"))
    #expect(
      message { _ = try Border(parsing: "constant:x") }.contains("'x' is not a finite number"))
    #expect(message { _ = try Padding(parsing: "1,x") }.contains("padding '1,x'"))
    #expect(message { _ = try Algorithm(parsing: "fft") }.contains("fourier"))
  }

  @Test func textsThatAreUnderstood() throws {
    for border in ConvolutionCases.borders {
      #expect(try Border(parsing: border.description) == border)
    }
    #expect(try Padding(parsing: "1,2:0,-3") == .explicit(before: [1, 2], after: [0, -3]))
    #expect(try Padding(parsing: "2") == .symmetric([2]))
    #expect(try Padding(parsing: "same") == .same)
  }

  @Test func algorithmsSayWhyTheyDecline() throws {
    let convolution = try Convolution(input: [1, 1, 9, 9], kernel: [1, 1, 3, 3])
    #expect(
      message { _ = try convolution.plan(.separable) }.contains("not known when planning"))
    let full = Tensor<Float>(shape: [1, 1, 3, 3], [1, 2, 3, 4, 5, 6, 7, 8, 10])
    #expect(
      message { _ = try convolution.plan(.separable, kernel: full) }.contains("outer product"))
    // A gradient is not left to another algorithm without a word either.
    #expect(
      message { _ = try convolution.plan(.separable, for: [.inputGradient]) }
        .contains("not known when planning"))
    #expect(
      message { _ = try convolution.plan(.separable, for: [.kernelGradient]) }
        .contains("no loops for the map 'kernelGradient'"))
    let explanation = try convolution.plan().explanation.description
    for algorithm in ["direct", "separable", "fourier", "declined: the kernel is not known"] {
      #expect(explanation.contains(algorithm))
    }
  }
}
