INLINE vector NAME(smaller)(vector a, vector b) { return choose(a < b, a, b); }
INLINE vector NAME(larger)(vector a, vector b) { return choose(a > b, a, b); }

static void NAME(extreme_of_two)(
    const float *a, const float *b, size_t count, bool larger, float *to) {
  size_t i = 0;
  if (larger) {
    for (; i + LANES <= count; i += LANES) store(to + i, NAME(larger)(load(a + i), load(b + i)));
    for (; i < count; i++) to[i] = a[i] > b[i] ? a[i] : b[i];
  } else {
    for (; i + LANES <= count; i += LANES) store(to + i, NAME(smaller)(load(a + i), load(b + i)));
    for (; i < count; i++) to[i] = a[i] < b[i] ? a[i] : b[i];
  }
}

INLINE void NAME(sort)(vector *a, vector *b) {
  vector low = NAME(smaller)(*a, *b);
  *b = NAME(larger)(*a, *b);
  *a = low;
}

INLINE vector NAME(middle)(vector a, vector b, vector c) {
  NAME(sort)(&a, &b);
  return NAME(larger)(a, NAME(smaller)(b, c));
}

// The last vector of a row whose length is not a multiple of a vector's.
INLINE void NAME(store_some)(float *to, vector values, size_t count) {
  if (count >= LANES) return store(to, values);
  for (size_t lane = 0; lane < count; lane++) to[lane] = values[lane];
}

// The largest of the three columns' smallest, the middle of their middles and the smallest of their
// largest hold the median between them.
static void NAME(median_3x3)(const float *const rows[3], size_t count, float *to) {
  const float *above = rows[0], *here = rows[1], *below = rows[2];
  for (size_t i = 0; i < count; i += LANES) {
    vector low[3], mid[3], high[3];
#pragma clang loop unroll(full)
    for (int x = 0; x < 3; x++) {
      low[x] = load(above + i + x);
      mid[x] = load(here + i + x);
      high[x] = load(below + i + x);
      NAME(sort)(&low[x], &mid[x]);
      NAME(sort)(&mid[x], &high[x]);
      NAME(sort)(&low[x], &mid[x]);
    }
    vector a = NAME(larger)(NAME(larger)(low[0], low[1]), low[2]);
    vector b = NAME(middle)(mid[0], mid[1], mid[2]);
    vector c = NAME(smaller)(NAME(smaller)(high[0], high[1]), high[2]);
    NAME(store_some)(to + i, NAME(middle)(a, b, c), count - i);
  }
}

// Moves the smallest of some values to the front and the largest to the end.
INLINE void NAME(outermost)(vector *values, int count) {
#pragma clang loop unroll(full)
  for (int k = 0; k < count / 2; k++) NAME(sort)(&values[k], &values[count - 1 - k]);
#pragma clang loop unroll(full)
  for (int k = 1; k < (count + 1) / 2; k++) NAME(sort)(&values[0], &values[k]);
#pragma clang loop unroll(full)
  for (int k = count / 2; k < count - 1; k++) NAME(sort)(&values[k], &values[count - 1]);
}

// After columns and then rows are sorted, sample (row, column) is no smaller than all before it in
// both; twelve of the 25 are thereby known not to be the median, six on each side.
static void NAME(median_5x5)(
    const float *const rows[5], size_t count, float *sorted, float *to) {
  size_t step = count + 32;
  for (size_t i = 0; i < count + 4; i += LANES) {
    vector v[5];
#pragma clang loop unroll(full)
    for (int r = 0; r < 5; r++) v[r] = load(rows[r] + i);
    NAME(sort)(&v[0], &v[1]);
    NAME(sort)(&v[3], &v[4]);
    NAME(sort)(&v[2], &v[4]);
    NAME(sort)(&v[2], &v[3]);
    NAME(sort)(&v[1], &v[4]);
    NAME(sort)(&v[0], &v[3]);
    NAME(sort)(&v[0], &v[2]);
    NAME(sort)(&v[1], &v[3]);
    NAME(sort)(&v[1], &v[2]);
#pragma clang loop unroll(full)
    for (int r = 0; r < 5; r++) store(sorted + r * step + i, v[r]);
  }
  for (size_t i = 0; i < count; i += LANES) {
    vector left[13];
    int have = 0;
#pragma clang loop unroll(full)
    for (int r = 0; r < 5; r++) {
      const float *row = sorted + r * step + i;
      vector a = load(row), b = load(row + 1), c = load(row + 2), d = load(row + 3);
      vector e = load(row + 4);
      NAME(sort)(&a, &b);
      NAME(sort)(&d, &e);
      NAME(sort)(&c, &e);
      NAME(sort)(&c, &d);
      NAME(sort)(&b, &e);
      NAME(sort)(&a, &d);
      NAME(sort)(&a, &c);
      NAME(sort)(&b, &d);
      NAME(sort)(&b, &c);
      if (r >= 3) left[have++] = a;
      if (r >= 2) left[have++] = b;
      if (r >= 1 && r <= 3) left[have++] = c;
      if (r <= 2) left[have++] = d;
      if (r <= 1) left[have++] = e;
    }
    // The median of 13: it is neither the smallest nor the largest of any eight of them.
    vector pool[8];
#pragma clang loop unroll(full)
    for (int k = 0; k < 8; k++) pool[k] = left[k];
    NAME(outermost)(pool, 8);
    pool[0] = left[8];
    NAME(outermost)(pool, 7);
    pool[0] = left[9];
    NAME(outermost)(pool, 6);
    pool[0] = left[10];
    NAME(outermost)(pool, 5);
    pool[0] = left[11];
    NAME(outermost)(pool, 4);
    pool[0] = left[12];
    NAME(store_some)(to + i, NAME(middle)(pool[0], pool[1], pool[2]), count - i);
  }
}

static void NAME(rank_exchanges)(
    const float *const *inputs, size_t input_count, const uint16_t *exchanges,
    size_t exchange_count, const uint16_t *outputs, size_t output_count, size_t count, float *to,
    size_t step) {
  vector slots[RANK_EXCHANGES_MOST];
  const uint16_t *end = exchanges + 2 * exchange_count;
  for (size_t x = 0; x < count; x += LANES) {
    for (size_t i = 0; i < input_count; i++) slots[i] = load(inputs[i] + x);
    for (const uint16_t *pair = exchanges; pair < end; pair += 2) {
      vector a = slots[pair[0]], b = slots[pair[1]];
      slots[pair[0]] = NAME(smaller)(a, b);
      slots[pair[1]] = NAME(larger)(a, b);
    }
    for (size_t i = 0; i < output_count; i++) store(to + i * step + x, slots[outputs[i]]);
  }
}

static void NAME(rank_pick)(
    const float *const *first, const float *const *second, size_t pairs, size_t count, float *to) {
  for (size_t x = 0; x < count; x += LANES) {
    vector best = NAME(larger)(load(first[0] + x), load(second[0] + x));
    for (size_t i = 1; i < pairs; i++)
      best = NAME(smaller)(best, NAME(larger)(load(first[i] + x), load(second[i] + x)));
    NAME(store_some)(to + x, best, count - x);
  }
}
