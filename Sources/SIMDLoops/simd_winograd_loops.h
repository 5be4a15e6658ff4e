// Each transform of a line works in both directions of a tile: first down its columns, then along its
// rows. With m(x) = x (x² − P²) (x² − Q²) the rows of the input's transform are the coefficients of
// m(x) / (x − p) for every point p, and of m(x).

#define UNROLL _Pragma("clang loop unroll(full)")

INLINE void NAME(input_line)(const vector d[6], vector t[6]) {
  const vector even_p = d[4] - QQ * d[2], odd_p = P * (d[3] - QQ * d[1]);
  const vector even_q = d[4] - PP * d[2], odd_q = Q * (d[3] - PP * d[1]);
  t[0] = PP * QQ * d[0] - (PP + QQ) * d[2] + d[4];
  t[1] = even_p + odd_p;
  t[2] = even_p - odd_p;
  t[3] = even_q + odd_q;
  t[4] = even_q - odd_q;
  t[5] = PP * QQ * d[1] - (PP + QQ) * d[3] + d[5];
}

static void NAME(winograd_input)(
  const float *source, ptrdiff_t row, size_t tiles, int outputs, float *target,
  ptrdiff_t plane, ptrdiff_t step) {
  for (size_t tile = 0; tile < tiles; ++tile) {
    for (int lane = 0; lane < 16; lane += LANES) {
      const float *samples = source + tile * outputs * 16 + lane;
      float *entries = target + (ptrdiff_t)tile * step + lane;
      vector columns[6][6];
      UNROLL for (int x = 0; x < 6; ++x) {
        vector line[6];
        UNROLL for (int y = 0; y < 6; ++y) line[y] = load(samples + y * row + x * 16);
        vector result[6];
        NAME(input_line)(line, result);
        UNROLL for (int y = 0; y < 6; ++y) columns[y][x] = result[y];
      }
      UNROLL for (int y = 0; y < 6; ++y) {
        vector result[6];
        NAME(input_line)(columns[y], result);
        UNROLL for (int x = 0; x < 6; ++x) store(entries + (y * 6 + x) * plane, result[x]);
      }
    }
  }
}

// Numbers as the coefficients of a polynomial, and its values at the points; at infinity the last
// coefficient. Scaled values are divided by Π (p − q) over the other points q.
INLINE void NAME(evaluate_line)(const vector *numbers, int count, bool scales, vector t[6]) {
  const float p[5] = {1, P, PP, P * PP, PP * PP}, q[5] = {1, Q, QQ, Q * QQ, QQ * QQ};
  const float scale_p = scales ? SCALE_P : 1, scale_q = scales ? SCALE_Q : 1;
  vector even_p = scale_p * numbers[0], even_q = scale_q * numbers[0];
  vector odd_p = scale_p * P * numbers[1], odd_q = scale_q * Q * numbers[1];
  UNROLL for (int i = 2; i < count; ++i) {
    if (i % 2 == 0) {
      even_p += scale_p * p[i] * numbers[i];
      even_q += scale_q * q[i] * numbers[i];
    } else {
      odd_p += scale_p * p[i] * numbers[i];
      odd_q += scale_q * q[i] * numbers[i];
    }
  }
  t[0] = scales ? SCALE_0 * numbers[0] : numbers[0];
  t[1] = even_p + odd_p;
  t[2] = even_p - odd_p;
  t[3] = even_q + odd_q;
  t[4] = even_q - odd_q;
  t[5] = numbers[count - 1];
}

