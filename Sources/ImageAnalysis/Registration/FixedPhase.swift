import FilterDesign
import Tensors

/// The fixed image of a level as its filters see it, which the moving one is compared with again and
/// again.
struct FixedPhase {
  /// The level.
  let level: RegistrationPyramid.Level
  /// q_1, `[filters, 2, space…]`.
  let responses: Tensor<Float>
  private let bank: FilterBank
  /// How well the responses are known, `[space…]`.
  private let reliability: Tensor<Float>

  init(_ level: RegistrationPyramid.Level, bank: FilterBank) throws(FiltersmithError) {
    self.level = level
    self.bank = bank
    responses = try bank.responses(to: level.image, border: .nearest).parts
    reliability = try RegistrationPyramid.reliability(level.certainty, support: bank.support[0])
  }

  /// What the phases say of the displacements that are left, as ``PhaseConstraints`` has them.
  ///
  /// - Parameters:
  ///   - warped: The moving image on the fixed one's samples, `[space…]`.
  ///   - certainty: How well each sample of it is known, `[space…]`.
  ///   - faintest: Certainties far below this hardly count.
  func constraints(
    to warped: Tensor<Float>, certainty: Tensor<Float>, faintest: Float = 0
  ) throws(FiltersmithError) -> Tensor<Float> {
    let known = try RegistrationPyramid.reliability(certainty, support: bank.support[0])
    return PhaseConstraints.field(
      fixed: responses, moving: try bank.responses(to: warped, border: .nearest).parts,
      certainty: try known * reliability, faintest: faintest)
  }
}
