// Sums and largest numbers of a vector's lanes, and vectors with some lanes left out.

// Σ lanes, in double precision.
INLINE double NAME(sum_lanes)(vector lanes) {
  double sums[LANES];
  _Pragma("clang loop unroll(full)") for (int lane = 0; lane < LANES; ++lane) {
    sums[lane] = (double)lanes[lane];
  }
  _Pragma("clang loop unroll(full)") for (int half = LANES / 2; half > 0; half /= 2) {
    _Pragma("clang loop unroll(full)") for (int lane = 0; lane < half; ++lane) {
      sums[lane] += sums[lane + half];
    }
  }
  return sums[0];
}

INLINE float NAME(largest_lane)(vector lanes) {
  float largest = lanes[0];
  _Pragma("clang loop unroll(full)") for (int lane = 1; lane < LANES; ++lane) {
    if (lanes[lane] > largest) largest = lanes[lane];
  }
  return largest;
}

// 0, 1, 2, …
INLINE int_vector NAME(lane_numbers)(void) {
  int_vector numbers;
  _Pragma("clang loop unroll(full)") for (int lane = 0; lane < LANES; ++lane) {
    numbers[lane] = lane;
  }
  return numbers;
}

// The first `count` lanes of a vector, another value after them.
INLINE vector NAME(first_lanes)(vector values, size_t count, float otherwise) {
  return choose(NAME(lane_numbers)() < (int)count, values, splat(otherwise));
}

// The last `count` lanes of a vector, zero before them.
INLINE vector NAME(last_lanes)(vector values, size_t count) {
  return choose(NAME(lane_numbers)() >= LANES - (int)count, values, splat(0));
}
