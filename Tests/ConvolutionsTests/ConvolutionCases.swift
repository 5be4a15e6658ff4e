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
    // One filter per group whose rows share samples, also across channels and with dilated columns.
    add {
      try Convolution(
        input: [2, 6, 19, 21], kernel: [3, 2, 3, 5], border: .mirror, dilation: [1, 2], groups: 3)
    }
    // More channels than a panel is deep, more outputs than one is wide, and blocks of few filters.
    add { try Convolution(input: [1, 270, 5, 7], kernel: [11, 270, 1, 1], padding: .valid) }
    add { try Convolution(input: [1, 3, 13, 14], kernel: [265, 3, 1, 1], padding: .valid) }
    add { try Convolution(input: [1, 31, 12, 13], kernel: [9, 31, 3, 3], padding: .same) }
    return cases
  }()
}

/// Random numbers for one case, and what the definition makes of them.
struct CaseData {
  let convolution: Convolution
  let input: Tensor<Double>
  let kernel: Tensor<Double>
  let gradient: Tensor<Double>
  let output: Tensor<Double>
  let inputGradient: Tensor<Double>
  let kernelGradient: Tensor<Double>

  /// All cases with any kernels.
  static let dense = ConvolutionCases.all.map { CaseData($0, isSeparable: false) }
  /// All cases with kernels that are outer products.
  static let separable = ConvolutionCases.all.map { CaseData($0, isSeparable: true) }

  /// The cases for an algorithm.
  static func all(for algorithm: Algorithm) -> [CaseData] {
    algorithm == .separable ? separable : dense
  }

  /// Numbers are rounded to single precision, so that both precisions start from the same.
  init(_ convolution: Convolution, isSeparable: Bool) {
    var source = RandomSource(seed: 7)
    func rounded(_ tensor: Tensor<Double>) -> Tensor<Double> { Tensor(Tensor<Float>(tensor)) }
    input = rounded(.normal(shape: convolution.input, using: &source))
    gradient = rounded(.normal(shape: convolution.output, using: &source))
    if isSeparable {
      let factors = convolution.kernel.dropFirst(2).map { taps in
        // Products of a few small whole numbers are exact in single precision.
        Tensor<Double>(shape: [convolution.kernel[0], convolution.kernel[1], taps]) { _ in
          Double(source.integer(below: 15) - 7) / 4
        }
      }
      kernel = Tensor(shape: convolution.kernel) { index in
        factors.indices.reduce(1.0) { $0 * factors[$1][index[0], index[1], index[2 + $1]] }
      }
    } else {
      kernel = rounded(.normal(shape: convolution.kernel, using: &source))
    }
    self.convolution = convolution
    let reference = ReferenceConvolution(convolution: convolution)
    output = reference.forward(input, kernel: kernel)
    inputGradient = reference.inputGradient(gradient, kernel: kernel)
    kernelGradient = reference.kernelGradient(input: input, gradient: gradient)
  }
}
