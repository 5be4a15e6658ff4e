import SIMDLoops
import Tensors

/// Runs `body` with every instruction set that this processor has, one after another.
///
/// The level is set for this thread only, and the work stays on it: tests that run beside this one
/// compare bits, which differ from level to level.
public func forEachSIMDLevel(_ body: (SIMDLevel) throws -> Void) rethrows {
  defer { simd_reset_thread_level() }
  for level in [SIMDLevel.portable, .NEON, .AVX2, .AVX512] where simd_set_thread_level(level) {
    try Threads.inTurn { try body(level) }
  }
}
