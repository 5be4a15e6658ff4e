static void NAME(gradient_magnitudes)(
    const float *restrict y, const float *restrict x, size_t count, float *restrict to) {
  for (size_t i = 0; i < count; i++) to[i] = __builtin_sqrtf(y[i] * y[i] + x[i] * x[i]);
}

static void NAME(gradient_products)(
    const float *restrict y, const float *restrict x, size_t count, float *restrict yy,
    float *restrict yx, float *restrict xx) {
  for (size_t i = 0; i < count; i++) {
    yy[i] = y[i] * y[i];
    yx[i] = y[i] * x[i];
    xx[i] = x[i] * x[i];
  }
}

// One vector of samples; rows point at its first.
INLINE int_vector NAME(thin)(
    const float *above, const float *here, const float *below, vector y, vector x, float low,
    float high) {
  vector m = load(here);
  vector ay = choose(y < 0, -y, y), ax = choose(x < 0, -x, x);
  int_vector steep = ay > ax;
  // Whether the gradient points down right or up left.
  int_vector down = (y >= 0) == (x >= 0);
  vector longer = choose(steep, ay, ax), shorter = choose(steep, ax, ay);
  vector weight = shorter / choose(longer > 0, longer, splat(1));
  vector ul = load(above - 1), ur = load(above + 1), dl = load(below - 1), dr = load(below + 1);
  vector straight = choose(steep, load(below), load(here + 1));
  vector opposite = choose(steep, load(above), load(here - 1));
  vector diagonal = choose(down, dr, choose(steep, dl, ur));
  vector back = choose(down, ul, choose(steep, ur, dl));
  vector first = straight + weight * (diagonal - straight);
  vector second = opposite + weight * (back - opposite);
  int_vector kept = (m >= splat(low)) & (first <= m) & (second <= m);
  // A true comparison is −1.
  return -(kept + (kept & (m >= splat(high))));
}

static void NAME(thin_edges)(
    const float *const rows[3], const float *restrict y, const float *restrict x, float low,
    float high, size_t count, uint8_t *restrict to) {
  const float *above = rows[0], *here = rows[1], *below = rows[2];
  size_t i = 0;
  for (; i + LANES <= count; i += LANES) {
    int_vector code = NAME(thin)(above + i, here + i, below + i, load(y + i), load(x + i), low, high);
#pragma clang loop unroll(full)
    for (int lane = 0; lane < LANES; lane++) to[i + lane] = (uint8_t)code[lane];
  }
  if (i < count) {
    // Copies of the rest, with one more sample on each side.
    size_t rest = count - i;
    float copy[3][LANES + 2] = {{0}}, dy[LANES] = {0}, dx[LANES] = {0};
    for (size_t k = 0; k < rest + 2; k++) {
      copy[0][k] = above[i + k - 1];
      copy[1][k] = here[i + k - 1];
      copy[2][k] = below[i + k - 1];
    }
    for (size_t k = 0; k < rest; k++) {
      dy[k] = y[i + k];
      dx[k] = x[i + k];
    }
    int_vector code = NAME(thin)(copy[0] + 1, copy[1] + 1, copy[2] + 1, load(dy), load(dx), low, high);
    for (size_t k = 0; k < rest; k++) to[i + k] = (uint8_t)code[k];
  }
}
