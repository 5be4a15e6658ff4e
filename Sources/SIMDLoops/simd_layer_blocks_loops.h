// Transpositions into blocks of 16 filters and out of them, with bias and activation.

// Four columns of eight rows, each in a vector. Rows four apart are put into one vector as they are loaded:
// values then need not cross its middle, which is slow.
INLINE void NAME(load_columns)(const float *const rows[8], size_t first, eight columns[4]) {
  eight pairs[4], lines[4];
#pragma clang loop unroll(full)
  for (int i = 0; i < 4; ++i)
    lines[i] = __builtin_shufflevector(
      *(const four *)(rows[i] + first), *(const four *)(rows[i + 4] + first), 0, 1, 2, 3, 4, 5, 6, 7);
#pragma clang loop unroll(full)
  for (int i = 0; i < 4; i += 2) {
    pairs[i] = __builtin_shufflevector(lines[i], lines[i + 1], 0, 8, 1, 9, 4, 12, 5, 13);
    pairs[i + 1] = __builtin_shufflevector(lines[i], lines[i + 1], 2, 10, 3, 11, 6, 14, 7, 15);
  }
#pragma clang loop unroll(full)
  for (int i = 0; i < 2; ++i) {
    columns[2 * i] = __builtin_shufflevector(pairs[i], pairs[i + 2], 0, 1, 8, 9, 4, 5, 12, 13);
    columns[2 * i + 1] = __builtin_shufflevector(pairs[i], pairs[i + 2], 2, 3, 10, 11, 6, 7, 14, 15);
  }
}

INLINE void NAME(activate)(eight *values, LayerActivation activation, float slope) {
  typedef int32_t mask __attribute__((vector_size(32)));
  const eight zero = {0};
  const eight value = *values;
  // Both propagate NaN.
  if (activation == LAYER_RELU) *values = (eight)((mask)value & ~(mask)(value <= zero));
  if (activation == LAYER_LEAKY_RELU) {
    const mask kept = ~(mask)(value < zero);
    *values = (eight)(((mask)value & kept) | ((mask)(value * slope) & ~kept));
  }
}

// Eight or sixteen rows of a tile, transposed, with bias and activation. Sixteen fill cache lines at once:
// planes may compete for the same cache lines.
INLINE void NAME(store_rows)(
  const float *tile, const int eights, size_t filters, float *target, ptrdiff_t plane,
  const float *bias, const LayerActivation activation, float slope) {
  const float *rows[2][8];
#pragma clang loop unroll(full)
  for (int i = 0; i < 8 * eights; ++i) rows[i / 8][i % 8] = tile + i * 16;
  for (size_t first = 0; first < filters; first += 4) {
    eight columns[2][4];
#pragma clang loop unroll(full)
    for (int part = 0; part < eights; ++part) NAME(load_columns)(rows[part], first, columns[part]);
    float *line = target + (ptrdiff_t)first * plane;
#pragma clang loop unroll(full)
    for (int i = 0; i < 4; ++i) {
      if (first + i >= filters) break;
#pragma clang loop unroll(full)
      for (int part = 0; part < eights; ++part) {
        eight value = columns[part][i];
        if (bias) value = value + bias[first + i];
        NAME(activate)(&value, activation, slope);
        *(eight *)(line + (ptrdiff_t)i * plane + 8 * part) = value;
      }
    }
  }
}

#if LANES == 16
// A 16 × 16 block, its rows in 16 vectors, transposed in place: pairs of values, pairs of pairs, and then
// quarters of vectors are exchanged.
INLINE void NAME(transpose_block)(vector rows[16]) {
  vector pairs[16], fours[16];
#pragma clang loop unroll(full)
  for (int i = 0; i < 16; i += 2) {
    const vector a = rows[i], b = rows[i + 1];
    pairs[i] = __builtin_shufflevector(
      a, b, 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29);
    pairs[i + 1] = __builtin_shufflevector(
      a, b, 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31);
  }
#pragma clang loop unroll(full)
  for (int i = 0; i < 16; i += 4)
#pragma clang loop unroll(full)
    for (int j = 0; j < 2; ++j) {
      const vector a = pairs[i + j], b = pairs[i + j + 2];
      fours[i + 2 * j] = __builtin_shufflevector(
        a, b, 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29);
      fours[i + 2 * j + 1] = __builtin_shufflevector(
        a, b, 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31);
    }
#define EVEN_QUARTERS(a, b) \
  __builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27)
#define ODD_QUARTERS(a, b) \
  __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31)
#pragma clang loop unroll(full)
  for (int j = 0; j < 4; ++j) {
    const vector even_low = EVEN_QUARTERS(fours[j], fours[4 + j]);
    const vector odd_low = ODD_QUARTERS(fours[j], fours[4 + j]);
    const vector even_high = EVEN_QUARTERS(fours[8 + j], fours[12 + j]);
    const vector odd_high = ODD_QUARTERS(fours[8 + j], fours[12 + j]);
    rows[j] = EVEN_QUARTERS(even_low, even_high);
    rows[4 + j] = EVEN_QUARTERS(odd_low, odd_high);
    rows[8 + j] = ODD_QUARTERS(even_low, even_high);
    rows[12 + j] = ODD_QUARTERS(odd_low, odd_high);
  }
#undef EVEN_QUARTERS
#undef ODD_QUARTERS
}

