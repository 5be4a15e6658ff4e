import Tensors

/// What an arm of a study does to an image before the head that all arms share.
///
/// In JSON it is an object whose `kind` is one of `pixels`, `bank`, `started`, `learned`, `random`,
/// `derivatives` and `scattering`, with the parameters of the kind beside it; those omitted have
/// their default values.
public enum FirstStage: Sendable, Hashable {
  /// Nothing: the pixels themselves.
  case pixels
  /// A hand-made bank, which stays fixed; then magnitudes.
  case bank(BankSource)
  /// A layer that starts from a hand-made bank and is then learned; then magnitudes.
  case started(BankSource)
  /// A layer that starts from random numbers and is learned; then magnitudes.
  case learned(RandomFilters)
  /// Random filters, which stay fixed; then magnitudes.
  case random(RandomFilters)
  /// Derivatives of a Gaussian whose combinations are learned; then magnitudes.
  case derivatives(DerivativeBasis)
  /// Second-order scattering with quadrature filters.
  case scattering(Scattering)

  /// Whether no part of it is learned.
  public var isFixed: Bool {
    switch self {
    case .pixels, .bank, .random, .scattering: true
    case .started, .learned, .derivatives: false
    }
  }

  /// Whether its fixed part differs from seed to seed.
  var dependsOnSeed: Bool {
    if case .random = self { true } else { false }
  }
}

/// Random filters: the number of pairs and their size.
public struct RandomFilters: Sendable, Hashable, Codable {
  /// The number of pairs, whose magnitudes are taken.
  public var pairs: Int
  /// Taps along y and x.
  public var support: Int

  /// 24 pairs of 11 × 11 taps by default: as many as the usual bank.
  public init(pairs: Int = 24, support: Int = 11) {
    self.pairs = pairs
    self.support = support
  }

  /// Reads filters; what is omitted has its default value.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    self.init()
    pairs = try values.decodeIfPresent(Int.self, forKey: .pairs) ?? pairs
    support = try values.decodeIfPresent(Int.self, forKey: .support) ?? support
  }

  /// Normal numbers, every kernel normalised to mean 0 and norm 1, `[2 · pairs, channels, y, x]`.
  func kernels(channels: Int, seed: UInt64) -> Tensor<Float> {
    var source = RandomSource(seed: seed).split(0x5eed)
    let count = channels * support * support
    var numbers: [Float] = []
    for _ in 0..<2 * pairs {
      let raw = (0..<count).map { _ in source.normal() }
      let mean = raw.reduce(0, +) / Double(count)
      let norm = raw.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }.squareRoot()
      numbers += raw.map { Float(($0 - mean) / max(norm, 1e-12)) }
    }
    return Tensor(uninitialized: [2 * pairs, channels, support, support]) {
      _ = $0.initialize(from: numbers)
    }
  }
}

/// Derivatives of Gaussians as a fixed basis whose combinations a layer learns.
///
/// With all derivatives up to an order, any rotated one is a combination (Jacobsen and others 2016,
/// structured receptive fields).
public struct DerivativeBasis: Sendable, Hashable, Codable {
  /// σ of each scale in samples.
  public var sigmas: [Double]
  /// The largest total order of derivatives.
  public var order: Int
  /// The number of pairs of combinations, whose magnitudes are taken.
  public var pairs: Int

  /// Orders 0 to 3 at σ = 1 and 1.7, 24 pairs, by default.
  public init(sigmas: [Double] = [1, 1.7], order: Int = 3, pairs: Int = 24) {
    self.sigmas = sigmas
    self.order = order
    self.pairs = pairs
  }

  /// Reads a basis; what is omitted has its default value.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    self.init()
    sigmas = try values.decodeIfPresent([Double].self, forKey: .sigmas) ?? sigmas
    order = try values.decodeIfPresent(Int.self, forKey: .order) ?? order
    pairs = try values.decodeIfPresent(Int.self, forKey: .pairs) ?? pairs
  }
}

/// Second-order scattering: modulus, low-pass, again (Mallat 2012), from one quadrature bank.
///
/// The bank works on every octave of a pyramid, halved after a Gaussian each time, so the filters of
/// all scales are copies of one; paths lead to ever lower frequencies.
public struct Scattering: Sendable, Hashable, Codable {
  /// J, the number of octaves: the result is sampled every 2^J pixels.
  public var octaves: Int
  /// L, the number of directions over the half circle.
  public var directions: Int
  /// ρ0 of the bank, in rad/sample of each octave.
  public var centerFrequency: Double
  /// Taps of the bank along y and x, odd.
  public var support: Int

  /// Three octaves of eight directions by default.
  public init(
    octaves: Int = 3, directions: Int = 8, centerFrequency: Double = .pi / 1.7, support: Int = 9
  ) {
    self.octaves = octaves
    self.directions = directions
    self.centerFrequency = centerFrequency
    self.support = support
  }

  /// Reads the parameters; what is omitted has its default value.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    self.init()
    octaves = try values.decodeIfPresent(Int.self, forKey: .octaves) ?? octaves
    directions = try values.decodeIfPresent(Int.self, forKey: .directions) ?? directions
    centerFrequency =
      try values.decodeIfPresent(Double.self, forKey: .centerFrequency) ?? centerFrequency
    support = try values.decodeIfPresent(Int.self, forKey: .support) ?? support
  }

  /// The channels of the result: 1 + J L + J (J − 1) / 2 · L².
  public var paths: Int {
    1 + octaves * directions + octaves * (octaves - 1) / 2 * directions * directions
  }
}

extension FirstStage: Codable {
  private enum Kind: String, Codable {
    case pixels, bank, started, learned, random, derivatives, scattering
  }
  private enum CodingKeys: String, CodingKey { case kind }

  /// Reads an object with a `kind` and its parameters.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    switch try values.decode(Kind.self, forKey: .kind) {
    case .pixels: self = .pixels
    case .bank: self = .bank(try BankSource(from: decoder))
    case .started: self = .started(try BankSource(from: decoder))
    case .learned: self = .learned(try RandomFilters(from: decoder))
    case .random: self = .random(try RandomFilters(from: decoder))
    case .derivatives: self = .derivatives(try DerivativeBasis(from: decoder))
    case .scattering: self = .scattering(try Scattering(from: decoder))
    }
  }

  /// Writes what ``init(from:)`` reads.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    switch self {
    case .pixels: try values.encode(Kind.pixels, forKey: .kind)
    case .bank(let bank):
      try values.encode(Kind.bank, forKey: .kind)
      try bank.encode(to: encoder)
    case .started(let bank):
      try values.encode(Kind.started, forKey: .kind)
      try bank.encode(to: encoder)
    case .learned(let filters):
      try values.encode(Kind.learned, forKey: .kind)
      try filters.encode(to: encoder)
    case .random(let filters):
      try values.encode(Kind.random, forKey: .kind)
      try filters.encode(to: encoder)
    case .derivatives(let basis):
      try values.encode(Kind.derivatives, forKey: .kind)
      try basis.encode(to: encoder)
    case .scattering(let scattering):
      try values.encode(Kind.scattering, forKey: .kind)
      try scattering.encode(to: encoder)
    }
  }
}
