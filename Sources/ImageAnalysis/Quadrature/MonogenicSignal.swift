import Convolutions
import FilterDesign
import Numerics
import Tensors

/// The monogenic signal of an image: a band-pass of it and its Riesz transform.
///
/// The generalisation of the analytic signal to any number of axes: (b, r) with the band-pass b and
/// one Riesz component r_d per axis, F(r_d) = −i (u_d/ρ) F(b). Where b = A cos(u·x + φ), r is
/// A sin(u·x + φ) û: amplitude, phase and orientation in one, without a choice of directions
/// (M. Felsberg and G. Sommer, *The Monogenic Signal*, IEEE Transactions on Signal Processing 49,
/// 2001).
public struct MonogenicSignal: Sendable, Hashable {
  /// b, `[space…]`: the even part.
  public let even: Tensor<Float>
  /// r, `[D, space…]`: the odd part along each axis, in array order.
  public let odd: Tensor<Float>

  /// The number of axes D.
  public var dimensions: Int { odd.shape[0] }

  /// The monogenic signal in a log-normal band.
  ///
  /// - Parameters:
  ///   - image: `[space…]`, 1 to 4 axes.
  ///   - centerFrequency: ρ0, where the band is 1, in rad/sample along the axis of the smallest spacing.
  ///   - octaves: B, its full width at half amplitude.
  ///   - support: Taps per axis, odd; ``support(centerFrequency:axes:spacing:)`` unless given.
  ///   - spacing: The distance between samples along each axis; 1 unless given. Amplitude, phase and
  ///     orientation are then measured in space, not on the grid.
  ///   - border: How the image continues.
  /// - Throws: ``FiltersmithError`` when a parameter is wrong or the image is not finite.
  public init(
    of image: Tensor<Float>, centerFrequency: Double, octaves: Double = 2, support: [Int]? = nil,
    spacing: [Double]? = nil, border: Border = .mirror
  ) throws(FiltersmithError) {
    try FieldCheck.image(image)
    let bank = try Self.bank(
      axes: image.rank, centerFrequency: centerFrequency, octaves: octaves, support: support,
      spacing: spacing)
    try self.init(bank.responses(to: image, border: border))
  }

  /// The monogenic signal of an image with missing samples.
  ///
  /// - Returns: The signal and how well each sample's is known; see ``FilterBank/responses(to:algorithm:)``.
  /// - Throws: ``FiltersmithError`` when a parameter is wrong.
  public static func of(
    _ image: MaskedImage, centerFrequency: Double, octaves: Double = 2, support: [Int]? = nil,
    spacing: [Double]? = nil
  ) throws(FiltersmithError) -> (signal: MonogenicSignal, certainty: Tensor<Float>) {
    let bank = try bank(
      axes: image.values.rank, centerFrequency: centerFrequency, octaves: octaves,
      support: support, spacing: spacing)
    let (responses, certainty) = try bank.responses(to: image)
    return (try MonogenicSignal(responses), certainty)
  }

  private init(_ responses: Responses<Float>) throws(FiltersmithError) {
    let even = responses.even
    self.even = try even.selected(axis: 0, at: 0)
    odd = try even.sliced(axis: 0, 1..<even.shape[0])
  }

  private static func bank(
    axes: Int, centerFrequency: Double, octaves: Double, support: [Int]?, spacing: [Double]?
  ) throws(FiltersmithError) -> FilterBank {
    // Checked here because the support depends on it.
    guard centerFrequency > 0, centerFrequency <= .pi else {
      throw FiltersmithError(
        .argument,
        "center frequency \(centerFrequency) of the monogenic signal must lie above 0 and at most π"
      )
    }
    let relative = try FieldCheck.relativeSpacing(spacing, axes: axes)
    return try RieszDesign(
      upToOrder: 1, centerFrequency: centerFrequency, octaves: octaves,
      support: support
        ?? Self.support(centerFrequency: centerFrequency, axes: axes, spacing: relative),
      spacing: relative
    ).bank()
  }

  /// The support that holds nearly all of the filters of a band: three wavelengths wide.
  ///
  /// - Parameter spacing: The distance between samples along each axis, in units of the smallest.
  public static func support(
    centerFrequency: Double, axes: Int, spacing: [Double]? = nil
  ) -> [Int] {
    (0..<axes).map { axis in
      let distance = spacing.map { $0[axis] } ?? 1
      return 2 * max(Int((3 * .pi / (centerFrequency * distance)).rounded(.up)), 1) + 1
    }
  }

  /// The local amplitude √(b² + |r|²), `[space…]`.
  public var amplitude: Tensor<Float> {
    perSample { even, odd, _ in (even * even + odd).squareRoot() }
  }

  /// The local phase atan2(|r|, b), from 0 (bright lines) through π/2 (edges) to π (dark lines).
  ///
  /// It has no sign, because an orientation has none; ``phase(along:)`` has.
  public var phase: Tensor<Float> {
    perSample { even, odd, _ in
      even == 0 && odd == 0 ? 0 : Float.atan2(y: odd.squareRoot(), x: even)
    }
  }

  /// The local phase along given directions, in (−π, π]: atan2(r·n, b).
  ///
  /// - Parameter direction: A unit vector in array order.
  /// - Throws: ``FiltersmithError`` when it does not have one component per axis.
  public func phase(along direction: [Double]) throws(FiltersmithError) -> Tensor<Float> {
    guard direction.count == dimensions else {
      throw FiltersmithError(
        .argument, "direction \(direction): \(dimensions) components were expected")
    }
    let samples = even.count
    let direction = direction.map(Float.init)
    return Tensor(even.shape, samples: samples, from: [even, odd]) { from, output, piece in
      for sample in piece {
        var along: Float = 0
        for axis in direction.indices {
          along += direction[axis] * from[1][axis * samples + sample]
        }
        let even = from[0][sample]
        output[sample] = even == 0 && along == 0 ? 0 : Float.atan2(y: along, x: even)
      }
    }
  }

  /// The local orientation r/|r|, `[D, space…]`: unit vectors, 0 where the signal is even.
  public var orientation: Tensor<Float> {
    let (axes, samples) = (dimensions, even.count)
    return Tensor(odd.shape, samples: samples, from: [odd]) { from, output, piece in
      for sample in piece {
        var square: Float = 0
        for axis in 0..<axes {
          square += from[0][axis * samples + sample] * from[0][axis * samples + sample]
        }
        let scale = square > 0 ? 1 / square.squareRoot() : 0
        for axis in 0..<axes {
          output[axis * samples + sample] = from[0][axis * samples + sample] * scale
        }
      }
    }
  }

  /// A function of the even part, the odd part's square, and the sample.
  private func perSample(
    _ function: @Sendable (_ even: Float, _ oddSquare: Float, _ sample: Int) -> Float
  ) -> Tensor<Float> {
    let (axes, samples) = (dimensions, even.count)
    return Tensor(even.shape, samples: samples, from: [even, odd]) { from, output, piece in
      for sample in piece {
        var square: Float = 0
        for axis in 0..<axes {
          square += from[1][axis * samples + sample] * from[1][axis * samples + sample]
        }
        output[sample] = function(from[0][sample], square, sample)
      }
    }
  }
}