// Sixteen rows of a tile, transposed, with bias and activation.
INLINE void NAME(store_block)(
  const float *tile, size_t filters, float *target, ptrdiff_t plane, const float *bias,
  LayerActivation activation, float slope) {
  vector block[16];
#pragma clang loop unroll(full)
  for (int i = 0; i < 16; ++i) block[i] = load(tile + i * 16);
  NAME(transpose_block)(block);
  const vector zero = splat(0);
#pragma clang loop unroll(full)
  for (int i = 0; i < 16; ++i) {
    if ((size_t)i >= filters) break;
    vector value = block[i];
    if (bias) value = value + bias[i];
    // Both propagate NaN.
    if (activation == LAYER_RELU) value = (vector)((int_vector)value & ~(int_vector)(value <= zero));
    if (activation == LAYER_LEAKY_RELU) value = choose(value < zero, value * slope, value);
    store(target + (ptrdiff_t)i * plane, value);
  }
}
#endif

// All rows of a tile; the activation is known at compile time.
INLINE void NAME(store_tile)(
  const float *tile, size_t rows, size_t filters, float *target, ptrdiff_t plane,
  const float *bias, const LayerActivation activation, float slope) {
#if LANES == 16
  if (rows >= 16) {
    for (size_t row = 0; row < rows; row += 16) {
      // The last block overlaps the one before.
      if (rows - row < 16) row = rows - 16;
      NAME(store_block)(tile + row * 16, filters, target + row, plane, bias, activation, slope);
    }
    return;
  }
#endif
  if (rows < 8) {
    float padded[8 * 16] = {0}, finished[16 * 8];
    for (size_t i = 0; i < rows * 16; ++i) padded[i] = tile[i];
    NAME(store_rows)(padded, 1, filters, finished, 8, bias, activation, slope);
    for (size_t i = 0; i < filters; ++i)
      for (size_t row = 0; row < rows; ++row) target[(ptrdiff_t)i * plane + row] = finished[i * 8 + row];
    return;
  }
  size_t row = 0;
  for (; row + 16 <= rows; row += 16)
    NAME(store_rows)(tile + row * 16, 2, filters, target + row, plane, bias, activation, slope);
  for (; row < rows; row += 8) {
    // The last block overlaps the one before.
    if (rows - row < 8) row = rows - 8;
    NAME(store_rows)(tile + row * 16, 1, filters, target + row, plane, bias, activation, slope);
  }
}

static void NAME(store_transposed)(
  const float *tile, size_t rows, size_t filters, float *target, ptrdiff_t plane,
  const float *bias, LayerActivation activation, float slope) {
#define STORE(known) \
  case known: NAME(store_tile)(tile, rows, filters, target, plane, bias, known, slope); break;
  switch (activation) {
    STORE(LAYER_IDENTITY)
    STORE(LAYER_RELU)
    STORE(LAYER_LEAKY_RELU)
  }
#undef STORE
}

static void NAME(pack_transposed)(
  const float *source, ptrdiff_t plane, size_t filters, size_t rows, float *slab,
  ptrdiff_t following) {
  if (following != 0)
    for (size_t i = 0; i < filters; ++i)
      for (size_t row = 0; row < rows; row += 16)
        __builtin_prefetch(source + (ptrdiff_t)i * plane + following + row, 0, 2);
#if LANES == 16
  if (rows >= 16) {
    for (size_t row = 0; row < rows; row += 16) {
      // The last block overlaps the one before.
      if (rows - row < 16) row = rows - 16;
      vector block[16];
#pragma clang loop unroll(full)
      for (int i = 0; i < 16; ++i)
        block[i] = (size_t)i < filters ? load(source + (ptrdiff_t)i * plane + row) : splat(0);
      NAME(transpose_block)(block);
#pragma clang loop unroll(full)
      for (int i = 0; i < 16; ++i) store(slab + (row + i) * 16, block[i]);
    }
    return;
  }
#endif
  static const float nothing[8];
  for (size_t first = 0; first < 16; first += 8) {
    const size_t lines = filters <= first ? 0 : filters - first < 8 ? filters - first : 8;
    for (size_t row = 0; row < rows; row += 8) {
      // The last block overlaps the one before.
      if (rows >= 8 && rows - row < 8) row = rows - 8;
      const size_t columns = rows < 8 ? rows : 8;
      const float *sources[8];
      float padded[8][8];
      for (size_t i = 0; i < 8; ++i) {
        const float *line = source + (ptrdiff_t)(first + i) * plane + row;
        sources[i] = i >= lines ? nothing : columns < 8 ? padded[i] : line;
        if (i < lines && columns < 8)
          for (size_t column = 0; column < 8; ++column)
            padded[i][column] = column < columns ? line[column] : 0;
      }
      float *target = slab + row * 16 + first;
#pragma clang loop unroll(full)
      for (size_t four = 0; four < 8; four += 4) {
        eight block[4];
        NAME(load_columns)(sources, four, block);
#pragma clang loop unroll(full)
        for (size_t i = 0; i < 4; ++i)
          if (four + i < columns) *(eight *)(target + (four + i) * 16) = block[i];
      }
    }
  }
}

static void NAME(pack_columns)(
  const float *source, ptrdiff_t leading, size_t rows, size_t columns, float *panels,
  ptrdiff_t pitch) {
  const size_t whole = columns / 16, rest = columns % 16;
  for (size_t row = 0; row < rows; ++row) {
    const float *line = source + (ptrdiff_t)row * leading;
    float *target = panels + row * 16;
    for (size_t panel = 0; panel < whole; ++panel) {
      // Rows are too far apart for the processor's own prefetching.
      __builtin_prefetch(line + 8 * leading);
#pragma clang loop unroll(full)
      for (int v = 0; v < VECTORS; ++v) store(target + v * LANES, load(line + v * LANES));
      line += 16;
      target += pitch;
    }
    if (rest == 0) continue;
    for (size_t column = 0; column < rest; ++column) target[column] = line[column];
    for (size_t column = rest; column < 16; ++column) target[column] = 0;
  }
}
