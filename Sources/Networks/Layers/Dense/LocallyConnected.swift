import Convolutions
import Tensors

/// A convolution whose kernel differs from position to position.
///
/// `[channels, spatial…]` → `[filters, spatial…]`. Parameters: `weight` `[positions, filters,
/// channels, taps…]` with one kernel per output position, and `bias` `[filters, spatial…]`: Keras'
/// `LocallyConnected2D`, in 1 to 4 dimensions.
public struct LocallyConnected: ConvolutionLayer {
  /// `locallyConnected`.
  public static let kind = "locallyConnected"

  /// The number of output channels.
  public var filters: Int
  /// Taps per spatial axis; one value serves all axes.
  public var kernel: [Int]
  /// The step between outputs, per spatial axis.
  public var stride: [Int]
  /// Whether a bias is added.
  public var hasBias: Bool
  /// How the kernels are initialised.
  public var initializer: Initializer

  /// A locally connected layer.
  public init(
    _ filters: Int, kernel: [Int], stride: [Int] = [1], hasBias: Bool = true,
    initializer: Initializer = .heUniform
  ) {
    self.filters = filters
    self.kernel = kernel
    self.stride = stride
    self.hasBias = hasBias
    self.initializer = initializer
  }

  /// Checks the options.
  ///
  /// - Throws: ``FiltersmithError`` that names the option which is out of range.
  public func checkOptions() throws(FiltersmithError) {
    try check(filters, named: "filters")
    try check(kernel, named: "kernel")
  }

  /// The convolution with as many multiply-adds, whose kernel is the same everywhere.
  ///
  /// - Throws: ``FiltersmithError`` that names the shapes which do not fit.
  public func convolution(for input: Shape, batch: Int) throws(FiltersmithError) -> Convolution {
    try Conv(filters, kernel: kernel, stride: stride).convolution(for: input, batch: batch)
  }

  /// `weight` and, if there is one, `bias`.
  public func parameters(for inputs: [Shape]) -> [ParameterDescription] {
    guard let convolution = try? convolution(for: inputs[0], batch: 1) else { return [] }
    let output = convolution.output.removing(axis: 0)
    let positions = output.dropFirst().reduce(1, *)
    var parameters = [
      ParameterDescription(
        "weight", Shape([positions]) + convolution.kernel, initializer, decays: true)
    ]
    if hasBias { parameters.append(ParameterDescription("bias", output, .zeros)) }
    return parameters
  }

  /// The layer ready to run.
  public func plan<Scalar: ConvolutionScalar>(
    in context: LayerContext, as precision: Scalar.Type
  ) throws(FiltersmithError) -> any LayerPlan<Scalar> {
    LocallyConnectedPlan<Scalar>(
      try convolution(for: context.inputs[0], batch: context.batch), hasBias: hasBias)
  }
}

/// A separate kernel at every output position.
struct LocallyConnectedPlan<Scalar: ConvolutionScalar>: LayerPlan {
  let batch: Int
  let filters: Int
  let inputCount: Int
  let hasBias: Bool
  /// The offset in a sample of every tap of the first position's patch.
  let taps: [Int]
  /// The offset in a sample of every position's patch.
  let starts: [Int]

  init(_ convolution: Convolution, hasBias: Bool) {
    batch = convolution.input[0]
    filters = convolution.kernel[0]
    inputCount = convolution.input.elementCount / batch
    self.hasBias = hasBias
    let strides = convolution.input.removing(axis: 0).strides
    var taps: [Int] = []
    convolution.kernel.removing(axis: 0).forEachIndex { index in
      taps.append(zip(index, strides).reduce(0) { $0 + $1.0 * $1.1 })
    }
    self.taps = taps
    var starts: [Int] = []
    Shape(Array(convolution.output.dropFirst(2))).forEachIndex { index in
      starts.append(
        index.indices.reduce(0) { $0 + index[$1] * convolution.stride[$1] * strides[$1 + 1] })
    }
    self.starts = starts
  }

  var backwardReads: BackwardReads { .inputs }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func forward(_ pass: ForwardPass<Scalar>) {
    let (input, weight, output) = (pass.inputs[0], pass.parameters[0], pass.output)
    let bias = hasBias ? pass.parameters[1] : nil
    parallelFor(starts.count) { position in
      withScratch(Scalar.self, count: taps.count) { patch in
        for sample in 0..<batch {
          let source = input.pointer + sample * inputCount + starts[position]
          for tap in taps.indices { patch[tap] = source[taps[tap]] }
          for filter in 0..<filters {
            let row = weight.pointer + (position * filters + filter) * taps.count
            let offset = bias.map { Double($0[filter * starts.count + position]) } ?? 0
            output[(sample * filters + filter) * starts.count + position] = Scalar(
              Sums.product(row, patch, taps.count) + offset)
          }
        }
      }
    }
  }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func backward(_ pass: BackwardPass<Scalar>) {
    let (gradient, weight) = (pass.outputGradient, pass.parameters[0])
    let positions = starts.count
    if let target = pass.inputGradients[0] {
      parallelFor(batch) { sample in
        let whole = target.pointer + sample * inputCount
        whole.update(repeating: 0, count: inputCount)
        for position in 0..<positions {
          let patch = whole + starts[position]
          for filter in 0..<filters {
            let factor = gradient[(sample * filters + filter) * positions + position]
            let row = weight.pointer + (position * filters + filter) * taps.count
            for tap in taps.indices { patch[taps[tap]] += factor * row[tap] }
          }
        }
      }
    }
    if let target = pass.parameterGradients[0] {
      let input = pass.inputs[0]
      parallelFor(positions) { position in
        for filter in 0..<filters {
          let row = target.pointer + (position * filters + filter) * taps.count
          row.update(repeating: 0, count: taps.count)
          for sample in 0..<batch {
            let source = input.pointer + sample * inputCount + starts[position]
            let factor = gradient[(sample * filters + filter) * positions + position]
            for tap in taps.indices { row[tap] += factor * source[taps[tap]] }
          }
        }
      }
    }
    if hasBias, let target = pass.parameterGradients[1] {
      forEachPart(filters * positions) { part in
        for place in part {
          var sum: Scalar = 0
          for sample in 0..<batch { sum += gradient[sample * filters * positions + place] }
          target[place] = sum
        }
      }
    }
  }
}