INLINE void NAME(evaluate_tiles)(
  const float *source, ptrdiff_t row, ptrdiff_t step, size_t tiles, const int count,
  const bool scales, float *target, ptrdiff_t plane) {
  for (size_t tile = 0; tile < tiles; ++tile) {
    for (int lane = 0; lane < 16; lane += LANES) {
      const float *numbers = source + (ptrdiff_t)tile * step + lane;
      float *entries = target + tile * 16 + lane;
      vector columns[6][5];
      UNROLL for (int x = 0; x < count; ++x) {
        vector line[5], result[6];
        UNROLL for (int y = 0; y < count; ++y) line[y] = load(numbers + y * row + x * 16);
        NAME(evaluate_line)(line, count, scales, result);
        UNROLL for (int y = 0; y < 6; ++y) columns[y][x] = result[y];
      }
      UNROLL for (int y = 0; y < 6; ++y) {
        vector result[6];
        NAME(evaluate_line)(columns[y], count, scales, result);
        UNROLL for (int x = 0; x < 6; ++x) store(entries + (y * 6 + x) * plane, result[x]);
      }
    }
  }
}

static void NAME(winograd_evaluate)(
  const float *source, ptrdiff_t row, ptrdiff_t step, size_t tiles, int count, float *target,
  ptrdiff_t plane) {
  switch (count) {
    case 2: NAME(evaluate_tiles)(source, row, step, tiles, 2, false, target, plane); break;
    case 3: NAME(evaluate_tiles)(source, row, step, tiles, 3, true, target, plane); break;
    case 4: NAME(evaluate_tiles)(source, row, step, tiles, 4, false, target, plane); break;
    case 5: NAME(evaluate_tiles)(source, row, step, tiles, 5, true, target, plane); break;
  }
}

// The adjoint of evaluate_line.
INLINE void NAME(interpolate_line)(const vector m[6], int count, bool scales, vector *numbers) {
  const float p[5] = {1, P, PP, P * PP, PP * PP}, q[5] = {1, Q, QQ, Q * QQ, QQ * QQ};
  const float scale_p = scales ? SCALE_P : 1, scale_q = scales ? SCALE_Q : 1;
  const vector sum_p = m[1] + m[2], difference_p = m[1] - m[2];
  const vector sum_q = m[3] + m[4], difference_q = m[3] - m[4];
  UNROLL for (int i = 0; i < count; ++i) {
    numbers[i] = scale_p * p[i] * (i % 2 == 0 ? sum_p : difference_p)
                 + scale_q * q[i] * (i % 2 == 0 ? sum_q : difference_q);
  }
  numbers[0] += scales ? SCALE_0 * m[0] : m[0];
  numbers[count - 1] += m[5];
}

INLINE void NAME(interpolate_tiles)(
  const float *entries, ptrdiff_t plane, size_t tiles, const int count, const bool scales,
  float *target, ptrdiff_t row, ptrdiff_t step) {
  for (size_t tile = 0; tile < tiles; ++tile) {
    for (int lane = 0; lane < 16; lane += LANES) {
      const float *products = entries + tile * 16 + lane;
      float *numbers = target + (ptrdiff_t)tile * step + lane;
      vector columns[5][6];
      UNROLL for (int x = 0; x < 6; ++x) {
        vector line[6], result[5];
        UNROLL for (int y = 0; y < 6; ++y) line[y] = load(products + (y * 6 + x) * plane);
        NAME(interpolate_line)(line, count, scales, result);
        UNROLL for (int y = 0; y < count; ++y) columns[y][x] = result[y];
      }
      UNROLL for (int y = 0; y < count; ++y) {
        vector result[5];
        NAME(interpolate_line)(columns[y], count, scales, result);
        UNROLL for (int x = 0; x < count; ++x) store(numbers + y * row + x * 16, result[x]);
      }
    }
  }
}

static void NAME(winograd_interpolate)(
  const float *entries, ptrdiff_t plane, size_t tiles, int count, float *target, ptrdiff_t row,
  ptrdiff_t step) {
  switch (count) {
    case 2: NAME(interpolate_tiles)(entries, plane, tiles, 2, false, target, row, step); break;
    case 3: NAME(interpolate_tiles)(entries, plane, tiles, 3, true, target, row, step); break;
    case 4: NAME(interpolate_tiles)(entries, plane, tiles, 4, false, target, row, step); break;
    case 5: NAME(interpolate_tiles)(entries, plane, tiles, 5, true, target, row, step); break;
  }
}

#undef UNROLL
