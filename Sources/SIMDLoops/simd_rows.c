#include "simd_rows.h"

#define LOOPS "simd_rows_loops.h"
#include "for_each_level.h"

double row_sum(const float *x, size_t count) { DISPATCH(row_sum, x, count); }

double row_squares(const float *x, float mean, size_t count) {
  DISPATCH(row_squares, x, mean, count);
}

double row_product(const float *g, const float *x, float mean, size_t count) {
  DISPATCH(row_product, g, x, mean, count);
}

void row_scale(
  const float *x, float factor, LayerEpilogue epilogue, float *target, size_t count) {
  DISPATCH(row_scale, x, factor, epilogue, target, count);
}

void row_combine(
  const float *g, const float *x, float factor, float offset, float slope, float mean, float *target,
  size_t count) {
  DISPATCH(row_combine, g, x, factor, offset, slope, mean, target, count);
}

void row_add(
  const float *x, const float *y, LayerEpilogue epilogue, float *target, size_t count) {
  DISPATCH(row_add, x, y, epilogue, target, count);
}

void row_rectifier_gradient(
  const float *y, const float *g, float slope, float *target, size_t count) {
  DISPATCH(row_rectifier_gradient, y, g, slope, target, count);
}

void row_magnitude(const float *x, const float *y, float *target, size_t count) {
  DISPATCH(row_magnitude, x, y, target, count);
}

void row_magnitude_gradient(
  const float *x, const float *y, const float *g, float *target_x, float *target_y, size_t count) {
  DISPATCH(row_magnitude_gradient, x, y, g, target_x, target_y, count);
}

void row_quarters(
  const float *upper, const float *lower, int32_t first, int32_t second, float *target,
  int32_t *places, size_t count) {
  DISPATCH(row_quarters, upper, lower, first, second, target, places, count);
}
