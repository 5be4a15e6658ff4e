#include "simd_winograd.h"

#include <stdbool.h>

// The interpolation points ±P and ±Q, and their squares.
#define P 0.625f
#define Q 1.5f
#define PP (P * P)
#define QQ (Q * Q)
// One over the products of the differences of a point from all other finite ones.
#define SCALE_0 (1 / (PP * QQ))
#define SCALE_P (1 / (2 * PP * (PP - QQ)))
#define SCALE_Q (1 / (2 * QQ * (QQ - PP)))

#define LOOPS "simd_winograd_loops.h"
#include "for_each_level.h"

void winograd_input(
  const float *source, ptrdiff_t row, size_t tiles, int outputs, float *target, ptrdiff_t plane,
  ptrdiff_t step) {
  DISPATCH(winograd_input, source, row, tiles, outputs, target, plane, step);
}

void winograd_evaluate(
  const float *source, ptrdiff_t row, ptrdiff_t step, size_t tiles, int count, float *target,
  ptrdiff_t plane) {
  DISPATCH(winograd_evaluate, source, row, step, tiles, count, target, plane);
}

void winograd_interpolate(
  const float *entries, ptrdiff_t plane, size_t tiles, int count, float *target, ptrdiff_t row,
  ptrdiff_t step) {
  DISPATCH(winograd_interpolate, entries, plane, tiles, count, target, row, step);
}
