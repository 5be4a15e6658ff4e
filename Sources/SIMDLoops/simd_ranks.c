#include "simd_ranks.h"

#define LOOPS "simd_ranks_loops.h"
#include "for_each_level.h"

void extreme_of_two(const float *a, const float *b, size_t count, bool larger, float *to) {
  DISPATCH(extreme_of_two, a, b, count, larger, to);
}

void median_3x3(const float *const rows[3], size_t count, float *to) {
  DISPATCH(median_3x3, rows, count, to);
}

void median_5x5(const float *const rows[5], size_t count, float *sorted, float *to) {
  DISPATCH(median_5x5, rows, count, sorted, to);
}

void rank_exchanges(
  const float *const *inputs, size_t input_count, const uint16_t *exchanges, size_t exchange_count,
  const uint16_t *outputs, size_t output_count, size_t count, float *to, size_t step) {
  DISPATCH(
    rank_exchanges, inputs, input_count, exchanges, exchange_count, outputs, output_count, count, to,
    step);
}

void rank_pick(
  const float *const *first, const float *const *second, size_t pairs, size_t count, float *to) {
  DISPATCH(rank_pick, first, second, pairs, count, to);
}
