#include "simd_recursive.h"

enum { RecursiveLanes = 16 };

#define LOOPS "simd_recursive_loops.h"
#include "for_each_level.h"

void recursive_filter(
  const RecursiveFilter *filter, const float *source, size_t before, size_t count, size_t after,
  float *target) {
  DISPATCH(recursive_filter, filter, source, before, count, after, target);
}
