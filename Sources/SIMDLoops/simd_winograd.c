#include "simd_winograd.h"

// The squares of the interpolation points ±P and ±Q, their sum and product.
#define P 0.625f
#define Q 1.5f
#define PP (P * P)
#define QQ (Q * Q)

#define LOOPS "simd_winograd_loops.h"
#include "for_each_level.h"

void winograd_input(
  const float *source, ptrdiff_t row, size_t tiles, float *target, ptrdiff_t plane,
  ptrdiff_t step) {
  DISPATCH(winograd_input, source, row, tiles, target, plane, step);
}

void winograd_output(
  const float *products, ptrdiff_t plane, size_t tiles, float *target, ptrdiff_t row) {
  DISPATCH(winograd_output, products, plane, tiles, target, row);
}

void winograd_kernel(
  const float *source, ptrdiff_t step, size_t count, float *target, ptrdiff_t plane) {
  DISPATCH(winograd_kernel, source, step, count, target, plane);
}

void winograd_gradient(
  const float *source, ptrdiff_t row, size_t tiles, float *target, ptrdiff_t plane) {
  DISPATCH(winograd_gradient, source, row, tiles, target, plane);
}

void winograd_kernel_gradient(
  const float *sums, ptrdiff_t plane, size_t count, float *target, ptrdiff_t step) {
  DISPATCH(winograd_kernel_gradient, sums, plane, count, target, step);
}
