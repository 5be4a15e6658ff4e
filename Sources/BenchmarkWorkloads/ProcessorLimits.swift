import Convolutions
import Tensors

/// What no algorithm with the same operations and traffic can beat.
public struct ProcessorLimits: Sendable, Codable {
  /// Multiply-adds of single precision, two operations each, on all threads together.
  public let gigaflops: Double
  /// Copies of arrays larger than any cache, bytes read and written, on all threads together.
  public let gigabytesPerSecond: Double
  /// How many threads worked.
  public let threads: Int

  /// Measures for about half a second.
  public static func measured() -> ProcessorLimits {
    ProcessorLimits(
      gigaflops: together { MachineProbe.arithmeticPeak(rounds: 30) } / 1e9,
      gigabytesPerSecond: together { MachineProbe.copyBandwidth() } / 1e9,
      threads: Threads.count)
  }

  /// The sum of what all threads reach at the same time.
  private static func together(_ rate: @Sendable () -> Double) -> Double {
    var rates = [Double](repeating: 0, count: Threads.count)
    rates.withUnsafeMutableBufferPointer { rates in
      let shared = SharedPointer(rates)
      parallelFor(rates.count) { shared[$0] = rate() }
    }
    return rates.reduce(0, +)
  }
}
