/// Makes Cairo's SVG reproducible, and accessible to readers who cannot see it.
enum SVGText {
  /// Numbers the identifiers in order of appearance and adds the title.
  ///
  /// Cairo numbers its surfaces through the life of the process, so a second file of the same figure
  /// would differ from the first.
  static func tidied(_ bytes: [UInt8], title: String) -> [UInt8] {
    var numbers: [[UInt8]: Int] = [:]
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count + title.utf8.count + 64)
    var position = 0
    var isTitled = false
    while position < bytes.count {
      let byte = bytes[position]
      result.append(byte)
      position += 1
      let opensReference = byte == UInt8(ascii: "#")
      if opensReference || endsWithIdentifier(result) {
        let name = Array(bytes[position...].prefix(while: isIdentifier))
        // `#` also precedes colours and occurs in encoded pictures: only names that end in a number
        // and are closed as a reference are names.
        let end = position + name.count
        let closing = end < bytes.count ? bytes[end] : 0
        let stem = Array(name.reversed().drop(while: isDigit).reversed())
        guard
          stem.count < name.count, !stem.isEmpty,
          closing == UInt8(ascii: "\"") || closing == UInt8(ascii: ")")
        else { continue }
        let number = numbers[name] ?? numbers.count
        numbers[name] = number
        result += stem + Array("\(number)".utf8)
        position = end
      } else if !isTitled, byte == UInt8(ascii: ">"), isRootTag(result) {
        isTitled = true
        result += Array("\n<title>\(escaped(title))</title>".utf8)
      }
    }
    return result
  }

  /// Text with XML's special characters escaped.
  static func escaped(_ text: String) -> String {
    var result = ""
    for character in text {
      switch character {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      default: result.append(character)
      }
    }
    return result
  }

  private static func endsWithIdentifier(_ bytes: [UInt8]) -> Bool {
    bytes.last == UInt8(ascii: "\"") && bytes.suffix(5).elementsEqual(" id=\"".utf8)
  }

  private static func isRootTag(_ bytes: [UInt8]) -> Bool {
    guard let start = bytes.lastIndex(of: UInt8(ascii: "<")) else { return false }
    return bytes[start...].starts(with: "<svg ".utf8)
  }

  private static func isDigit(_ byte: UInt8) -> Bool { byte >= 48 && byte <= 57 }

  private static func isIdentifier(_ byte: UInt8) -> Bool {
    isDigit(byte) || (byte >= 65 && byte <= 90) || (byte >= 97 && byte <= 122)
      || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
  }
}
