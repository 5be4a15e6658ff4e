/// A sorting network: compares and exchanges pairs of values, the same pairs whatever the values.
///
/// Batcher's odd–even merges. Slots that only fill up to a power of two are infinite: exchanging with one
/// is renaming, which is done here and costs nothing later. Exchanges that no wanted output depends on
/// are left out. (K. E. Batcher, *Sorting networks and their applications*, 1968.)
struct ExchangeNetwork: Sendable {
  /// Pairs of slots, the smaller value to the first: `[first, second, first, second, …]`.
  private(set) var exchanges: [UInt16] = []
  /// The slot of every wanted output, in ascending order of values.
  private(set) var outputs: [UInt16] = []

  /// How many pairs are exchanged.
  var count: Int { exchanges.count / 2 }

  /// The network that sorts values in any order.
  ///
  /// - Parameter count: The number of values; they are in slots 0 and up.
  static func sorting(_ count: Int) -> ExchangeNetwork {
    var builder = Builder(wires: Array(0..<count), padded: powerOfTwo(count))
    builder.sort(0..<builder.wires.count)
    return builder.network(wanted: 0..<count)
  }

  /// The network that merges two lists in ascending order.
  ///
  /// - Parameters:
  ///   - first: The length of the first, which is in slots 0 and up.
  ///   - second: The length of the second, which is in the slots after those.
  ///   - wanted: Which of the outputs matter; all of them unless given.
  static func merging(_ first: Int, _ second: Int, wanted: Range<Int>? = nil) -> ExchangeNetwork {
    let half = powerOfTwo(max(first, second))
    var builder = Builder(wires: Array(0..<first), padded: half)
    builder.append(Array(first..<first + second), padded: half)
    builder.merge(start: 0, count: 2 * half, step: 1)
    return builder.network(wanted: wanted ?? 0..<first + second)
  }

  private static func powerOfTwo(_ count: Int) -> Int {
    var power = 1
    while power < count { power *= 2 }
    return power
  }

  private struct Builder {
    /// The slot of every wire; nil for infinity.
    private(set) var wires: [Int?] = []
    private var pairs: [(Int, Int)] = []

    init(wires: [Int], padded: Int) { append(wires, padded: padded) }

    mutating func append(_ slots: [Int], padded: Int) {
      wires += slots.map { $0 }
      wires += [Int?](repeating: nil, count: padded - slots.count)
    }

    private mutating func exchange(_ low: Int, _ high: Int) {
      if let first = wires[low], let second = wires[high] {
        pairs.append((first, second))
      } else if wires[low] == nil {
        wires.swapAt(low, high)
      }
    }

    mutating func sort(_ range: Range<Int>) {
      guard range.count > 1 else { return }
      let middle = range.lowerBound + range.count / 2
      sort(range.lowerBound..<middle)
      sort(middle..<range.upperBound)
      merge(start: range.lowerBound, count: range.count, step: 1)
    }

    /// Merges the halves of `count` wires that begin at `start` and lie `step` apart.
    mutating func merge(start: Int, count: Int, step: Int) {
      guard count > 2 else { return exchange(start, start + step) }
      merge(start: start, count: count / 2, step: 2 * step)
      merge(start: start + step, count: count / 2, step: 2 * step)
      for place in stride(from: 1, to: count - 1, by: 2) {
        exchange(start + place * step, start + (place + 1) * step)
      }
    }

    func network(wanted: Range<Int>) -> ExchangeNetwork {
      let outputs = wires[wanted].compactMap { $0 }
      var isNeeded = Set(outputs)
      var kept: [(Int, Int)] = []
      for pair in pairs.reversed() where isNeeded.contains(pair.0) || isNeeded.contains(pair.1) {
        isNeeded.formUnion([pair.0, pair.1])
        kept.append(pair)
      }
      var network = ExchangeNetwork()
      for (first, second) in Self.inLayers(kept.reversed()) {
        network.exchanges += [UInt16(first), UInt16(second)]
      }
      network.outputs = outputs.map { UInt16($0) }
      return network
    }

    /// The exchanges reordered so that those that depend on none come first, then those that depend on
    /// these, and so on: a processor can work on several at once.
    private static func inLayers(_ pairs: [(Int, Int)]) -> [(Int, Int)] {
      var depth: [Int: Int] = [:]
      var layers: [[(Int, Int)]] = []
      for (first, second) in pairs {
        let layer = max(depth[first] ?? 0, depth[second] ?? 0)
        if layer == layers.count { layers.append([]) }
        layers[layer].append((first, second))
        (depth[first], depth[second]) = (layer + 1, layer + 1)
      }
      return layers.flatMap { $0 }
    }
  }
}
