// 3 × 3 taps on whole planes with zeros beyond their edges, read in place: copying them would take more
// than half as long as the sums.

// The neighbours before and after the lanes of a vector, zero beyond the plane's edge.
#if LANES == 16
#define NEIGHBOURS_BEFORE(a) \
  __builtin_shufflevector(a, (vector){}, 16, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14)
#define NEIGHBOURS_AFTER(a) \
  __builtin_shufflevector(a, (vector){}, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16)
#elif LANES == 8
#define NEIGHBOURS_BEFORE(a) __builtin_shufflevector(a, (vector){}, 8, 0, 1, 2, 3, 4, 5, 6)
#define NEIGHBOURS_AFTER(a) __builtin_shufflevector(a, (vector){}, 1, 2, 3, 4, 5, 6, 7, 8)
#else
#define NEIGHBOURS_BEFORE(a) __builtin_shufflevector(a, (vector){}, 4, 0, 1, 2)
#define NEIGHBOURS_AFTER(a) __builtin_shufflevector(a, (vector){}, 1, 2, 3, 4)
#endif

// The samples under tap column `tap` for a vector at `samples`.
INLINE vector NAME(plane_samples)(
  const float *samples, const int tap, const int is_first, const int is_last) {
  if (tap == 0 && is_first) return NEIGHBOURS_BEFORE(load(samples));
  if (tap == 2 && is_last) return NEIGHBOURS_AFTER(load(samples));
  return load(samples + tap - 1);
}

// `height` rows of `width` neighbouring vectors; the last vector of a row overlaps the one before.
INLINE void NAME(plane_block)(
  const PlanarPlane *work, const vector factors[9], size_t row, size_t column, const int height,
  const int width, const int is_first, const int is_last) {
  vector sums[4][4];
  const size_t columns = work->columns;
  const size_t end = is_last ? columns - LANES - column : (width - 1) * LANES;
#pragma clang loop unroll(full)
  for (int y = 0; y < height; ++y)
#pragma clang loop unroll(full)
    for (int v = 0; v < width; ++v) sums[y][v] = splat(0);
#pragma clang loop unroll(full)
  for (int line = 0; line < height + 2; ++line) {
    // An index of −1 wraps to the largest number.
    const size_t place = row + line - 1;
    if (place >= work->rows) continue;
    const float *samples = work->source + place * columns + column;
#pragma clang loop unroll(full)
    for (int tap = 0; tap < 3; ++tap) {
      vector values[4];
#pragma clang loop unroll(full)
      for (int v = 0; v < width; ++v)
        values[v] = NAME(plane_samples)(
          samples + (v < width - 1 ? v * LANES : end), tap, is_first && v == 0,
          is_last && v == width - 1);
#pragma clang loop unroll(full)
      for (int y = 0; y < height; ++y) {
        if (line < y || line > y + 2) continue;
#pragma clang loop unroll(full)
        for (int v = 0; v < width; ++v)
          sums[y][v] = factors[(line - y) * 3 + tap] * values[v] + sums[y][v];
      }
    }
  }
  const vector bias = splat(work->bias);
#pragma clang loop unroll(full)
  for (int y = 0; y < height; ++y) {
    float *target = work->target + (row + y) * columns + column;
#pragma clang loop unroll(full)
    for (int v = 0; v < width; ++v)
      store(
        target + (v < width - 1 ? v * LANES : end),
        NAME(activated)(sums[y][v] + bias, work->activation, work->slope));
  }
}

// Some rows, in blocks of up to four vectors.
INLINE void NAME(plane_rows)(
  const PlanarPlane *work, const vector factors[9], size_t row, const int height) {
  const size_t vectors = (work->columns + LANES - 1) / LANES, blocks = (vectors + 3) / 4;
  for (size_t block = 0; block < blocks; ++block) {
    const size_t first = vectors * block / blocks, next = vectors * (block + 1) / blocks;
#define BLOCK(n, isFirst, isLast)                                                             \
  if (next - first == n)                                                                      \
    NAME(plane_block)(work, factors, row, first * LANES, height, n, isFirst, isLast);
#define BLOCKS(isFirst, isLast)                                              \
  {                                                                          \
    BLOCK(1, isFirst, isLast)                                                \
    BLOCK(2, isFirst, isLast)                                                \
    BLOCK(3, isFirst, isLast)                                                \
    BLOCK(4, isFirst, isLast)                                                \
  }
    if (blocks == 1) BLOCKS(1, 1)
    else if (block == 0) BLOCKS(1, 0)
    else if (block == blocks - 1) BLOCKS(0, 1)
    else BLOCKS(0, 0)
#undef BLOCK
#undef BLOCKS
  }
}

