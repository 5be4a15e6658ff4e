import FilterDesign
import Tensors

/// Where the filters of a hand-made arm come from.
public enum BankSource: Sendable, Hashable {
  /// Quadrature filters of several scales and directions.
  case quadrature(QuadratureSet)
  /// A bank in a file, as `filtersmith design` writes it; complex filters count as pairs.
  case file(String)

  /// The bank.
  ///
  /// - Throws: ``FiltersmithError`` when it cannot be designed or read, or does not have two axes.
  public func bank() throws(FiltersmithError) -> FilterBank {
    let bank: FilterBank
    switch self {
    case .quadrature(let set): bank = try set.bank()
    case .file(let path): bank = try FilterBank(contentsOf: path)
    }
    guard bank.dimensions == 2, bank.isComplex else {
      throw FiltersmithError(
        .shape,
        "a study's bank holds quadrature filters for images [y, x]; this one has "
          + "\(bank.isComplex ? "complex" : "real") filters of support \(bank.support)")
    }
    return bank
  }

  /// The bank as the kernels of a first layer, `[2 · pairs, channels, y, x]`, even and odd in turn.
  ///
  /// On grey images every pair sees the grey; on images of red, green and blue those of the first
  /// third (the lowest scale) see red against green and blue against yellow in turn, the others the
  /// mean of the three; with any other number of channels all pairs see the mean. Each pair is scaled
  /// so that the sum of squares of its two kernels is 2.
  ///
  /// - Throws: ``FiltersmithError`` when there is no such bank.
  public func kernels(channels: Int) throws(FiltersmithError) -> Tensor<Float> {
    let bank = try bank()
    let grey = try bank.correlationKernels(as: Double.self)
    let taps = bank.support.elementCount
    let opponents = channels == 3 ? bank.count / 3 : 0
    var kernels: [Float] = []
    for pair in 0..<bank.count {
      let weights = Self.colors(channels: channels, opponent: pair < opponents ? pair : nil)
      let start = 2 * pair * taps
      let energy = grey.elements[start..<start + 2 * taps].reduce(0) { $0 + $1 * $1 }
      let scale = energy > 0 ? (2 / energy).squareRoot() : 0
      for part in 0..<2 {
        let pattern = grey.elements[start + part * taps..<start + (part + 1) * taps]
        for weight in weights { kernels += pattern.map { Float($0 * weight * scale) } }
      }
    }
    return try Tensor(shape: [2 * bank.count, channels] + bank.support, elements: kernels)
  }

  /// How a pair weighs the channels: unit vectors.
  private static func colors(channels: Int, opponent: Int?) -> [Double] {
    guard let opponent else {
      return [Double](repeating: 1 / Double(channels).squareRoot(), count: channels)
    }
    return opponent % 2 == 0
      ? [1, -1, 0].map { $0 / 2.0.squareRoot() } : [-1, -1, 2].map { $0 / 6.0.squareRoot() }
  }
}

extension BankSource: Codable {
  private enum CodingKeys: String, CodingKey { case file }

  /// Reads `{"file": "bank.npz"}`, or the parameters of a ``QuadratureSet``.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    if let path = try values.decodeIfPresent(String.self, forKey: .file) {
      self = .file(path)
    } else {
      self = .quadrature(try QuadratureSet(from: decoder))
    }
  }

  /// Writes what ``init(from:)`` reads.
  public func encode(to encoder: any Encoder) throws {
    switch self {
    case .quadrature(let set): try set.encode(to: encoder)
    case .file(let path):
      var values = encoder.container(keyedBy: CodingKeys.self)
      try values.encode(path, forKey: .file)
    }
  }
}
