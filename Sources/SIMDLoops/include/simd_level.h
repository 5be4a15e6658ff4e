/// Which instruction set the loops use.
#pragma once

#include <stdbool.h>

/// The instruction sets that loops are compiled for, weakest first.
typedef enum __attribute__((enum_extensibility(closed))) {
  /// What every processor of the architecture has: SSE2 on x86-64.
  SIMDLevelPortable = 0,
  /// 128-bit vectors with fused multiply-add, the baseline of 64-bit ARM.
  SIMDLevelNEON = 1,
  /// 256-bit vectors with fused multiply-add.
  SIMDLevelAVX2 = 2,
  /// 512-bit vectors and 32 registers.
  SIMDLevelAVX512 = 3,
} SIMDLevel;

/// The level in use: the one set for this thread; otherwise the one named by the environment's
/// FILTERSMITH_SIMD (portable, neon, avx2 or avx512) at the first call; otherwise the strongest that
/// the processor has.
SIMDLevel simd_level(void);

/// Whether the processor and this build have a level.
bool simd_has_level(SIMDLevel level);

/// Uses a level from now on in the calling thread alone; false, and nothing changes, where the
/// processor lacks it.
bool simd_set_thread_level(SIMDLevel level);

/// Uses the level of the process again in the calling thread.
void simd_reset_thread_level(void);

/// How many floats one vector of the level in use holds.
long simd_float_lanes(void);
