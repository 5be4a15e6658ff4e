#include "simd_probes.h"

#define LOOPS "simd_probes_loops.h"
#include "for_each_level.h"

long simd_probe_arithmetic(long repetitions, float *sink) {
  DISPATCH(probe_arithmetic, repetitions, sink);
}

void simd_probe_copy(const float *source, float *target, long count) {
  DISPATCH(probe_copy, source, target, count);
}

void simd_probe_streaming_copy(const float *source, float *target, long count) {
  DISPATCH(probe_streaming_copy, source, target, count);
}
