#include "simd_planar.h"

#define LOOPS "simd_planar_loops.h"
#include "for_each_level.h"

void planar_sums(const PlanarSums *work) { DISPATCH(planar_sums, work); }

void planar_products(
  const float *gradient, const ptrdiff_t *gradientRows, const float *source,
  const ptrdiff_t *sourceRows, size_t rows, size_t columns, const int32_t *offsets, size_t taps,
  float *sums) {
  DISPATCH(
    planar_products, gradient, gradientRows, source, sourceRows, rows, columns, offsets, taps,
    sums);
}
