/// Edges thinned to where the gradient is largest.
#pragma once

#include <stddef.h>
#include <stdint.h>

/// to[i] = √(y[i]² + x[i]²) for 0 <= i < count.
void gradient_magnitudes(const float *y, const float *x, size_t count, float *to);

/// to[i] = 2 where rows[1][i] is at least `high`, 1 where it is at least `low`, and 0 where it is
/// less or smaller than one of the two magnitudes a step away along the gradient, which are
/// interpolated between neighbours. Rows are those above, here and below, read from −1 to count.
void thin_edges(
  const float *const rows[3], const float *y, const float *x, float low, float high, size_t count,
  uint8_t *to);

/// The products of a gradient's components: yy[i] = y[i]², yx[i] = y[i] x[i], xx[i] = x[i]².
void gradient_products(
  const float *y, const float *x, size_t count, float *yy, float *yx, float *xx);