static void NAME(planar_plane)(const PlanarPlane *work) {
  if (work->columns < LANES) {
#if defined(NARROWER)
    return NAME_EXPAND(planar_plane, NARROWER)(work);
#else
    return planar_plane_by_numbers(work);
#endif
  }
  vector factors[9];
#pragma clang loop unroll(full)
  for (int tap = 0; tap < 9; ++tap) factors[tap] = splat(work->weights[tap]);
  // Sums, samples and weights have to fit into the registers.
  const int height = REGISTERS == 32 ? 4 : 2;
  size_t row = work->first;
  for (; row + height <= work->end; row += height) NAME(plane_rows)(work, factors, row, height);
  for (; row < work->end; ++row) NAME(plane_rows)(work, factors, row, 1);
}

// The contribution of `height` rows of gradients under one vector to the sums.
INLINE void NAME(plane_products_block)(
  vector products[9], const float *gradient, const float *source, size_t rows, size_t columns,
  size_t row, size_t column, const int height, const int is_first, const int is_last) {
  vector values[2];
  // The last vector overlaps the one before: what was counted before counts as zero.
  const size_t end = columns % LANES == 0 ? LANES : columns % LANES;
  const size_t start = is_last ? columns - LANES : column;
#pragma clang loop unroll(full)
  for (int y = 0; y < height; ++y) {
    values[y] = load(gradient + (row + y) * columns + start);
    if (is_last)
      values[y] =
        (vector)((int_vector)load((const float *)(NAME(lane_masks) + end)) & (int_vector)values[y]);
  }
#pragma clang loop unroll(full)
  for (int line = 0; line < height + 2; ++line) {
    const size_t place = row + line - 1;
    if (place >= rows) continue;
    const float *samples = source + place * columns + start;
#pragma clang loop unroll(full)
    for (int tap = 0; tap < 3; ++tap) {
      const vector sample = NAME(plane_samples)(samples, tap, is_first, is_last);
#pragma clang loop unroll(full)
      for (int y = 0; y < height; ++y) {
        if (line < y || line > y + 2) continue;
        products[(line - y) * 3 + tap] = values[y] * sample + products[(line - y) * 3 + tap];
      }
    }
  }
}

INLINE void NAME(plane_products_rows)(
  vector products[9], const float *gradient, const float *source, size_t rows, size_t columns,
  size_t row, const int height) {
  if (columns <= LANES) {
    NAME(plane_products_block)(products, gradient, source, rows, columns, row, 0, height, 1, 1);
    return;
  }
  NAME(plane_products_block)(products, gradient, source, rows, columns, row, 0, height, 1, 0);
  size_t column = LANES;
  for (; column + LANES < columns; column += LANES)
    NAME(plane_products_block)(products, gradient, source, rows, columns, row, column, height, 0, 0);
  NAME(plane_products_block)(products, gradient, source, rows, columns, row, column, height, 0, 1);
}

static void NAME(planar_plane_products)(
  const float *gradient, const float *source, size_t rows, size_t columns, float *sums) {
  if (columns < LANES) {
#if defined(NARROWER)
    return NAME_EXPAND(planar_plane_products, NARROWER)(gradient, source, rows, columns, sums);
#else
    return planar_plane_products_by_numbers(gradient, source, rows, columns, sums);
#endif
  }
  vector products[9];
#pragma clang loop unroll(full)
  for (int tap = 0; tap < 9; ++tap) products[tap] = splat(0);
  size_t row = 0;
  for (; row + 2 <= rows; row += 2)
    NAME(plane_products_rows)(products, gradient, source, rows, columns, row, 2);
  if (row < rows) NAME(plane_products_rows)(products, gradient, source, rows, columns, row, 1);
#pragma clang loop unroll(full)
  for (int tap = 0; tap < 9; ++tap) {
    float sum = 0;
    for (int lane = 0; lane < LANES; ++lane) sum += products[tap][lane];
    sums[tap] += sum;
  }
}

#undef NEIGHBOURS_BEFORE
#undef NEIGHBOURS_AFTER
