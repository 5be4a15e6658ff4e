// Positions are double, so that weights are right to the last bit of a float in any image.

static void NAME(resample_linear_2d)(
    const float *restrict image, ptrdiff_t row, const double *restrict y,
    const double *restrict x, size_t count, float *restrict to) {
  for (size_t i = 0; i < count; i++) {
    int yi = (int)y[i], xi = (int)x[i];
    float fy = (float)(y[i] - yi), fx = (float)(x[i] - xi);
    const float *p = image + yi * row + xi;
    float upper = p[0] + fx * (p[1] - p[0]);
    float lower = p[row] + fx * (p[row + 1] - p[row]);
    to[i] = upper + fy * (lower - upper);
  }
}

static void NAME(resample_linear_3d)(
    const float *restrict image, ptrdiff_t plane, ptrdiff_t row, const double *restrict z,
    const double *restrict y, const double *restrict x, size_t count, float *restrict to) {
  for (size_t i = 0; i < count; i++) {
    int zi = (int)z[i], yi = (int)y[i], xi = (int)x[i];
    float fz = (float)(z[i] - zi), fy = (float)(y[i] - yi), fx = (float)(x[i] - xi);
    const float *p = image + zi * plane + yi * row + xi;
    const float *q = p + plane;
    float a = p[0] + fx * (p[1] - p[0]);
    float b = p[row] + fx * (p[row + 1] - p[row]);
    float c = q[0] + fx * (q[1] - q[0]);
    float d = q[row] + fx * (q[row + 1] - q[row]);
    float front = a + fy * (b - a), back = c + fy * (d - c);
    to[i] = front + fz * (back - front);
  }
}

typedef struct { float at[4]; } NAME(Taps);

INLINE NAME(Taps) NAME(cubic_taps)(float f, ResamplingCubic kernel) {
  NAME(Taps) taps;
  float g = 1 - f;
  if (kernel == ResamplingSpline) {
    taps.at[0] = g * g * g * (1.0f / 6);
    taps.at[1] = 2.0f / 3 - f * f * (1 - 0.5f * f);
    taps.at[2] = 2.0f / 3 - g * g * (1 - 0.5f * g);
    taps.at[3] = f * f * f * (1.0f / 6);
  } else {
    taps.at[0] = -0.5f * f * g * g;
    taps.at[1] = 1 - f * f * (2.5f - 1.5f * f);
    taps.at[2] = 1 - g * g * (2.5f - 1.5f * g);
    taps.at[3] = -0.5f * g * f * f;
  }
  return taps;
}

// Four rows of four samples.
INLINE float NAME(cubic_patch)(
    const float *p, ptrdiff_t row, NAME(Taps) across, NAME(Taps) along) {
  float sum = 0;
  for (int v = 0; v < 4; v++, p += row) {
    float line = along.at[0] * p[0] + along.at[1] * p[1] + along.at[2] * p[2] + along.at[3] * p[3];
    sum += across.at[v] * line;
  }
  return sum;
}

static void NAME(resample_cubic_2d)(
    const float *restrict image, ptrdiff_t row, const double *restrict y,
    const double *restrict x, size_t count, ResamplingCubic kernel, float *restrict to) {
  for (size_t i = 0; i < count; i++) {
    int yi = (int)y[i], xi = (int)x[i];
    NAME(Taps) across = NAME(cubic_taps)((float)(y[i] - yi), kernel);
    NAME(Taps) along = NAME(cubic_taps)((float)(x[i] - xi), kernel);
    to[i] = NAME(cubic_patch)(image + (yi - 1) * row + xi - 1, row, across, along);
  }
}

static void NAME(resample_cubic_3d)(
    const float *restrict image, ptrdiff_t plane, ptrdiff_t row, const double *restrict z,
    const double *restrict y, const double *restrict x, size_t count, ResamplingCubic kernel,
    float *restrict to) {
  for (size_t i = 0; i < count; i++) {
    int zi = (int)z[i], yi = (int)y[i], xi = (int)x[i];
    NAME(Taps) deep = NAME(cubic_taps)((float)(z[i] - zi), kernel);
    NAME(Taps) across = NAME(cubic_taps)((float)(y[i] - yi), kernel);
    NAME(Taps) along = NAME(cubic_taps)((float)(x[i] - xi), kernel);
    const float *p = image + (zi - 1) * plane + (yi - 1) * row + xi - 1;
    float sum = 0;
    for (int w = 0; w < 4; w++)
      sum += deep.at[w] * NAME(cubic_patch)(p + w * plane, row, across, along);
    to[i] = sum;
  }
}

static void NAME(resample_rows)(
    const float *restrict from, ptrdiff_t distance, const float *restrict weights, size_t taps,
    size_t count, float *restrict to) {
  size_t i = 0;
  for (; i + 2 * LANES <= count; i += 2 * LANES) {
    vector first = splat(0), second = splat(0);
    const float *p = from + i;
    for (size_t t = 0; t < taps; t++, p += distance) {
      first = splat(weights[t]) * load(p) + first;
      second = splat(weights[t]) * load(p + LANES) + second;
    }
    store(to + i, first);
    store(to + i + LANES, second);
  }
  for (; i < count; i++) {
    float sum = 0;
    for (size_t t = 0; t < taps; t++) sum += weights[t] * from[t * distance + i];
    to[i] = sum;
  }
}

static void NAME(resample_along)(
    const float *restrict from, const int32_t *restrict starts, const float *restrict weights,
    size_t taps, size_t count, float *restrict to) {
  size_t i = 0;
  for (; i + LANES <= count; i += LANES) {
    vector sum = splat(0);
    for (size_t t = 0; t < taps; t++) {
      vector samples;
#pragma clang loop unroll(full)
      for (int lane = 0; lane < LANES; lane++) samples[lane] = from[starts[i + lane] + t];
      sum = load(weights + t * count + i) * samples + sum;
    }
    store(to + i, sum);
  }
  for (; i < count; i++) {
    float sum = 0;
    for (size_t t = 0; t < taps; t++) sum += weights[t * count + i] * from[starts[i] + t];
    to[i] = sum;
  }
}
