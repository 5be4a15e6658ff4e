import Convolutions
import Tensors

/// All values of a sample in one row: `[…]` → `[features]`.
public struct Flatten: Layer {
  /// `flatten`.
  public static let kind = "flatten"

  /// Flattens in row-major order, channels first.
  public init() {}

  /// `[features]`.
  public func outputShape(for inputs: [Shape]) throws(FiltersmithError) -> Shape {
    [try single(inputs).elementCount]
  }

  /// The layer ready to run.
  public func plan<Scalar: ConvolutionScalar>(
    in context: LayerContext, as precision: Scalar.Type
  ) throws(FiltersmithError) -> any LayerPlan<Scalar> { ViewPlan(count: context.outputCount) }
}

/// The same values under another shape.
public struct Reshape: Layer {
  /// `reshape`.
  public static let kind = "reshape"

  /// The new shape without the batch axis; one extent may be −1 and follows from the others.
  public var shape: [Int]

  /// A layer that reshapes.
  public init(_ shape: [Int]) { self.shape = shape }

  /// Checks the options.
  ///
  /// - Throws: ``FiltersmithError`` that names the option which is out of range.
  public func checkOptions() throws(FiltersmithError) {
    try check(shape, named: "shape", atLeast: -1)
  }

  /// The new shape.
  public func outputShape(for inputs: [Shape]) throws(FiltersmithError) -> Shape {
    try checkOptions()
    let input = try single(inputs)
    let known = try Shape(checking: shape.filter { $0 > 0 }).elementCount
    let open = shape.count { $0 == -1 }
    guard !shape.isEmpty, shape.allSatisfy({ $0 > 0 || $0 == -1 }), open <= 1,
      open == 1 ? input.elementCount % known == 0 : input.elementCount == known
    else {
      throw FiltersmithError(
        .shape, "\(input) (\(input.elementCount) numbers) cannot be reshaped to \(shape)")
    }
    return Shape(shape.map { $0 == -1 ? input.elementCount / known : $0 })
  }

  /// The layer ready to run.
  public func plan<Scalar: ConvolutionScalar>(
    in context: LayerContext, as precision: Scalar.Type
  ) throws(FiltersmithError) -> any LayerPlan<Scalar> { ViewPlan(count: context.outputCount) }
}

/// The input under another shape.
struct ViewPlan<Scalar: ConvolutionScalar>: LayerPlan {
  let count: Int
  var isView: Bool { true }
  var canPassGradientInPlace: Bool { true }

  func forward(_ pass: ForwardPass<Scalar>) {
    if pass.inputs[0].pointer != pass.output.pointer {
      pass.output.pointer.update(from: pass.inputs[0].pointer, count: count)
    }
  }

  func backward(_ pass: BackwardPass<Scalar>) {
    guard let target = pass.inputGradients[0], target.pointer != pass.outputGradient.pointer
    else { return }
    target.pointer.update(from: pass.outputGradient.pointer, count: count)
  }
}
