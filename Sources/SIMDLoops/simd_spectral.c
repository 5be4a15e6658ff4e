#include "simd_spectral.h"

#define LOOPS "simd_spectral_loops.h"
#include "for_each_level.h"

void simd_spectral_multiply(const float *left, const float *right, float *sum, long count) {
  DISPATCH(multiply, left, right, sum, count);
}

void simd_spectral_multiply_add(const float *left, const float *right, float *sum, long count) {
  DISPATCH(multiply_add, left, right, sum, count);
}

void simd_spectral_correlate(const float *left, const float *right, float *sum, long count) {
  DISPATCH(correlate, left, right, sum, count);
}

void simd_spectral_correlate_add(const float *left, const float *right, float *sum, long count) {
  DISPATCH(correlate_add, left, right, sum, count);
}

void simd_interleave(const float *real, const float *imaginary, float *packed, long count) {
  DISPATCH(interleave, real, imaginary, packed, count);
}

void simd_deinterleave(const float *packed, float *real, float *imaginary, long count) {
  DISPATCH(deinterleave, packed, real, imaginary, count);
}

void simd_packed_magnitudes(
  const float *even, const float *odd, float *real, float *imaginary, long count) {
  DISPATCH(packed_magnitudes, even, odd, real, imaginary, count);
}
