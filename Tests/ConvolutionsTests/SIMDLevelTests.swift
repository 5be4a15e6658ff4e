import SIMDLoops
import Tensors
import TestSupport
import Testing

@testable import Convolutions

@Suite struct SIMDLevelTests {
  @Test func levelsThatAreMissingAreRefused() {
    let level = simd_level()
    #expect(simd_has_level(level))
    #expect(simd_has_level(.portable))
    for other in [SIMDLevel.NEON, .AVX2, .AVX512] where !simd_has_level(other) {
      #expect(!simd_set_thread_level(other))
      #expect(simd_level() == level)
    }
  }

  @Test func levelsAreThoseOfOneThread() {
    let level = simd_level()
    forEachSIMDLevel { forced in
      #expect(simd_level() == forced)
    }
    #expect(simd_level() == level)
  }

  @Test func copiesAreComplete() {
    forEachSIMDLevel { level in
      for count in [0, 1, 7, 16, 67, 1000] {
        let source = (0..<count + 1).map { Float($0) }
        for copy in [simd_probe_copy, simd_probe_streaming_copy] {
          var target = [Float](repeating: -1, count: count + 2)
          source.withUnsafeBufferPointer { source in
            target.withUnsafeMutableBufferPointer { target in
              guard let from = source.baseAddress, let into = target.baseAddress else { return }
              copy(from + 1, into + 1, count)
            }
          }
          #expect(target == [-1] + source.dropFirst() + [-1], "\(level)")
        }
      }
    }
  }

  @Test func probesMeasure() {
    #expect(MachineProbe.arithmeticPeak(rounds: 1) > 0)
    #expect(MachineProbe.copyBandwidth(bytes: 1 << 20, rounds: 1) > 0)
  }
}
