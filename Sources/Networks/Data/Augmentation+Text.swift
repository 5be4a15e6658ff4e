import Tensors

extension Augmentation: CustomStringConvertible {
  /// Reads amounts from text such as `flip,rotate=15,scale=0.1,noise=0.05`.
  ///
  /// Words are `flip` (left and right; `flip=xy` or `flip=xyz` for more axes), `rotate` (degrees),
  /// `scale`, `shift`, `elastic` (pixels), `cells` (of the elastic grid), `noise`, `contrast` and
  /// `brightness`. `none` or nothing changes nothing.
  ///
  /// - Throws: ``FiltersmithError`` of kind `argument` for another word, a repeated one, or an amount
  ///   that is not a number in its range.
  public init(parsing text: String) throws(FiltersmithError) {
    self.init()
    var seen: Set<Substring> = []
    for part in text.split(separator: ",") {
      let pieces = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let word = pieces[0].filter { $0 != " " }[...]
      let amount = pieces.count > 1 ? pieces[1].filter { $0 != " " } : nil
      guard seen.insert(word).inserted else {
        throw FiltersmithError(.argument, "augmentation '\(text)' has \(word) twice")
      }
      if word == "none", amount == nil { continue }
      if word == "flip" {
        flips = try Self.axes(amount ?? "x", text)
        continue
      }
      if word == "cells" {
        guard let cells = amount.flatMap({ Int($0) }) else {
          throw FiltersmithError(
            .argument, "augmentation '\(text)' needs a whole number of cells, such as cells=3")
        }
        elasticCells = cells
        continue
      }
      guard let place = Self.amounts.first(where: { $0.word == word })?.place else {
        let words = ["flip", "cells"] + Self.amounts.map(\.word)
        throw FiltersmithError(
          .argument,
          "augmentation '\(text)' has the word '\(word)'; known are "
            + words.joined(separator: ", "))
      }
      guard let value = amount.flatMap({ Double($0) }) else {
        throw FiltersmithError(
          .argument, "augmentation '\(text)' needs a number for \(word), such as \(word)=0.1")
      }
      self[keyPath: place] = value
    }
    try validate()
  }

  private static var amounts: [(word: String, place: WritableKeyPath<Augmentation, Double>)] {
    [
      ("rotate", \.rotation), ("scale", \.scale), ("shift", \.shift), ("elastic", \.elastic),
      ("noise", \.noise), ("contrast", \.contrast), ("brightness", \.brightness),
    ]
  }

  private static let axisLetters: [Character] = ["x", "y", "z", "t"]

  private static func axes(_ letters: String, _ text: String) throws(FiltersmithError) -> [Int] {
    var axes: [Int] = []
    for letter in letters {
      guard let axis = axisLetters.firstIndex(of: letter), !axes.contains(axis) else {
        throw FiltersmithError(
          .argument,
          "augmentation '\(text)' flips axes '\(letters)'; some of x, y, z, t were expected")
      }
      axes.append(axis)
    }
    return axes
  }

  /// The text that ``init(parsing:)`` reads as the same amounts; `none` for no changes.
  public var description: String {
    var parts: [String] = []
    if !flips.isEmpty {
      parts.append("flip=" + flips.map { String(Self.axisLetters[min(max($0, 0), 3)]) }.joined())
    }
    for (word, place) in Self.amounts where self[keyPath: place] != 0 {
      parts.append("\(word)=\(self[keyPath: place])")
      if word == "elastic", elasticCells != 3 { parts.append("cells=\(elasticCells)") }
    }
    return parts.isEmpty ? "none" : parts.joined(separator: ",")
  }
}
