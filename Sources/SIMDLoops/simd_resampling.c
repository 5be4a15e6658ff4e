#include "simd_resampling.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define LOOPS "simd_resampling_loops.h"
#include "for_each_level.h"

void resample_linear_2d(
  const float *image, ptrdiff_t row, const double *y, const double *x, size_t count, float *to) {
  DISPATCH(resample_linear_2d, image, row, y, x, count, to);
}

void resample_linear_3d(
  const float *image, ptrdiff_t plane, ptrdiff_t row, const double *z, const double *y,
  const double *x, size_t count, float *to) {
  DISPATCH(resample_linear_3d, image, plane, row, z, y, x, count, to);
}

void resample_cubic_2d(
  const float *image, ptrdiff_t row, const double *y, const double *x, size_t count,
  ResamplingCubic kernel, float *to) {
  DISPATCH(resample_cubic_2d, image, row, y, x, count, kernel, to);
}

void resample_cubic_3d(
  const float *image, ptrdiff_t plane, ptrdiff_t row, const double *z, const double *y,
  const double *x, size_t count, ResamplingCubic kernel, float *to) {
  DISPATCH(resample_cubic_3d, image, plane, row, z, y, x, count, kernel, to);
}

void resample_rows(
  const float *from, ptrdiff_t distance, const float *weights, size_t taps, size_t count,
  float *to) {
  DISPATCH(resample_rows, from, distance, weights, taps, count, to);
}

void resample_along(
  const float *from, size_t extent, const int32_t *starts, const float *weights, size_t taps,
  size_t count, float *to) {
  DISPATCH(resample_along, from, extent, starts, weights, taps, count, to);
}

size_t resample_run(
  const double *positions, size_t distance, size_t axes, const double *low, const double *high,
  size_t count, bool inside) {
  DISPATCH(resample_run, positions, distance, axes, low, high, count, inside);
}

void resample_positions(double start, double step, size_t count, double *to) {
  DISPATCH(resample_positions, start, step, count, to);
}
