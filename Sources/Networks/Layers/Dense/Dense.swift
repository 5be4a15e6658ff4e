import Convolutions
import LinearAlgebra
import Tensors

/// Every output sums over all inputs: y = W x + b.
///
/// `[features]` → `[units]`. Parameters: `weight` `[units, features]` and `bias` `[units]`.
public struct Dense: Layer {
  /// `dense`.
  public static let kind = "dense"

  /// The number of outputs.
  public var units: Int
  /// Whether a bias is added.
  public var hasBias: Bool
  /// How the weights are initialised.
  public var initializer: Initializer

  /// A dense layer.
  public init(_ units: Int, hasBias: Bool = true, initializer: Initializer = .glorotUniform) {
    self.units = units
    self.hasBias = hasBias
    self.initializer = initializer
  }

  /// Checks the options.
  ///
  /// - Throws: ``FiltersmithError`` that names the option which is out of range.
  public func checkOptions() throws(FiltersmithError) {
    try check(units, named: "units")
  }

  /// `[units]`.
  public func outputShape(for inputs: [Shape]) throws(FiltersmithError) -> Shape {
    try checkOptions()
    let input = try single(inputs)
    guard input.rank == 1 else {
      throw FiltersmithError(
        .shape, "dense takes [features]; its input is \(input): flatten or pool it first")
    }
    return [units]
  }

  /// `weight` and, if there is one, `bias`.
  public func parameters(for inputs: [Shape]) -> [ParameterDescription] {
    weightAndBias(Shape([units, inputs[0][0]]), bias: hasBias ? units : nil, initializer)
  }

  /// One multiply-add per weight.
  public func multiplyAdds(for inputs: [Shape]) -> Int { units * inputs[0][0] }

  /// The layer ready to run.
  public func plan<Scalar: ConvolutionScalar>(
    in context: LayerContext, as precision: Scalar.Type
  ) throws(FiltersmithError) -> any LayerPlan<Scalar> {
    DensePlan<Scalar>(
      batch: context.batch, features: context.inputs[0][0], units: units, hasBias: hasBias)
  }
}

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
      // Every weight is used so few times that only the time to read the weights matters.
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
    let bias = hasBias ? pass.parameters[1] : nil
    parallelFor(batch, grain: max(1, 8192 / units)) { sample in
      let row = output.pointer + sample * units
      for unit in 0..<units { row[unit] = activation(row[unit] + (bias?[unit] ?? 0)) }
    }
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
