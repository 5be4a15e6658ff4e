import Tensors

@testable import Convolutions

/// The convolutions that every algorithm is tested on.
enum ConvolutionCases {
  static let borders: [Border] = [
    .zero, .constant(1.5), .nearest, .mirror, .symmetric, .wrap, .valid, .full,
  ]

  /// Rank 1 to 4, odd and even kernels, kernels longer than the image, strides, dilations, groups.
  static let all: [Convolution] = {
    var cases: [Convolution] = []
    func add(_ make: () throws -> Convolution) {
      do { cases.append(try make()) } catch { preconditionFailure("\(error)") }
    }
    let shapes: [(Shape, Shape)] = [
      ([1, 1, 17], [1, 1, 5]), ([2, 3, 9], [2, 3, 4]), ([1, 1, 3], [1, 1, 8]),
      ([1, 1, 11, 13], [1, 1, 5, 3]), ([2, 2, 7, 9], [3, 2, 4, 4]), ([1, 1, 4, 3], [2, 1, 7, 5]),
      ([1, 1, 6, 7, 8], [2, 1, 3, 3, 3]), ([1, 2, 4, 5, 5], [2, 2, 2, 3, 4]),
      ([1, 1, 4, 4, 5, 5], [2, 1, 3, 3, 3, 3]), ([1, 2, 3, 4, 4, 5], [1, 2, 2, 3, 2, 3]),
    ]
    for (input, kernel) in shapes {
      for border in borders {
        let fits = zip(input.dropFirst(2), kernel.dropFirst(2)).allSatisfy { $0 >= $1 }
        if border == .valid, !fits { continue }
        add { try Convolution(input: input, kernel: kernel, border: border) }
      }
    }
    for border in borders where border != .valid {
      add {
        try Convolution(
          input: [2, 4, 9, 10], kernel: [6, 2, 3, 4], border: border, stride: [2, 3],
          dilation: [2, 1], groups: 2)
      }
      add {
        try Convolution(
          input: [1, 3, 6, 5, 7], kernel: [3, 1, 3, 2, 3], border: border, stride: [1, 2, 2],
          dilation: [1, 2, 1], groups: 3)
      }
    }
    let paddings: [Padding] = [
      .same, .valid, .symmetric([1, 2]), .explicit(before: [1, 0], after: [0, 3]),
      .explicit(before: [-1, 0], after: [2, -2]),
    ]
    for padding in paddings {
      for stride in [[1, 1], [2, 3]] {
        for dilation in [[1, 1], [1, 2]] {
          add {
            try Convolution(
              input: [2, 2, 9, 11], kernel: [4, 2, 3, 3], padding: padding, stride: stride,
              dilation: dilation)
          }
        }
      }
    }
    add { try Convolution(input: [1, 1, 12, 9], kernel: [1, 1, 4, 4], center: [1, 0]) }
    add { try Convolution(input: [1, 8, 5, 5], kernel: [8, 1, 3, 3], padding: .same, groups: 8) }
    add { try Convolution(input: [2, 5, 6, 6], kernel: [7, 5, 1, 1], padding: .valid) }
    add { try Convolution(input: [1, 1, 40, 50], kernel: [1, 1, 9, 11], border: .symmetric) }
    return cases
  }()
}

/// Random numbers for one case: input, kernel and output gradient.
struct CaseData {
  let input: Tensor<Double>
  let kernel: Tensor<Double>
  let gradient: Tensor<Double>

  /// - Parameter isSeparable: Whether the kernels shall be outer products.
  init(_ convolution: Convolution, isSeparable: Bool = false) {
    var source = RandomSource(seed: 7)
    input = .normal(shape: convolution.input, using: &source)
    gradient = .normal(shape: convolution.output, using: &source)
    guard isSeparable else {
      kernel = .normal(shape: convolution.kernel, using: &source)
      return
    }
    let factors = convolution.kernel.dropFirst(2).map { taps in
      Tensor<Double>.normal(
        shape: [convolution.kernel[0], convolution.kernel[1], taps], using: &source)
    }
    kernel = Tensor(shape: convolution.kernel) { index in
      factors.indices.reduce(1.0) { $0 * factors[$1][index[0], index[1], index[2 + $1]] }
    }
  }
}
