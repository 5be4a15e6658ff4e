// Loops of layers: sums for blocks of 16 filters, and the transpositions into and out of them.

// Vectors of a block of 16 filters, and how many such blocks are summed side by side: a sample that is
// loaded then serves several multiplications; a processor can do only as many of these as loads.
#define VECTORS (16 / LANES)
#define MOST_PANELS (LANES == 16 ? 4 : 1)
// Rows of a block whose sums, and whose samples' addresses, fit into the registers.
#define ROWS(panels, vectors)                                                    \
  (LANES == 16       ? 14 - 2 * (panels)                                         \
   : REGISTERS == 16 ? ((vectors) == 1 ? 8 : 12 / (vectors))                    \
                     : 24 / (vectors))
#define MOST_ROWS 12

// One block: sums of `rows` rows, `panels` panels and `vectors` vectors of each stay in registers while the
// inner index runs. Meanwhile the panel `following` is prefetched, if there is one.
INLINE void NAME(product_block)(
  const LayerProducts *work, const int32_t *positions, const float *slab, const float *following,
  float *tile, const int rows, const int panels, const int vectors) {
  vector sums[MOST_ROWS][MOST_PANELS * VECTORS];
  const float *rowSources[MOST_ROWS];
  const int32_t *offsets = work->offsets;
  const size_t count = work->count;
  const ptrdiff_t slabStep = work->slab_step, pitch = work->pitch, tileStep = work->tile_step;
  const bool accumulates = work->accumulates;
#pragma clang loop unroll(full)
  for (int row = 0; row < rows; ++row) {
    rowSources[row] = work->source + positions[row];
#pragma clang loop unroll(full)
    for (int v = 0; v < panels * vectors; ++v) {
      const float *sum = tile + row * pitch + v / vectors * tileStep + v % vectors * LANES;
      sums[row][v] = accumulates ? load(sum) : splat(0);
    }
  }
#define ADD_PRODUCTS                                                                           \
  const ptrdiff_t offset = offsets[index];                                                     \
  vector weights[MOST_PANELS * VECTORS];                                                       \
  _Pragma("clang loop unroll(full)") for (int v = 0; v < panels * vectors; ++v) weights[v] =   \
    load(slab + index * 16 + v / vectors * slabStep + v % vectors * LANES);                    \
  _Pragma("clang loop unroll(full)") for (int row = 0; row < rows; ++row) {                    \
    const float value = rowSources[row][offset];                                               \
    _Pragma("clang loop unroll(full)") for (int v = 0; v < panels * vectors; ++v)              \
      sums[row][v] += value * weights[v];                                                      \
  }
  // Two loops: prefetching costs a tenth of the time where everything is in cache.
  if (following) {
    for (size_t index = 0; index < count; ++index) {
      __builtin_prefetch(following + index * 16, 0, 2);
      ADD_PRODUCTS
    }
  } else {
    for (size_t index = 0; index < count; ++index) {
      ADD_PRODUCTS
    }
  }
#undef ADD_PRODUCTS
#pragma clang loop unroll(full)
  for (int row = 0; row < rows; ++row)
#pragma clang loop unroll(full)
    for (int v = 0; v < panels * vectors; ++v)
      store(tile + row * pitch + v / vectors * tileStep + v % vectors * LANES, sums[row][v]);
}

// All rows of some panels, of which all vectors or only the first are summed.
INLINE void NAME(product_panels)(
  const LayerProducts *work, const float *slab, const float *following, float *tile,
  const int panels, const int vectors) {
  // Blocks of equal size: a short last one would leave the multipliers waiting for sums.
  const size_t rows = work->rows, most = ROWS(panels, vectors);
  const size_t blocks = (rows + most - 1) / most;
  const size_t shorter = rows / blocks, longer = rows % blocks;
  const int32_t *positions = work->positions;
  for (size_t index = 0; index < blocks; ++index) {
    const size_t block = shorter + (index < longer);
    // The first blocks prefetch a panel each.
    const float *asked = following && index < (size_t)panels
                           ? following + (ptrdiff_t)index * work->slab_step : 0;
#define BLOCK(n)                                                                        \
  case n:                                                                               \
    if (n <= ROWS(panels, vectors))                                                     \
      NAME(product_block)(                                                              \
        work, positions, slab, asked, tile,                                             \
        n < ROWS(panels, vectors) ? n : ROWS(panels, vectors), panels, vectors);        \
    break;
    switch (block) {
      BLOCK(1)
      BLOCK(2)
      BLOCK(3)
      BLOCK(4)
      BLOCK(5)
      BLOCK(6)
      BLOCK(7)
      BLOCK(8)
      BLOCK(9)
      BLOCK(10)
      BLOCK(11)
      BLOCK(12)
    }
#undef BLOCK
    positions += block;
    tile += (ptrdiff_t)block * work->pitch;
  }
}

