#include "stencils.h"

#include <math.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

static void stencil_rows_by_numbers(const StencilRows *work) {
  for (long row = 0; row < work->rows; row++) {
    for (long column = 0; column < work->count; column++) {
      float sum = 0;
      for (long plane = 0; plane < work->planes; plane++) {
        const float *const *lines = work->lines + plane * work->plane_lines + row;
        const float *weights = work->weights + plane * work->tap_rows * work->tap_columns;
        for (long tap = 0; tap < work->tap_rows * work->tap_columns; tap++) {
          const long tap_row = work->tap_rows - 1 - tap % work->tap_rows;
          const long tap_column = tap / work->tap_rows;
          sum += weights[tap] * lines[tap_row][column + tap_column * work->column_step];
        }
      }
      if (work->epilogue.bias) sum += *work->epilogue.bias;
      work->outputs[row][column] = layer_activated(sum, work->epilogue);
    }
  }
}

static void stencil_pairs_by_numbers(const StencilPairs *work) {
  const long plane_taps = work->plane_lines * work->tap_columns;
  const long pairs = work->pairs;
  for (long column = 0; column < work->count; column++) {
    float sums[2 * StencilMaxPairs];
    for (long filter = 0; filter < 2 * pairs; filter++) sums[filter] = 0;
    const float *weights = work->weights;
    for (long plane = 0; plane < work->planes; plane++) {
      const float *const *lines = work->lines + plane * work->plane_lines;
      for (long tap = 0; tap < (plane_taps + 1) / 2; tap++) {
        const long mirrored = plane_taps - 1 - tap;
        const float one =
            lines[tap / work->tap_columns][column + tap % work->tap_columns * work->column_step];
        const float other = lines[mirrored / work->tap_columns]
                                 [column + mirrored % work->tap_columns * work->column_step];
        for (long pair = 0; pair < pairs; pair++) {
          sums[pair] += weights[pair] * (tap == mirrored ? one : one + other);
          sums[pairs + pair] += weights[pairs + pair] * (one - other);
        }
        weights += 2 * pairs;
      }
    }
    for (long pair = 0; pair < pairs; pair++) {
      const float *bias = work->epilogue.bias;
      const float even = layer_activated(sums[pair] + (bias ? bias[pair] : 0), work->epilogue);
      const float odd =
          layer_activated(sums[pairs + pair] + (bias ? bias[pairs + pair] : 0), work->epilogue);
      if (work->combines) {
        work->outputs[pair][column] = sqrtf(even * even + odd * odd);
      } else {
        work->outputs[pair][column] = even;
        work->outputs[pairs + pair][column] = odd;
      }
    }
  }
}

#define LOOPS "stencils_loops.h"
#include "for_each_level.h"

void stencil_rows(const StencilRows *work) { DISPATCH(stencil_rows, work); }

void stencil_pairs(const StencilPairs *work) { DISPATCH(stencil_pairs, work); }
