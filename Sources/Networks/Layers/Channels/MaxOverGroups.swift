import Convolutions
import Tensors

/// The largest of each group of neighbouring channels: pooling across filter responses.
///
/// `[size · groups, spatial…]` → `[groups, spatial…]`. With a group of filters that differ only in
/// direction, the result does not change when the image is rotated.
public struct MaxOverGroups: Layer {
  /// `maxOverGroups`.
  public static let kind = "maxOverGroups"

  /// The number of channels in a group.
  public var size: Int

  /// The maximum over groups of channels.
  public init(_ size: Int) { self.size = size }

  /// Checks the options.
  ///
  /// - Throws: ``FiltersmithError`` that names the option which is out of range.
  public func checkOptions() throws(FiltersmithError) {
    try check(size, named: "size")
  }

  /// `[groups, spatial…]`.
  public func outputShape(for inputs: [Shape]) throws(FiltersmithError) -> Shape {
    try checkOptions()
    let input = try single(inputs)
    guard size > 0, input.rank > 0, input[0] % size == 0 else {
      throw FiltersmithError(
        .shape, "maxOverGroups of \(size) channels does not divide its input \(input)")
    }
    return input.replacing(axis: 0, with: input[0] / size)
  }

  /// The layer ready to run.
  public func plan<Scalar: ConvolutionScalar>(
    in context: LayerContext, as precision: Scalar.Type
  ) throws(FiltersmithError) -> any LayerPlan<Scalar> {
    GroupMaximumPlan<Scalar>(
      groups: context.batch * context.channels, size: size, run: context.run)
  }
}

/// The largest of neighbouring channels.
struct GroupMaximumPlan<Scalar: ConvolutionScalar>: LayerPlan {
  /// Output channels in the batch.
  let groups: Int
  let size: Int
  let run: Int

  /// Which channel of its group won, at every position.
  var savedCount: Int { groups * run }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func forward(_ pass: ForwardPass<Scalar>) {
    let (input, output, size, run) = (pass.inputs[0], pass.output, size, run)
    parallelFor(groups) { group in
      let target = output.pointer + group * run
      let winners = pass.saved.map { $0.pointer + group * run }
      target.update(from: input.pointer + group * size * run, count: run)
      winners?.update(repeating: 0, count: run)
      for member in 1..<max(size, 1) {
        let values = input.pointer + (group * size + member) * run
        for place in 0..<run where values[place] > target[place] {
          target[place] = values[place]
          winners?[place] = Scalar(member)
        }
      }
    }
  }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func backward(_ pass: BackwardPass<Scalar>) {
    guard let target = pass.inputGradients[0], let winners = pass.saved else { return }
    let (gradient, size, run) = (pass.outputGradient, size, run)
    parallelFor(groups) { group in
      for member in 0..<size {
        let row = target.pointer + (group * size + member) * run
        for place in 0..<run {
          let won = winners[group * run + place] == Scalar(member)
          row[place] = won ? gradient[group * run + place] : 0
        }
      }
    }
  }
}
