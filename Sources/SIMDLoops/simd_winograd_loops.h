// Each transform of a line works in both directions of a tile: first down its columns, then along its
// rows. The order of the points is 0, those of each pair, and infinity.
//
// Points and lengths are constants wherever a function is called, so that all loops over them unroll.

#define UNROLL _Pragma("clang loop unroll(full)")

// Σ coefficients[i] numbers[2 i], the last coefficient being 1.
INLINE vector NAME(every_second_weighted)(
  const vector *numbers, const float *coefficients, int count) {
  vector sum = coefficients[0] * numbers[0] + numbers[2 * (count - 1)];
  UNROLL for (int i = 1; i < count - 1; ++i) sum += coefficients[i] * numbers[2 * i];
  return sum;
}

// The rows of the input's transform are the coefficients of m(x) / (x − p) for every point p, and of
// m(x).
INLINE void NAME(input_line)(const vector *d, const WinogradPoints points, vector *t) {
  const int pairs = points.pairs;
  t[0] = NAME(every_second_weighted)(d, points.full, pairs + 1);
  UNROLL for (int i = 0; i < pairs; ++i) {
    const vector even = NAME(every_second_weighted)(d + 2, points.without[i], pairs);
    const vector odd =
      points.point[i] * NAME(every_second_weighted)(d + 1, points.without[i], pairs);
    t[1 + 2 * i] = even + odd;
    t[2 + 2 * i] = even - odd;
  }
  t[2 * pairs + 1] = NAME(every_second_weighted)(d + 1, points.full, pairs + 1);
}

INLINE void NAME(input_tiles)(
  const float *source, ptrdiff_t row, size_t tiles, int outputs, bool half,
  const WinogradPoints points, float *target, ptrdiff_t plane, ptrdiff_t step) {
  const int side = 2 * points.pairs + 2;
  for (size_t tile = 0; tile < tiles; ++tile) {
    for (int lane = 0; lane < (half ? 8 : 16); lane += LANES) {
      const float *samples = source + tile * outputs * 16 + lane;
      float *entries = target + (ptrdiff_t)tile * step + lane;
      vector columns[8][8];
      UNROLL for (int x = 0; x < side; ++x) {
        vector line[8], result[8];
        UNROLL for (int y = 0; y < side; ++y) line[y] = load(samples + y * row + x * 16);
        NAME(input_line)(line, points, result);
        UNROLL for (int y = 0; y < side; ++y) columns[y][x] = result[y];
      }
      UNROLL for (int y = 0; y < side; ++y) {
        vector result[8];
        NAME(input_line)(columns[y], points, result);
        UNROLL for (int x = 0; x < side; ++x) store(entries + (y * side + x) * plane, result[x]);
      }
    }
  }
}

static void NAME(winograd_input)(
  const float *source, ptrdiff_t row, size_t tiles, int side, int outputs, bool half,
  float *target, ptrdiff_t plane, ptrdiff_t step) {
  if (side == 6) {
    NAME(input_tiles)(source, row, tiles, outputs, half, points_6, target, plane, step);
  } else {
    NAME(input_tiles)(source, row, tiles, outputs, half, points_8, target, plane, step);
  }
}

// The factor of number i at the points ±p of a pair.
INLINE float NAME(winograd_factor)(const WinogradPoints points, int pair, int i, bool scales) {
  float factor = scales ? points.scale[pair] : 1;
  UNROLL for (int k = 0; k < i; ++k) factor *= points.point[pair];
  return factor;
}

// Numbers as the coefficients of a polynomial, and its values at the points; at infinity the last
// coefficient. Scaled values are divided by Π (p − q) over the other points q.
INLINE void NAME(evaluate_line)(
  const vector *numbers, int count, const WinogradPoints points, bool scales, vector *t) {
  t[0] = scales ? points.scale_0 * numbers[0] : numbers[0];
  UNROLL for (int pair = 0; pair < points.pairs; ++pair) {
    vector even = NAME(winograd_factor)(points, pair, 0, scales) * numbers[0];
    vector odd = NAME(winograd_factor)(points, pair, 1, scales) * numbers[1];
    UNROLL for (int i = 2; i < count; ++i) {
      const float factor = NAME(winograd_factor)(points, pair, i, scales);
      if (i % 2 == 0) {
        even += factor * numbers[i];
      } else {
        odd += factor * numbers[i];
      }
    }
    t[1 + 2 * pair] = even + odd;
    t[2 + 2 * pair] = even - odd;
  }
  t[2 * points.pairs + 1] = numbers[count - 1];
}

