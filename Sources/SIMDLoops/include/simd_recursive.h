/// Recursive filters along one axis, 16 lines side by side.
#pragma once

#include <stddef.h>

/// The number of pairs of conjugate poles in each direction.
enum { RecursivePairs = 3 };

/// The impulse response h(n) = Σ_k Re((cosine_k − i sine_k) pole_k^|n|), for all integers n.
typedef struct {
  float pole_real[RecursivePairs], pole_imaginary[RecursivePairs];
  float cosine[RecursivePairs], sine[RecursivePairs];
} RecursiveFilter;

/// target[n][lane] = Σ_m h(n − m) source[before + m][lane] for 16 lanes and 0 <= n < count, m from
/// −before to count + after − 1: both recursions start from rest at the ends of the source.
void recursive_filter(
  const RecursiveFilter *filter, const float *source, size_t before, size_t count, size_t after,
  float *target);
