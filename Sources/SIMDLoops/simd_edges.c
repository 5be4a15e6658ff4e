#include "simd_edges.h"

#include <math.h>

#define LOOPS "simd_edges_loops.h"
#include "for_each_level.h"

void gradient_magnitudes(const float *y, const float *x, size_t count, float *to) {
  DISPATCH(gradient_magnitudes, y, x, count, to);
}

void thin_edges(
  const float *const rows[3], const float *y, const float *x, float low, float high, size_t count,
  uint8_t *to) {
  DISPATCH(thin_edges, rows, y, x, low, high, count, to);
}

void gradient_products(
  const float *y, const float *x, size_t count, float *yy, float *yx, float *xx) {
  DISPATCH(gradient_products, y, x, count, yy, yx, xx);
}
