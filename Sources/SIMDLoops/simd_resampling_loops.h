// Positions are double, so that weights are accurate to the last bit of a float in any image.

// A vector of positions, and the integers below them, for positions that are not negative.
#define doubles NAME(doubles)
#define loose_doubles NAME(loose_doubles)
typedef double doubles __attribute__((vector_size(8 * LANES)));
typedef double loose_doubles __attribute__((vector_size(8 * LANES), aligned(8), may_alias));

typedef int NAME(loose_ints) __attribute__((vector_size(4 * LANES), aligned(4), may_alias));
typedef long long NAME(longs) __attribute__((vector_size(8 * LANES)));

INLINE int_vector NAME(whole)(const double *position, vector *fraction) {
  doubles place = *(const loose_doubles *)position;
  int_vector below = __builtin_convertvector(place, int_vector);
  *fraction = __builtin_convertvector(place - __builtin_convertvector(below, doubles), vector);
  return below;
}

#define four NAME(four)
#define loose_four NAME(loose_four)
typedef float four __attribute__((vector_size(16)));
typedef float loose_four __attribute__((vector_size(16), aligned(4), may_alias));

#if LANES < 16
// Two samples from one address and two from another.
INLINE four NAME(couples)(const float *one, const float *other) {
  typedef double wide __attribute__((aligned(4), may_alias));
  typedef double two __attribute__((vector_size(16)));
  return (four)(two){*(const wide *)one, *(const wide *)other};
}
#endif

// The samples at some offsets and those after them.
INLINE void NAME(pairs)(const float *image, int_vector offset, vector *first, vector *second) {
#if LANES == 16
  __m512i places = (__m512i)offset;
  __m512 low = _mm512_castpd_ps(_mm512_i32gather_pd(_mm512_castsi512_si256(places), image, 4));
  __m512 high = _mm512_castpd_ps(
    _mm512_i32gather_pd(_mm512_extracti64x4_epi64(places, 1), image, 4));
  const __m512i even = _mm512_set_epi32(30, 28, 26, 24, 22, 20, 18, 16, 14, 12, 10, 8, 6, 4, 2, 0);
  *first = (vector)_mm512_permutex2var_ps(low, even, high);
  *second = (vector)_mm512_permutex2var_ps(low, _mm512_or_si512(even, _mm512_set1_epi32(1)), high);
#else
  four even[2], odd[2];
#pragma clang loop unroll(full)
  for (int part = 0; part < LANES / 4; part++) {
    const int lane = 4 * part;
    four low = NAME(couples)(image + offset[lane], image + offset[lane + 1]);
    four high = NAME(couples)(image + offset[lane + 2], image + offset[lane + 3]);
    even[part] = __builtin_shufflevector(low, high, 0, 2, 4, 6);
    odd[part] = __builtin_shufflevector(low, high, 1, 3, 5, 7);
  }
#if LANES == 8
  *first = __builtin_shufflevector(even[0], even[1], 0, 1, 2, 3, 4, 5, 6, 7);
  *second = __builtin_shufflevector(odd[0], odd[1], 0, 1, 2, 3, 4, 5, 6, 7);
#else
  *first = even[0];
  *second = odd[0];
#endif
#endif
}

static void NAME(resample_linear_2d)(
    const float *restrict image, ptrdiff_t row, const double *restrict y,
    const double *restrict x, size_t count, float *restrict to) {
  size_t i = 0;
  for (; i + LANES <= count; i += LANES) {
    vector fy, fx, a, b, c, d;
    int_vector yi = NAME(whole)(y + i, &fy), xi = NAME(whole)(x + i, &fx);
    int_vector offset = yi * (int)row + xi;
    NAME(pairs)(image, offset, &a, &b);
    NAME(pairs)(image + row, offset, &c, &d);
    vector upper = a + fx * (b - a), lower = c + fx * (d - c);
    store(to + i, upper + fy * (lower - upper));
  }
  for (; i < count; i++) {
    int yi = (int)y[i], xi = (int)x[i];
    float fy = (float)(y[i] - yi), fx = (float)(x[i] - xi);
    const float *p = image + yi * row + xi;
    float upper = p[0] + fx * (p[1] - p[0]);
    float lower = p[row] + fx * (p[row + 1] - p[row]);
    to[i] = upper + fy * (lower - upper);
  }
}

