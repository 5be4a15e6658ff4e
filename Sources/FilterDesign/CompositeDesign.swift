import Tensors

/// The filters of several banks of equal support, one bank after the other.
public struct SequenceDesign: BankFamily {
  /// The description of each bank.
  public var parts: [BankDesign]

  /// The banks in order.
  public init(parts: [BankDesign]) { self.parts = parts }

  /// The name of the family.
  public var family: String { "sequence" }

  /// Checks that there are banks, and each of them.
  public func validate() throws(FiltersmithError) {
    guard !parts.isEmpty else {
      throw FiltersmithError(.argument, "a sequence of banks needs at least one part")
    }
    for part in parts { try part.parameters?.validate() }
  }

  /// Makes every bank and joins them.
  public func bank(progress: ProgressHandler?) throws(FiltersmithError) -> FilterBank {
    try validate()
    var whole: FilterBank?
    for (index, part) in parts.enumerated() {
      let (before, all) = (Double(index), Double(parts.count))
      let next = try part.bank { progress?((before + $0) / all) }
      whole = try whole?.appending(next) ?? next
    }
    guard let whole else {
      throw FiltersmithError(.argument, "a sequence of banks needs at least one part")
    }
    return whole.described(as: .sequence(self))
  }
}

/// Some filters of another bank.
public struct SelectionDesign: BankFamily {
  /// The indices of the filters, counted from 0.
  public var filters: [Int]
  /// The description of the other bank, as an array of one: a value cannot contain itself otherwise.
  private var source: [BankDesign]

  /// The filters of a bank, in the order given.
  public init(filters: [Int], of design: BankDesign) {
    self.filters = filters
    source = [design]
  }

  /// The description of the other bank.
  public var of: BankDesign { source.first ?? .custom }

  /// The name of the family.
  public var family: String { "selection" }

  /// Checks the other bank's parameters; which filters it has is only known when it is made.
  public func validate() throws(FiltersmithError) { try of.parameters?.validate() }

  /// Makes the other bank and selects the filters.
  public func bank(progress: ProgressHandler?) throws(FiltersmithError) -> FilterBank {
    try of.bank(progress: progress).selecting(filters).described(as: .selection(self))
  }

  private enum Key: String, CodingKey { case filters, of }

  /// Reads `filters` and `of`.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    self.init(
      filters: try container.decode([Int].self, forKey: .filters),
      of: try container.decode(BankDesign.self, forKey: .of))
  }

  /// Writes `filters` and `of`.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(filters, forKey: .filters)
    try container.encode(of, forKey: .of)
  }
}

extension BankDesign {
  /// Two banks, one after the other; sequences stay flat.
  static func joining(_ left: BankDesign, _ right: BankDesign) -> BankDesign {
    func parts(_ design: BankDesign) -> [BankDesign] {
      if case .sequence(let sequence) = design { sequence.parts } else { [design] }
    }
    return .sequence(SequenceDesign(parts: parts(left) + parts(right)))
  }
}
