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
  const float *source, ptrdiff_t row, size_t tiles, float *target, ptrdiff_t plane,
  ptrdiff_t step) {
  for (size_t tile = 0; tile < tiles; ++tile) {
    for (int lane = 0; lane < 16; lane += LANES) {
      const float *samples = source + tile * 64 + lane;
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

INLINE void NAME(output_line)(const vector m[6], vector y[4]) {
  const vector sum_p = m[1] + m[2], difference_p = m[1] - m[2];
  const vector sum_q = m[3] + m[4], difference_q = m[3] - m[4];
  y[0] = m[0] + sum_p + sum_q;
  y[1] = P * difference_p + Q * difference_q;
  y[2] = PP * sum_p + QQ * sum_q;
  y[3] = P * PP * difference_p + Q * QQ * difference_q + m[5];
}

static void NAME(winograd_output)(
  const float *products, ptrdiff_t plane, size_t tiles, float *target, ptrdiff_t row) {
  for (size_t tile = 0; tile < tiles; ++tile) {
    for (int lane = 0; lane < 16; lane += LANES) {
      const float *entries = products + tile * 16 + lane;
      float *outputs = target + tile * 64 + lane;
      vector columns[4][6];
      UNROLL for (int x = 0; x < 6; ++x) {
        vector line[6];
        UNROLL for (int y = 0; y < 6; ++y) line[y] = load(entries + (y * 6 + x) * plane);
        vector result[4];
        NAME(output_line)(line, result);
        UNROLL for (int y = 0; y < 4; ++y) columns[y][x] = result[y];
      }
      UNROLL for (int y = 0; y < 4; ++y) {
        vector result[4];
        NAME(output_line)(columns[y], result);
        UNROLL for (int x = 0; x < 4; ++x) store(outputs + y * row + x * 16, result[x]);
      }
    }
  }
}

// The values at the points, divided by Π (p − q) over the other points q.
INLINE void NAME(kernel_line)(const vector k[3], vector t[6]) {
  const float at_p = 1 / (2 * PP * (PP - QQ)), at_q = 1 / (2 * QQ * (QQ - PP));
  const vector even_p = at_p * k[0] + at_p * PP * k[2], odd_p = at_p * P * k[1];
  const vector even_q = at_q * k[0] + at_q * QQ * k[2], odd_q = at_q * Q * k[1];
  t[0] = 1 / (PP * QQ) * k[0];
  t[1] = even_p + odd_p;
  t[2] = even_p - odd_p;
  t[3] = even_q + odd_q;
  t[4] = even_q - odd_q;
  t[5] = k[2];
}

static void NAME(winograd_kernel)(
  const float *source, ptrdiff_t step, size_t count, float *target, ptrdiff_t plane) {
  for (size_t index = 0; index < count; ++index) {
    for (int lane = 0; lane < 16; lane += LANES) {
      const float *taps = source + (ptrdiff_t)index * step + lane;
      float *entries = target + index * 16 + lane;
      vector columns[6][3];
      UNROLL for (int x = 0; x < 3; ++x) {
        vector line[3];
        UNROLL for (int y = 0; y < 3; ++y) line[y] = load(taps + (y * 3 + x) * 16);
        vector result[6];
        NAME(kernel_line)(line, result);
        UNROLL for (int y = 0; y < 6; ++y) columns[y][x] = result[y];
      }
      UNROLL for (int y = 0; y < 6; ++y) {
        vector result[6];
        NAME(kernel_line)(columns[y], result);
        UNROLL for (int x = 0; x < 6; ++x) store(entries + (y * 6 + x) * plane, result[x]);
      }
    }
  }
}

// The adjoint of output_line.
INLINE void NAME(gradient_line)(const vector g[4], vector t[6]) {
  const vector even_p = g[0] + PP * g[2], odd_p = P * g[1] + P * PP * g[3];
  const vector even_q = g[0] + QQ * g[2], odd_q = Q * g[1] + Q * QQ * g[3];
  t[0] = g[0];
  t[1] = even_p + odd_p;
  t[2] = even_p - odd_p;
  t[3] = even_q + odd_q;
  t[4] = even_q - odd_q;
  t[5] = g[3];
}

static void NAME(winograd_gradient)(
  const float *source, ptrdiff_t row, size_t tiles, float *target, ptrdiff_t plane) {
  for (size_t tile = 0; tile < tiles; ++tile) {
    for (int lane = 0; lane < 16; lane += LANES) {
      const float *gradients = source + tile * 64 + lane;
      float *entries = target + tile * 16 + lane;
      vector columns[6][4];
      UNROLL for (int x = 0; x < 4; ++x) {
        vector line[4];
        UNROLL for (int y = 0; y < 4; ++y) line[y] = load(gradients + y * row + x * 16);
        vector result[6];
        NAME(gradient_line)(line, result);
        UNROLL for (int y = 0; y < 6; ++y) columns[y][x] = result[y];
      }
      UNROLL for (int y = 0; y < 6; ++y) {
        vector result[6];
        NAME(gradient_line)(columns[y], result);
        UNROLL for (int x = 0; x < 6; ++x) store(entries + (y * 6 + x) * plane, result[x]);
      }
    }
  }
}

// The adjoint of kernel_line.
INLINE void NAME(kernel_gradient_line)(const vector m[6], vector k[3]) {
  const float at_p = 1 / (2 * PP * (PP - QQ)), at_q = 1 / (2 * QQ * (QQ - PP));
  const vector sum_p = at_p * (m[1] + m[2]), difference_p = at_p * (m[1] - m[2]);
  const vector sum_q = at_q * (m[3] + m[4]), difference_q = at_q * (m[3] - m[4]);
  k[0] = 1 / (PP * QQ) * m[0] + sum_p + sum_q;
  k[1] = P * difference_p + Q * difference_q;
  k[2] = PP * sum_p + QQ * sum_q + m[5];
}

static void NAME(winograd_kernel_gradient)(
  const float *sums, ptrdiff_t plane, size_t count, float *target, ptrdiff_t step) {
  for (size_t index = 0; index < count; ++index) {
    for (int lane = 0; lane < 16; lane += LANES) {
      const float *entries = sums + index * 16 + lane;
      float *taps = target + (ptrdiff_t)index * step + lane;
      vector columns[3][6];
      UNROLL for (int x = 0; x < 6; ++x) {
        vector line[6];
        UNROLL for (int y = 0; y < 6; ++y) line[y] = load(entries + (y * 6 + x) * plane);
        vector result[3];
        NAME(kernel_gradient_line)(line, result);
        UNROLL for (int y = 0; y < 3; ++y) columns[y][x] = result[y];
      }
      UNROLL for (int y = 0; y < 3; ++y) {
        vector result[3];
        NAME(kernel_gradient_line)(columns[y], result);
        UNROLL for (int x = 0; x < 3; ++x) store(taps + (y * 3 + x) * 16, result[x]);
      }
    }
  }
}

#undef UNROLL
