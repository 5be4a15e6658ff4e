/// Reads JSON (RFC 8259) token by token, as far as the headers of safetensors files need it.
///
/// Numbers are non-negative integers. It does not recurse, so hostile nesting costs no stack.
struct JSONScanner {
  /// What is wrong with a text, and at which byte.
  struct Problem: Error {
    let expected: String
    let position: Int
  }

  private let text: [UInt8]
  private(set) var position = 0

  init(_ text: [UInt8]) { self.text = text }

  /// The error that something else was expected here, or at another byte.
  func expected(_ what: String, at place: Int? = nil) -> Problem {
    Problem(expected: what, position: place ?? position)
  }

  private mutating func skipSpace() {
    while position < text.count, [0x20, 0x09, 0x0A, 0x0D].contains(text[position]) {
      position += 1
    }
  }

  private mutating func accept(_ character: Unicode.Scalar) -> Bool {
    skipSpace()
    guard position < text.count, text[position] == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func require(_ character: Unicode.Scalar) throws(Problem) {
    guard accept(character) else { throw expected("'\(character)'") }
  }

  /// Reads an object; `member` reads the value that follows each key.
  mutating func object(
    _ member: (_ key: String, _ scanner: inout JSONScanner) throws(Problem) -> Void
  ) throws(Problem) {
    try require("{")
    if accept("}") { return }
    repeat {
      skipSpace()
      let place = position
      let key = try string()
      try require(":")
      // A repeated key is found by the caller, who knows where it began.
      lastKeyPosition = place
      try member(key, &self)
    } while accept(",")
    guard accept("}") else { throw expected("',' or '}'") }
  }

  /// Where the key of the current member began.
  private(set) var lastKeyPosition = 0

  /// Reads a list of non-negative integers.
  mutating func integers() throws(Problem) -> [Int] {
    try require("[")
    var numbers: [Int] = []
    if accept("]") { return numbers }
    repeat { numbers.append(try integer()) } while accept(",")
    guard accept("]") else { throw expected("',' or ']'") }
    return numbers
  }

  private mutating func integer() throws(Problem) -> Int {
    skipSpace()
    let start = position
    while position < text.count, (0x30...0x39).contains(text[position]) { position += 1 }
    let digits = text[start..<position]
    let isFraction = position < text.count && [0x2E, 0x45, 0x65].contains(text[position])
    guard
      !isFraction, digits.count == 1 || digits.first != 0x30,
      let number = Int(String(decoding: digits, as: UTF8.self))
    else { throw expected("a whole number from 0 up of at most 63 bits", at: start) }
    return number
  }

  /// Reads a text.
  mutating func string() throws(Problem) -> String {
    try require("\"")
    let start = position
    var bytes: [UInt8] = []
    while position < text.count, text[position] != UInt8(ascii: "\"") {
      switch text[position] {
      case UInt8(ascii: "\\"): bytes.append(contentsOf: try escaped())
      case 0..<0x20: throw expected("an escape instead of a control character")
      default:
        bytes.append(text[position])
        position += 1
      }
    }
    guard position < text.count else { throw expected("a closing quote") }
    position += 1
    guard let string = String(validating: bytes, as: UTF8.self) else {
      throw expected("text in UTF-8", at: start)
    }
    return string
  }

  private mutating func escaped() throws(Problem) -> [UInt8] {
    let start = position
    position += 1
    let letter = position < text.count ? text[position] : 0
    position += 1
    let plain: [Unicode.Scalar: UInt8] = [
      "\"": 0x22, "\\": 0x5C, "/": 0x2F, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9,
    ]
    if let byte = plain[Unicode.Scalar(letter)] { return [byte] }
    guard letter == UInt8(ascii: "u") else { throw expected("a known escape", at: start) }
    var unit = try hexadecimal()
    if (0xD800..<0xDC00).contains(unit), text[position...].starts(with: "\\u".utf8) {
      position += 2
      let low = try hexadecimal()
      guard (0xDC00..<0xE000).contains(low) else {
        throw expected("the second half of a character", at: start)
      }
      unit = 0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)
    }
    guard let scalar = Unicode.Scalar(unit) else {
      throw expected("a whole Unicode character", at: start)
    }
    return Array(String(Character(scalar)).utf8)
  }

  private mutating func hexadecimal() throws(Problem) -> UInt32 {
    let digits = text[position...].prefix(4)
    guard
      digits.count == 4, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
      let unit = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
    else { throw expected("four hexadecimal digits") }
    position += 4
    return unit
  }

  /// Checks that nothing but white space follows.
  mutating func requireEnd() throws(Problem) {
    skipSpace()
    guard position == text.count else { throw expected("the end") }
  }

  /// A text as JSON, with as few escapes as possible.
  static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case "\u{8}": quoted += "\\b"
      case "\u{C}": quoted += "\\f"
      case "\n": quoted += "\\n"
      case "\r": quoted += "\\r"
      case "\t": quoted += "\\t"
      case "\u{0}"..<" ":
        let digits = String(scalar.value, radix: 16)
        quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}