static void NAME(gathered_products)(const LayerProducts *work) {
  if (work->rows == 0) return;
  const size_t groups = (work->panels + MOST_PANELS - 1) / MOST_PANELS;
  size_t panel = 0;
  for (size_t group = 0; group < groups; ++group) {
    // Groups of equal size: a panel alone is the slowest.
    const size_t next = work->panels * (group + 1) / groups;
    const float *slab = work->slab + (ptrdiff_t)panel * work->slab_step;
    const float *following =
      work->following ? work->following + (ptrdiff_t)panel * work->slab_step : 0;
    float *tile = work->tile + (ptrdiff_t)panel * work->tile_step;
    switch (next - panel) {
#if LANES == 16
      case 1: NAME(product_panels)(work, slab, following, tile, 1, 1); break;
      case 2: NAME(product_panels)(work, slab, following, tile, 2, 1); break;
      case 3: NAME(product_panels)(work, slab, following, tile, 3, 1); break;
      case 4: NAME(product_panels)(work, slab, following, tile, 4, 1); break;
#else
      case 1:
        if (work->halves_last && next == work->panels) {
          NAME(product_panels)(work, slab, following, tile, 1, VECTORS / 2);
        } else {
          NAME(product_panels)(work, slab, following, tile, 1, VECTORS);
        }
        break;
#endif
    }
    panel = next;
  }
}

// Four columns of eight rows, each in a vector. Rows four apart are put into one vector as they are loaded:
// numbers then need not cross its middle, which is slow.
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
// planes may compete for the same place in the cache.
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
// A 16 × 16 block, its rows in 16 vectors, transposed in place: pairs of numbers, pairs of pairs, and then
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

// One row whose columns are sorted by their remainders.
INLINE void NAME(copy_steps)(const float *source, const LayerColumns *columns, float *target) {
  const size_t count = columns->count, step = columns->step;
  const size_t first = columns->first, last = columns->first + columns->inside;
  const ptrdiff_t *sources = columns->sources;
  // The place of column 0's sample, were it there.
  const float *from = source + (first < last ? sources[first] - (ptrdiff_t)first : 0);
  // Pairs of neighbours from the first even column on.
  size_t paired = first + first % 2, start = paired;
  if (step == 2) {
    for (; paired + 2 * LANES <= last; paired += 2 * LANES) {
      const vector low = load(from + paired), high = load(from + paired + LANES);
      float *evens = target + paired / 2;
      store(evens, EVERY_SECOND(low, high, 0));
      store(evens + columns->step_length, EVERY_SECOND(low, high, 1));
    }
  }
  for (size_t remainder = 0; remainder < step; ++remainder) {
    float *line = target + (ptrdiff_t)remainder * columns->step_length;
    size_t column = remainder;
    for (; column < first && column < count; column += step)
      *line++ = sources[column] < 0 ? columns->fill : source[sources[column]];
    if (start < paired) {
      // The first column inside may be an odd one.
      for (; column < start; column += step) *line++ = from[column];
      line += (paired - start) / 2;
      column += paired - start;
    }
    for (; column < last; column += step) *line++ = from[column];
    for (; column < count; column += step)
      *line++ = sources[column] < 0 ? columns->fill : source[sources[column]];
  }
}

// The rows of one plane's block.
INLINE void NAME(copy_plane)(
  const float *image, const LayerRow *rows, size_t count, const LayerColumns *columns,
  ptrdiff_t following, float *block) {
  if (columns->step > 1) {
    for (size_t row = 0; row < count; ++row) {
      float *target = block + rows[row].target;
      if (rows[row].source >= 0) {
        NAME(copy_steps)(image + rows[row].source, columns, target);
        continue;
      }
      for (size_t remainder = 0; remainder < columns->step; ++remainder)
        for (size_t column = remainder; column < columns->count; column += columns->step)
          target[(ptrdiff_t)remainder * columns->step_length + column / columns->step] = columns->fill;
    }
    return;
  }
  const size_t first = columns->first, inside = columns->inside, all = columns->count;
  const ptrdiff_t *sources = columns->sources;
  const float fill = columns->fill;
  const ptrdiff_t start = inside > 0 ? sources[first] : 0;
  for (size_t row = 0; row < count; ++row) {
    float *target = block + rows[row].target;
    if (rows[row].source < 0) {
      for (size_t column = 0; column < all; ++column) target[column] = fill;
      continue;
    }
    const float *source = image + rows[row].source;
    for (size_t column = 0; column < first; ++column)
      target[column] = sources[column] < 0 ? fill : source[sources[column]];
    const float *from = source + start;
    float *into = target + first;
    if (following != 0)
      for (size_t column = 0; column < inside; column += 16)
        __builtin_prefetch(from + following + column);
    if (inside >= LANES) {
      for (size_t column = 0; column + LANES <= inside; column += LANES)
        store(into + column, load(from + column));
      // The last vector overlaps the one before.
      store(into + inside - LANES, load(from + inside - LANES));
    } else {
      for (size_t column = 0; column < inside; ++column) into[column] = from[column];
    }
    for (size_t column = first + inside; column < all; ++column)
      target[column] = sources[column] < 0 ? fill : source[sources[column]];
  }
}

static void NAME(copy_rows)(
  const float *image, const LayerPlanes *planes, const LayerRow *rows, size_t count,
  const LayerColumns *columns, float *block) {
  const ptrdiff_t following = (ptrdiff_t)planes->ahead * planes->image_step;
  for (size_t plane = 0; plane < planes->count; ++plane) {
    NAME(copy_plane)(image, rows, count, columns, plane < planes->asking ? following : 0, block);
    image += planes->image_step;
    block += planes->block_step;
  }
}

#undef VECTORS
#undef MOST_PANELS
#undef ROWS
#undef MOST_ROWS
