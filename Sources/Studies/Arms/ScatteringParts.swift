import FilterDesign
import Networks
import Tensors

extension Scattering {
  /// The layers that scatter an image, `[channels, y, x]` → `[channels · paths, y / 2^J, x / 2^J]`.
  ///
  /// S0 = φ ⋆ x, S1 = φ ⋆ |ψ₁ ⋆ x|, S2 = φ ⋆ |ψ₂ ⋆ |ψ₁ ⋆ x||, with ψ₂ of lower octaves than ψ₁; φ is the
  /// Gaussian that every halving applies. Order: S0, then S1 and S2 by octave.
  ///
  /// - Throws: ``FiltersmithError`` when the image is too small or a parameter is out of range.
  func parts(for input: Shape) throws(FiltersmithError) -> [any NetworkPart] {
    guard (1...6).contains(octaves), directions > 0 else {
      throw FiltersmithError(
        .argument,
        "scattering has 1 to 6 octaves and at least one direction; given \(octaves) and \(directions)"
      )
    }
    guard input[1...].allSatisfy({ $0 >= 1 << octaves }) else {
      throw FiltersmithError(
        .shape,
        "scattering over \(octaves) octaves of an image \(input), which is smaller than 2^\(octaves)"
      )
    }
    let bank = try QuadratureDesign(
      support: [support, support], centerFrequency: centerFrequency, octaves: 1.5,
      directions: directions, angularExponent: 6
    ).bank()
    let wavelets = try bank.correlationKernels(as: Float.self)
    let gaussian = try GaussianDesign(sigma: 1, dimensions: 2, truncation: 3).bank(progress: nil)
    let halving = FixedFilters(try gaussian.correlationKernels(as: Float.self), stride: [2])
    let modulus = Sequential([FixedFilters(wavelets), Magnitude()])
    return [branches(from: 0, order: 0, modulus: modulus, halving: halving)]
  }

  /// All paths that continue from an image of an octave: its mean, and its moduli of this and of every
  /// lower octave.
  private func branches(
    from octave: Int, order: Int, modulus: Sequential, halving: FixedFilters
  ) -> any NetworkPart {
    func halvings(_ count: Int) -> [any NetworkPart] {
      [any NetworkPart](repeating: halving, count: count)
    }
    let mean = Sequential(halvings(octaves - octave))
    guard order < 2 else { return mean }
    var paths: [any NetworkPart] = [mean]
    // The first modulus uses every octave, the second only octaves lower than the first.
    for next in (order == 0 ? octave : octave + 1)..<max(octaves, octave + 1) where next < octaves {
      paths.append(
        Sequential(
          halvings(next - octave) + [
            modulus,
            branches(from: next, order: order + 1, modulus: modulus, halving: halving),
          ]))
    }
    guard paths.count > 1 else { return mean }
    let all = paths
    return Concatenation { all }
  }
}
