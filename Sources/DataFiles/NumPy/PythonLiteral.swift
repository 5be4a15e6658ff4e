/// A Python literal, as far as the headers of NumPy's files need it.
indirect enum PythonLiteral {
  case text(String)
  case integer(Int)
  case bool(Bool)
  case none
  case tuple([PythonLiteral])
  case list([PythonLiteral])
  case dictionary([(key: String, value: PythonLiteral)])

  /// What is wrong with a text, and at which byte.
  struct Problem: Error {
    let expected: String
    let position: Int
  }

  /// Reads one value that fills a text, apart from white space.
  init(parsing text: [UInt8]) throws(Problem) {
    var parser = Parser(text: text)
    self = try parser.value(depth: 0)
    parser.skipSpace()
    guard parser.position == text.count else { throw parser.expected("the end") }
  }
}

private struct Parser {
  /// Nesting beyond this is an attack on the stack, not a header.
  static let deepestNesting = 16

  let text: [UInt8]
  var position = 0

  init(text: [UInt8]) { self.text = text }

  func expected(_ what: String) -> PythonLiteral.Problem {
    PythonLiteral.Problem(expected: what, position: position)
  }

  mutating func skipSpace() {
    while position < text.count, [0x20, 0x09, 0x0A, 0x0D, 0x0C].contains(text[position]) {
      position += 1
    }
  }

  /// The next byte that is not white space.
  mutating func peek() -> Character? {
    skipSpace()
    return position < text.count ? Character(Unicode.Scalar(text[position])) : nil
  }

  mutating func accept(_ character: Character) -> Bool {
    guard peek() == character else { return false }
    position += 1
    return true
  }

  mutating func value(depth: Int) throws(PythonLiteral.Problem) -> PythonLiteral {
    guard depth < Self.deepestNesting else { throw expected("a flatter value") }
    switch peek() {
    case "'", "\"": return .text(try quoted())
    case "(":
      position += 1
      let (items, hasComma) = try items(until: ")", depth: depth)
      // (3) is a number in parentheses, (3,) a tuple.
      return items.count == 1 && !hasComma ? items[0] : .tuple(items)
    case "[":
      position += 1
      return .list(try items(until: "]", depth: depth).items)
    case "{":
      position += 1
      return .dictionary(try entries(depth: depth))
    case let first? where first == "-" || first == "+" || first.isNumber: return try integer()
    default: return try word()
    }
  }

  private mutating func items(
    until end: Character, depth: Int
  ) throws(PythonLiteral.Problem) -> (items: [PythonLiteral], hasComma: Bool) {
    var items: [PythonLiteral] = []
    var hasComma = false
    while !accept(end) {
      guard items.isEmpty || hasComma else { throw expected("',' or '\(end)'") }
      items.append(try value(depth: depth + 1))
      hasComma = accept(",")
    }
    return (items, hasComma)
  }

  private mutating func entries(
    depth: Int
  ) throws(PythonLiteral.Problem) -> [(key: String, value: PythonLiteral)] {
    var entries: [(key: String, value: PythonLiteral)] = []
    var hasComma = true
    while !accept("}") {
      guard hasComma else { throw expected("',' or '}'") }
      guard let quote = peek(), quote == "'" || quote == "\"" else { throw expected("a key") }
      let key = try quoted()
      guard accept(":") else { throw expected("':'") }
      entries.append((key, try value(depth: depth + 1)))
      hasComma = accept(",")
    }
    return entries
  }

  private mutating func quoted() throws(PythonLiteral.Problem) -> String {
    let quote = text[position]
    position += 1
    let start = position
    while position < text.count, text[position] != quote {
      guard text[position] != UInt8(ascii: "\\") else { throw expected("a text without escapes") }
      position += 1
    }
    guard position < text.count else { throw expected("a closing quote") }
    position += 1
    return String(decoding: text[start..<position - 1], as: UTF8.self)
  }

  private mutating func integer() throws(PythonLiteral.Problem) -> PythonLiteral {
    let start = position
    if text[position] == UInt8(ascii: "-") || text[position] == UInt8(ascii: "+") { position += 1 }
    while position < text.count, (0x30...0x39).contains(text[position]) { position += 1 }
    guard let number = Int(String(decoding: text[start..<position], as: UTF8.self)) else {
      position = start
      throw expected("a whole number of at most 64 bits")
    }
    // Python 2 wrote long numbers with an L.
    if position < text.count, text[position] == UInt8(ascii: "L") { position += 1 }
    return .integer(number)
  }

  private mutating func word() throws(PythonLiteral.Problem) -> PythonLiteral {
    let words: [(String, PythonLiteral)] = [
      ("True", .bool(true)), ("False", .bool(false)), ("None", .none),
    ]
    for (word, value) in words where text[position...].starts(with: word.utf8) {
      position += word.utf8.count
      return value
    }
    throw expected("a value")
  }
}