INLINE void NAME(evaluate_tiles)(
  const float *source, ptrdiff_t row, ptrdiff_t step, size_t tiles, bool half,
  const WinogradPoints points, const int count, float *target, ptrdiff_t plane) {
  const int side = 2 * points.pairs + 2;
  const bool scales = count % 2 == 1;
  for (size_t tile = 0; tile < tiles; ++tile) {
    for (int lane = 0; lane < (half ? 8 : 16); lane += LANES) {
      const float *numbers = source + (ptrdiff_t)tile * step + lane;
      float *entries = target + tile * 16 + lane;
      vector columns[8][5];
      UNROLL for (int x = 0; x < count; ++x) {
        vector line[5], result[8];
        UNROLL for (int y = 0; y < count; ++y) line[y] = load(numbers + y * row + x * 16);
        NAME(evaluate_line)(line, count, points, scales, result);
        UNROLL for (int y = 0; y < side; ++y) columns[y][x] = result[y];
      }
      UNROLL for (int y = 0; y < side; ++y) {
        vector result[8];
        NAME(evaluate_line)(columns[y], count, points, scales, result);
        UNROLL for (int x = 0; x < side; ++x) store(entries + (y * side + x) * plane, result[x]);
      }
    }
  }
}

static void NAME(winograd_evaluate)(
  const float *source, ptrdiff_t row, ptrdiff_t step, size_t tiles, int side, int count,
  bool half, float *target, ptrdiff_t plane) {
#define CASE(side, count)                                                               \
  case side * 16 + count:                                                               \
    NAME(evaluate_tiles)(source, row, step, tiles, half, points_##side, count, target, plane); \
    break;
  switch (side * 16 + count) {
    CASE(6, 2) CASE(6, 3) CASE(6, 4) CASE(6, 5)
    CASE(8, 4) CASE(8, 5)
  }
#undef CASE
}

// The adjoint of evaluate_line.
INLINE void NAME(interpolate_line)(
  const vector *m, int count, const WinogradPoints points, bool scales, vector *numbers) {
  UNROLL for (int pair = 0; pair < points.pairs; ++pair) {
    const vector sum = m[1 + 2 * pair] + m[2 + 2 * pair];
    const vector difference = m[1 + 2 * pair] - m[2 + 2 * pair];
    UNROLL for (int i = 0; i < count; ++i) {
      const float factor = NAME(winograd_factor)(points, pair, i, scales);
      const vector values = i % 2 == 0 ? sum : difference;
      numbers[i] = pair == 0 ? factor * values : numbers[i] + factor * values;
    }
  }
  numbers[0] += scales ? points.scale_0 * m[0] : m[0];
  numbers[count - 1] += m[2 * points.pairs + 1];
}

INLINE void NAME(interpolate_tiles)(
  const float *entries, ptrdiff_t plane, size_t tiles, bool half,
  const WinogradPoints points, const int count, float *target, ptrdiff_t row, ptrdiff_t step) {
  const int side = 2 * points.pairs + 2;
  const bool scales = count % 2 == 1;
  for (size_t tile = 0; tile < tiles; ++tile) {
    for (int lane = 0; lane < (half ? 8 : 16); lane += LANES) {
      const float *products = entries + tile * 16 + lane;
      float *numbers = target + (ptrdiff_t)tile * step + lane;
      vector columns[5][8];
      UNROLL for (int x = 0; x < side; ++x) {
        vector line[8], result[5];
        UNROLL for (int y = 0; y < side; ++y) line[y] = load(products + (y * side + x) * plane);
        NAME(interpolate_line)(line, count, points, scales, result);
        UNROLL for (int y = 0; y < count; ++y) columns[y][x] = result[y];
      }
      UNROLL for (int y = 0; y < count; ++y) {
        vector result[5];
        NAME(interpolate_line)(columns[y], count, points, scales, result);
        UNROLL for (int x = 0; x < count; ++x) store(numbers + y * row + x * 16, result[x]);
      }
    }
  }
}

static void NAME(winograd_interpolate)(
  const float *entries, ptrdiff_t plane, size_t tiles, int side, int count, bool half,
  float *target, ptrdiff_t row, ptrdiff_t step) {
#define CASE(side, count)                                                                   \
  case side * 16 + count:                                                                   \
    NAME(interpolate_tiles)(entries, plane, tiles, half, points_##side, count, target, row, step); \
    break;
  switch (side * 16 + count) {
    CASE(6, 2) CASE(6, 3) CASE(6, 4) CASE(6, 5)
    CASE(8, 4) CASE(8, 5)
  }
#undef CASE
}

#undef UNROLL
