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
