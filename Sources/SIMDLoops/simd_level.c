#include "simd_level.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

bool simd_has_level(SIMDLevel level) {
  switch (level) {
    case SIMDLevelPortable:
      return true;
    case SIMDLevelNEON:
#if defined(__aarch64__)
      return true;
#else
      return false;
#endif
#if defined(__x86_64__)
    case SIMDLevelAVX2:
      __builtin_cpu_init();
      return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    case SIMDLevelAVX512:
      __builtin_cpu_init();
      return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl")
             && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw");
#endif
    default:
      return false;
  }
}

static SIMDLevel first_level(void) {
  static const char *const names[] = {"portable", "neon", "avx2", "avx512"};
  const char *wanted = getenv("FILTERSMITH_SIMD");
  for (int level = 0; wanted && level < 4; level++) {
    if (strcmp(wanted, names[level]) == 0 && simd_has_level((SIMDLevel)level)) {
      return (SIMDLevel)level;
    }
  }
  for (int level = SIMDLevelAVX512; level > 0; level--) {
    if (simd_has_level((SIMDLevel)level)) return (SIMDLevel)level;
  }
  return SIMDLevelPortable;
}

// −1 until the first call. Threads that race for it all find the same level.
static _Atomic int process_level = -1;

// −1 if the thread uses the level of the process.
static _Thread_local int thread_level = -1;

SIMDLevel simd_level(void) {
  if (thread_level >= 0) return (SIMDLevel)thread_level;
  int level = atomic_load_explicit(&process_level, memory_order_relaxed);
  if (level < 0) {
    level = (int)first_level();
    atomic_store_explicit(&process_level, level, memory_order_relaxed);
  }
  return (SIMDLevel)level;
}

bool simd_set_thread_level(SIMDLevel level) {
  if (!simd_has_level(level)) return false;
  thread_level = (int)level;
  return true;
}

void simd_reset_thread_level(void) { thread_level = -1; }

long simd_float_lanes(void) {
  switch (simd_level()) {
    case SIMDLevelAVX2: return 8;
    case SIMDLevelAVX512: return 16;
    default: return 4;
  }
}
