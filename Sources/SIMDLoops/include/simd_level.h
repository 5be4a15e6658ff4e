/// Which instruction set the loops use.
#pragma once

#include <stdbool.h>

/// The instruction sets that loops are compiled for, weakest first.
typedef enum __attribute__((enum_extensibility(closed))) {
  /// The baseline of every processor of the architecture: SSE2 on x86-64.
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

/// Uses a level from now on in the calling thread only; false, and nothing changes, if the
/// processor lacks it.
bool simd_set_thread_level(SIMDLevel level);

/// Returns the calling thread to the level of the process.
void simd_reset_thread_level(void);

/// The number of floats in a vector of the level in use.
long simd_float_lanes(void);
