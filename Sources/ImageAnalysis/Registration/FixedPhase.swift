import FilterDesign
import Tensors

/// The fixed image of a level as its filters see it, which the moving image is compared with repeatedly.
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

  /// The constraints on the remaining displacements, as in ``PhaseConstraints``.
  ///
  /// - Parameters:
  ///   - warped: The moving image on the fixed one's samples, `[space…]`.
  ///   - certainty: How well each of its samples is known, `[space…]`.
  ///   - contrastWindow: σ of the window over which energies are equalised; 0 for not at all.
  ///   - faintest: Energies far below this fraction of their mean over the image stay small.
  func constraints(
    to warped: Tensor<Float>, certainty: Tensor<Float>, contrastWindow: Double = 0,
    faintest: Double = 0
  ) throws(FiltersmithError) -> Tensor<Float> {
    let moving = try bank.responses(to: warped, border: .nearest).parts
    var known = try RegistrationPyramid.reliability(certainty, support: bank.support[0])
    known = try known * reliability
    if contrastWindow > 0 {
      known = try evened(known, moving, contrastWindow, faintest)
    }
    return PhaseConstraints.field(fixed: responses, moving: moving, certainty: known)
  }

  /// Certainties over the energy around them, that of all filters and both images.
  private func evened(
    _ certainty: Tensor<Float>, _ moving: Tensor<Float>, _ window: Double, _ faintest: Double
  ) throws(FiltersmithError) -> Tensor<Float> {
    let samples = certainty.count
    let parts = responses.count / samples
    let energy = Tensor<Float>(certainty.shape, samples: samples, from: [responses, moving]) {
      from, output, piece in
      for sample in piece { output[sample] = 0 }
      for part in 0..<parts {
        for sample in piece {
          let (a, b) = (from[0][part * samples + sample], from[1][part * samples + sample])
          output[sample] += a * a + b * b
        }
      }
    }
    let mean = energy.elements.reduce(0.0) { $0 + Double($1) } / Double(samples)
    let sigma = Array(repeating: window, count: certainty.rank)
    let around = try GaussianAverage(sigma: sigma, border: .mirror)(energy)
    let least = Float(mean * faintest)
    return try certainty.zip(with: around) { $1 + least > 0 ? $0 / ($1 + least) : 0 }
  }
}
