import SIMDLoops
import Tensors

/// What this processor can do at most: the limits that measured times are compared with.
public enum MachineProbe {
  /// The fastest of several short runs of fused multiply-adds on one core, in floating-point
  /// operations per second.
  ///
  /// - Parameter rounds: How many runs of about two milliseconds to take the fastest of.
  public static func arithmeticPeak(rounds: Int = 10) -> Double {
    var best = 0.0
    for _ in 0..<max(rounds, 1) {
      var sink: Float = 0.5
      var operations = 0
      let elapsed = ContinuousClock().measure {
        operations = simd_probe_arithmetic(1_000_000, &sink)
      }
      best = max(best, Double(operations) / elapsed.seconds)
    }
    return best
  }

  /// The fastest of several copies of an array by one core, in bytes read and written per second.
  ///
  /// Both ordinary stores and stores that bypass the caches are tried.
  ///
  /// - Parameters:
  ///   - bytes: The size of the array that is read, and of the one that is written.
  ///   - rounds: How many copies of each kind to take the fastest of.
  public static func copyBandwidth(bytes: Int = 64 << 20, rounds: Int = 5) -> Double {
    let count = max(bytes / MemoryLayout<Float>.stride, 1)
    let moved = Double(2 * count * MemoryLayout<Float>.stride)
    var best = 0.0
    withScratch(Float.self, count: 2 * count) { memory in
      memory.update(repeating: 1, count: 2 * count)
      for _ in 0..<max(rounds, 1) {
        for copy in [simd_probe_copy, simd_probe_streaming_copy] {
          let elapsed = ContinuousClock().measure { copy(memory, memory + count, count) }
          best = max(best, moved / elapsed.seconds)
        }
      }
    }
    return best
  }
}

extension Duration {
  /// The duration in seconds.
  var seconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }
}
