import Convolutions
import LinearAlgebra
import Tensors

/// y = W x + b for all samples of a batch: matrix products.
struct DensePlan<Scalar: ConvolutionScalar>: LayerPlan {
  let batch: Int
  let features: Int
  let units: Int
  let hasBias: Bool
  var activation = Activation.identity

  var backwardReads: BackwardReads { .inputs }

  func fusing(_ activation: Activation) -> Self? {
    var fused = self
    fused.activation = activation
    return fused
  }

  /// Rows of a matrix that one thread multiplies at a time.
  private static var rows: Int { 64 }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func forward(_ pass: ForwardPass<Scalar>) {
    let (input, weight, output) = (pass.inputs[0], pass.parameters[0], pass.output)
    let (batch, features, units, activation) = (batch, features, units, activation)
    if batch < 4 {
      // So few products per weight that reading the weights is all that counts.
      let bias = hasBias ? pass.parameters[1] : nil
      parallelFor(units, grain: max(1, 32768 / features)) { unit in
        let row = weight.pointer + unit * features
        let offset = bias.map { Double($0[unit]) } ?? 0
        for sample in 0..<batch {
          let product = Sums.product(row, input.pointer + sample * features, features)
          output[sample * units + unit] = activation(Scalar(product + offset))
        }
      }
      return
    }
    parallelFor((units + Self.rows - 1) / Self.rows) { block in
      let first = block * Self.rows
      let count = min(Self.rows, units - first)
      for sample in 0..<batch {
        (output.pointer + sample * units + first).update(repeating: 0, count: count)
      }
      multiplyTransposed(
        input.pointer, (batch, features), leading: features, weight.pointer + first * features,
        columns: count, leading: features, addingTo: output.pointer + first, leading: units)
    }
    guard hasBias || activation != .identity else { return }
    addBias(
      hasBias ? pass.parameters[1] : nil, activation, to: output, batch: batch, channels: units,
      run: 1)
  }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func backward(_ pass: BackwardPass<Scalar>) {
    let (gradient, batch, features, units) = (pass.outputGradient, batch, features, units)
    if let target = pass.inputGradients[0] {
      let weight = pass.parameters[0]
      let columns = 256
      parallelFor((features + columns - 1) / columns) { block in
        let first = block * columns
        multiply(
          gradient.pointer, (batch, units), leading: units, weight.pointer + first,
          columns: min(columns, features - first), leading: features,
          into: target.pointer + first, leading: features)
      }
    }
    if let target = pass.parameterGradients[0] {
      let input = pass.inputs[0]
      parallelFor((units + Self.rows - 1) / Self.rows) { block in
        let first = block * Self.rows
        multiply(
          gradient.pointer + first, (min(Self.rows, units - first), batch), leading: units,
          isTransposed: true, input.pointer, columns: features, leading: features,
          into: target.pointer + first * features, leading: features)
      }
    }
    if hasBias, let target = pass.parameterGradients[1] {
      for unit in 0..<units {
        var sum = 0.0
        for sample in 0..<batch { sum += Double(gradient[sample * units + unit]) }
        target[unit] = Scalar(sum)
      }
    }
  }
}

extension Dense {
  /// The matrix products ready to run.
  public func plan<Scalar: ConvolutionScalar>(
    in context: LayerContext, as precision: Scalar.Type
  ) throws(FiltersmithError) -> any LayerPlan<Scalar> {
    DensePlan<Scalar>(
      batch: context.batch, features: context.inputs[0][0], units: units, hasBias: hasBias)
  }
}

/// A kernel of its own at every output position.
struct LocallyConnectedPlan<Scalar: ConvolutionScalar>: LayerPlan {
  let batch: Int
  let filters: Int
  let inputCount: Int
  let hasBias: Bool
  /// Where in a sample every tap of the first position's patch lies.
  let taps: [Int]
  /// Where in a sample every position's patch starts.
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

extension LocallyConnected {
  /// The layer ready to run.
  public func plan<Scalar: ConvolutionScalar>(
    in context: LayerContext, as precision: Scalar.Type
  ) throws(FiltersmithError) -> any LayerPlan<Scalar> {
    LocallyConnectedPlan<Scalar>(
      try Conv(filters, kernel: kernel, stride: stride)
        .convolution(for: context.inputs[0], batch: context.batch), hasBias: hasBias)
  }
}

/// Adds a number per channel and applies an activation, in place.
@_specialize(where Scalar == Float)
@_specialize(where Scalar == Double)
private func addBias<Scalar: ConvolutionScalar>(
  _ bias: SharedPointer<Scalar>?, _ activation: Activation, to values: SharedPointer<Scalar>,
  batch: Int, channels: Int, run: Int
) {
  parallelFor(batch * channels, grain: max(1, 8192 / max(run, 1))) { row in
    let line = values.pointer + row * run
    let offset = bias.map { $0[row % channels] } ?? 0
    switch activation {
    case .identity: for position in 0..<run { line[position] += offset }
    case .relu: for position in 0..<run { line[position] = max(line[position] + offset, 0) }
    case .leakyReLU(let slope):
      let slope = Scalar(slope)
      for position in 0..<run {
        let value = line[position] + offset
        line[position] = value >= 0 ? value : slope * value
      }
    }
  }
}