// The first index at which a position on some axis is below `low` or not below `high`, or the first
// at which none is.
static size_t NAME(resample_run)(
    const double *positions, size_t distance, size_t axes, const double *low, const double *high,
    size_t count, bool inside) {
  size_t i = 0;
  for (; i + LANES <= count; i += LANES) {
    NAME(longs) out = {0};
    for (size_t axis = 0; axis < axes; axis++) {
      doubles place = *(const loose_doubles *)(positions + axis * distance + i);
      out |= (place < low[axis]) | (place >= high[axis]);
    }
    if (__builtin_reduce_or(inside ? out : ~out)) break;
  }
  for (; i < count; i++) {
    bool out = false;
    for (size_t axis = 0; axis < axes; axis++) {
      double place = positions[axis * distance + i];
      out |= (place < low[axis]) | (place >= high[axis]);
    }
    if (out == inside) break;
  }
  return i;
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
  four sum = across.at[0] * *(const loose_four *)p;
  sum += across.at[1] * *(const loose_four *)(p + row);
  sum += across.at[2] * *(const loose_four *)(p + 2 * row);
  sum += across.at[3] * *(const loose_four *)(p + 3 * row);
  sum *= *(const loose_four *)along.at;
  return (sum[0] + sum[1]) + (sum[2] + sum[3]);
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

INLINE void NAME(rows_of)(
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
    for (size_t t = 0; t < taps; t++) sum += weights[t] * from[(ptrdiff_t)t * distance + i];
    to[i] = sum;
  }
}

static void NAME(resample_rows)(
    const float *restrict from, ptrdiff_t distance, const float *restrict weights, size_t taps,
    size_t count, float *restrict to) {
  switch (taps) {
    case 2: return NAME(rows_of)(from, distance, weights, 2, count, to);
    case 4: return NAME(rows_of)(from, distance, weights, 4, count, to);
    default: return NAME(rows_of)(from, distance, weights, taps, count, to);
  }
}

// Samples of two consecutive vectors, by their indices there.
#if LANES >= 8
INLINE vector NAME(lookup)(vector low, vector high, int_vector place) {
#if LANES == 16
  return (vector)_mm512_permutex2var_ps((__m512)low, (__m512i)place, (__m512)high);
#else
  __m256i index = (__m256i)place;
  __m256 first = _mm256_permutevar8x32_ps((__m256)low, index);
  __m256 second = _mm256_permutevar8x32_ps((__m256)high, index);
  return (vector)_mm256_blendv_ps(first, second, _mm256_castsi256_ps(_mm256_slli_epi32(index, 28)));
#endif
}
#endif

INLINE void NAME(along_of)(
    const float *restrict from, size_t extent, const int32_t *restrict starts,
    const float *restrict weights, size_t taps, size_t count, float *restrict to) {
  size_t i = 0;
  for (; i + LANES <= count; i += LANES) {
    vector sum = splat(0);
#if LANES >= 8
    // Neighbouring outputs need neighbouring samples: mostly two vectors hold all of them.
    ptrdiff_t base = starts[i], farthest = (ptrdiff_t)extent - 2 * LANES;
    if (base > farthest) base = farthest;
    if (base >= 0 && starts[i + LANES - 1] + (ptrdiff_t)taps <= base + 2 * LANES) {
      vector low = load(from + base), high = load(from + base + LANES);
      int_vector place = *(const NAME(loose_ints) *)(starts + i) - (int)base;
      for (size_t t = 0; t < taps; t++, place += 1)
        sum = load(weights + t * count + i) * NAME(lookup)(low, high, place) + sum;
      store(to + i, sum);
      continue;
    }
#endif
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

static void NAME(resample_along)(
    const float *restrict from, size_t extent, const int32_t *restrict starts,
    const float *restrict weights, size_t taps, size_t count, float *restrict to) {
  switch (taps) {
    case 2: return NAME(along_of)(from, extent, starts, weights, 2, count, to);
    case 4: return NAME(along_of)(from, extent, starts, weights, 4, count, to);
    default: return NAME(along_of)(from, extent, starts, weights, taps, count, to);
  }
}

static void NAME(resample_positions)(double start, double step, size_t count, double *to) {
  for (int i = 0; i < (int)count; i++) to[i] = start + step * i;
}

#undef doubles
#undef loose_doubles
#undef four
#undef loose_four
