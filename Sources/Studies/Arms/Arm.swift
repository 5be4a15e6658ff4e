import Tensors

/// One way of recognising images: a first stage of its own, and a head shared with other arms.
public struct Arm: Sendable, Hashable, Codable {
  /// What follows the first stage.
  public enum Head: String, Sendable, Hashable, Codable, CaseIterable {
    /// Ridge regression on the classes; for first stages that are not learned.
    case linear
    /// A small convolutional network: batch normalisation, 32 filters 5 × 5, pooling, 120 hidden
    /// units, dropout.
    case network
  }

  /// A short name without spaces, for tables and file names.
  public var name: String
  /// What it is, in a few words.
  public var title: String
  /// What it does first.
  public var first: FirstStage
  /// What follows.
  public var head: Head

  /// An arm; the title is its name unless given.
  public init(_ name: String, _ title: String? = nil, first: FirstStage, head: Head) {
    self.name = name
    self.title = title ?? name
    self.first = first
    self.head = head
  }

  /// Reads an arm; without a title it is its name.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    let name = try values.decode(String.self, forKey: .name)
    self.init(
      name, try values.decodeIfPresent(String.self, forKey: .title),
      first: try values.decode(FirstStage.self, forKey: .first),
      head: try values.decode(Head.self, forKey: .head))
  }

  /// Checks the arm on its own.
  ///
  /// - Throws: ``FiltersmithError`` for a name that cannot be a file name, and a learned first stage before
  ///   a linear head.
  public func check() throws(FiltersmithError) {
    let allowed = name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }
    guard !name.isEmpty, name.count <= 60, allowed else {
      throw FiltersmithError(
        .argument, "an arm's name holds up to 60 letters, digits and hyphens; given '\(name)'")
    }
    guard head == .network || first.isFixed else {
      throw FiltersmithError(
        .argument,
        "arm '\(name)' has a linear head, which is solved for, after a first stage that is learned; "
          + "give it the head 'network'")
    }
  }

  /// The arms of the comparison: raw pixels, hand-made, learned, and those in between.
  public static let all: [Arm] = [
    Arm("pixels-linear", "Raw pixels → linear", first: .pixels, head: .linear),
    Arm(
      "bank-linear", "Hand-made bank → linear", first: .bank(.quadrature(QuadratureSet())),
      head: .linear),
    Arm(
      "scattering-linear", "Scattering → linear", first: .scattering(Scattering()), head: .linear),
    Arm(
      "bank-cnn", "Hand-made bank → CNN", first: .bank(.quadrature(QuadratureSet())),
      head: .network),
    Arm("learned-cnn", "Learned filters → CNN", first: .learned(RandomFilters()), head: .network),
    Arm(
      "started-cnn", "Bank, then learned → CNN", first: .started(.quadrature(QuadratureSet())),
      head: .network),
    Arm("random-cnn", "Random filters → CNN", first: .random(RandomFilters()), head: .network),
    Arm(
      "derivatives-cnn", "Gaussian derivatives → CNN", first: .derivatives(DerivativeBasis()),
      head: .network),
  ]

  /// The arms with some names, in their usual order.
  ///
  /// - Throws: ``FiltersmithError`` for an unknown name.
  public static func named(
    _ names: [String], among arms: [Arm] = Arm.all
  ) throws(FiltersmithError) -> [Arm] {
    for name in names where !arms.contains(where: { $0.name == name }) {
      throw FiltersmithError(
        .argument,
        "there is no arm '\(name)'; there are \(arms.map(\.name).joined(separator: ", "))")
    }
    return arms.filter { names.contains($0.name) }
  }
}
