import Tensors
import Testing

@testable import DataFiles

/// Some bytes changed, inserted, removed, repeated or set to an extreme.
func mutated(_ bytes: [UInt8], _ source: inout RandomSource) -> [UInt8] {
  var bytes = bytes
  for _ in 0...source.integer(below: 4) where !bytes.isEmpty {
    let place = source.integer(below: bytes.count)
    switch source.integer(below: 7) {
    case 0: bytes[place] ^= 1 << UInt8(source.integer(below: 8))
    case 1: bytes[place] = UInt8(source.integer(below: 256))
    case 2: bytes[place] = [0, 0x7F, 0x80, 0xFF][source.integer(below: 4)]
    case 3: bytes.insert(UInt8(source.integer(below: 256)), at: place)
    case 4: bytes.remove(at: place)
    case 5:
      bytes.replaceSubrange(place..<min(place + 4, bytes.count), with: [0xFF, 0xFF, 0xFF, 0xFF])
    default: bytes.removeSubrange(place..<min(place + source.integer(below: 20), bytes.count))
    }
  }
  return bytes
}

/// Runs the cases and says how many were accepted; only the library's own error may come out.
func survivors(
  of files: [[UInt8]], cases: Int, seed: UInt64, repair: ([UInt8]) -> [UInt8] = { $0 },
  _ read: ([UInt8]) throws -> Void
) -> Int {
  var source = RandomSource(seed: seed)
  var accepted = 0
  for index in 0..<cases {
    let bytes = repair(mutated(files[index % files.count], &source))
    do {
      try read(bytes)
      accepted += 1
    } catch is FiltersmithError {
    } catch {
      Issue.record("an error of another type: \(error)")
    }
  }
  return accepted
}
