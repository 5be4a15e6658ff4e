#include "simd_planar.h"

// Rows shorter than all vectors.
static float plane_sample(const float *source, size_t rows, size_t columns, size_t row, size_t column) {
  // An index of −1 wraps to the largest number.
  return row < rows && column < columns ? source[row * columns + column] : 0;
}

static void planar_plane_by_numbers(const PlanarPlane *work) {
  for (size_t row = work->first; row < work->end; ++row)
    for (size_t column = 0; column < work->columns; ++column) {
      float sum = 0;
      for (size_t tap = 0; tap < 9; ++tap)
        sum += work->weights[tap]
          * plane_sample(
            work->source, work->rows, work->columns, row + tap / 3 - 1, column + tap % 3 - 1);
      if (work->epilogue.bias) sum += *work->epilogue.bias;
      work->target[row * work->columns + column] = layer_activated(sum, work->epilogue);
    }
}

static void planar_plane_products_by_numbers(
  const float *gradient, const float *source, size_t rows, size_t columns, float *sums) {
  for (size_t row = 0; row < rows; ++row)
    for (size_t column = 0; column < columns; ++column)
      for (size_t tap = 0; tap < 9; ++tap)
        sums[tap] += gradient[row * columns + column]
          * plane_sample(source, rows, columns, row + tap / 3 - 1, column + tap % 3 - 1);
}

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

void planar_plane(const PlanarPlane *work) { DISPATCH(planar_plane, work); }

void planar_plane_products(
  const float *gradient, const float *source, size_t rows, size_t columns, float *sums) {
  DISPATCH(planar_plane_products, gradient, source, rows, columns, sums);
}
