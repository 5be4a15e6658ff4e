// A block of sums stays in registers while all taps pass by. It is several rows, or several filters,
// times a `width` of some vectors: every loaded sample serves all of the former, every weight all of
// the latter. Functions with constant arguments are inlined, so that each block is straight code.

enum { NAME(most_sums) = 24 };

INLINE vector NAME(activate)(vector sum, StencilActivation activation) {
  if (activation.is_linear) return sum;
  // Not sum · 0, which is no number for an infinite sum.
  vector below = activation.slope == 0 ? splat(0) : sum * splat(activation.slope);
  return choose(sum < splat(0), below, sum);
}

// Stores the first `count` lanes, or all.
INLINE void NAME(store_some)(float *to, vector values, long count) {
  if (count >= LANES) {
    store(to, values);
  } else {
    for (long lane = 0; lane < count; lane++) to[lane] = values[lane];
  }
}

// Computes the block that starts at a column and stores the first `count` columns.
typedef void NAME(block_function)(
    const void *work, long start, long count, int height, int width, long tap_rows,
    long tap_columns);

// What a block function is called with besides columns: the size of blocks and the kernel's.
#define BLOCK_SIZES int height, int width, long tap_rows, long tap_columns

// Covers columns with blocks `width` vectors wide as long as they fill more than half of one. A last
// block that may not read further overlaps the one before. Returns the first column not covered.
INLINE long NAME(cover)(
    NAME(block_function) * block, const void *work, long start, long count, long readable,
    BLOCK_SIZES) {
  const long columns = width * LANES;
  // The number of columns is a constant here, so that stores need not ask.
  for (; count - start >= columns; start += columns) {
    block(work, start, columns, height, width, tap_rows, tap_columns);
  }
  if (count - start <= columns / 2) return start;
  if (start + columns > readable) {
    if (count < columns) return start;
    start = count - columns;
  }
  block(work, start, count - start, height, width, tap_rows, tap_columns);
  return count;
}

// Covers all columns with wide blocks, then narrower ones; false where there is less than a vector.
INLINE bool NAME(cover_all)(
    NAME(block_function) * block, const void *work, const float *output, long count, long readable,
    BLOCK_SIZES) {
  long start = 0;
  // Stores of long rows do not cross cache lines: a narrow block, then from the next line on.
  const long skipped = (64 - ((unsigned long)output & 63)) / sizeof(float) % 16;
  if (count >= 256) {
    for (; start < skipped; start += LANES) {
      block(work, start, LANES, height, 1, tap_rows, tap_columns);
    }
    start = skipped;
  }
  start = NAME(cover)(block, work, start, count, readable, height, width, tap_rows, tap_columns);
  if (start < count && width > 4) {
    start = NAME(cover)(
        block, work, start, count, readable, height, width > 4 ? width / 2 : 1, tap_rows,
        tap_columns);
  }
  if (start < count && width > 2) {
    start = NAME(cover)(block, work, start, count, readable, height, 2, tap_rows, tap_columns);
  }
  while (start < count) {
    if (start + LANES > readable) {
      if (count < LANES) return false;
      start = count - LANES;
    }
    block(work, start, count - start, height, 1, tap_rows, tap_columns);
    start += LANES;
  }
  return true;
}

// Adds to the rows first … last of `rows` what a line contributes by one tap column. `weights` is
// that of row 0; those of the following rows follow.
INLINE void NAME(add_column)(
    vector *sums, const float *samples, const float *weights, const int rows, const int width,
    const int first, const int last) {
  // Whichever of samples and weights takes fewer registers is held. The loops count to constants and
  // leave rows out inside, since only such loops are unrolled.
  if (width <= rows) {
    vector values[NAME(most_sums)];
#pragma clang loop unroll(full)
    for (int part = 0; part < width; part++) values[part] = load(samples + part * LANES);
#pragma clang loop unroll(full)
    for (int row = 0; row < rows; row++) {
      if (row < first || row > last) continue;
      vector factor = splat(weights[row]);
#pragma clang loop unroll(full)
      for (int part = 0; part < width; part++) {
        sums[row * width + part] = factor * values[part] + sums[row * width + part];
      }
    }
  } else {
    vector factors[StencilMaxRows];
#pragma clang loop unroll(full)
    for (int row = 0; row < rows; row++) {
      if (row >= first && row <= last) factors[row] = splat(weights[row]);
    }
#pragma clang loop unroll(full)
    for (int part = 0; part < width; part++) {
      vector value = load(samples + part * LANES);
#pragma clang loop unroll(full)
      for (int row = 0; row < rows; row++) {
        if (row < first || row > last) continue;
        sums[row * width + part] = factors[row] * value + sums[row * width + part];
      }
    }
  }
}

// The same for a single row and neighbouring taps. The taps c and c + LANES share all but one of the
// vectors they need, which matters here: with one row, loads are what limits the speed.
INLINE void NAME(add_long_line)(
    vector *sums, const float *line, const float *weights, long tap_columns, const int width) {
  for (; tap_columns > 0; tap_columns -= 2 * LANES) {
    long shared = tap_columns - LANES;
    shared = shared < 0 ? 0 : shared > LANES ? LANES : shared;
    long column = 0;
#pragma clang loop unroll(disable)
    for (; column < shared; column++) {
      vector near = splat(weights[column]);
      vector far = splat(weights[column + LANES]);
#pragma clang loop unroll(full)
      for (int part = 0; part <= width; part++) {
        vector value = load(line + column + part * LANES);
        if (part < width) sums[part] = near * value + sums[part];
        if (part > 0) sums[part - 1] = far * value + sums[part - 1];
      }
    }
#pragma clang loop unroll(disable)
    for (; column < tap_columns && column < LANES; column++) {
      vector factor = splat(weights[column]);
#pragma clang loop unroll(full)
      for (int part = 0; part < width; part++) {
        sums[part] = factor * load(line + column + part * LANES) + sums[part];
      }
    }
    line += 2 * LANES;
    weights += 2 * LANES;
  }
}

INLINE void NAME(store_rows)(
    const StencilRows *work, vector *sums, long start, long count, const int rows,
    const int width) {
  // Read before anything is stored, and branched on once: the compiler must take stores for changes
  // of what `work` points to.
  const StencilActivation activation = work->activation;
  float *outputs[StencilMaxRows];
#pragma clang loop unroll(full)
  for (int row = 0; row < rows; row++) outputs[row] = work->outputs[row] + start;
  vector bias = splat(work->bias);
#pragma clang loop unroll(full)
  for (int sum = 0; sum < rows * width; sum++) sums[sum] += bias;
  if (!activation.is_linear) {
#pragma clang loop unroll(full)
    for (int sum = 0; sum < rows * width; sum++) sums[sum] = NAME(activate)(sums[sum], activation);
  }
#pragma clang loop unroll(full)
  for (int row = 0; row < rows; row++) {
#pragma clang loop unroll(full)
    for (int part = 0; part < width; part++) {
      NAME(store_some)(
          outputs[row] + part * LANES, sums[row * width + part], count - part * LANES);
    }
  }
}

INLINE void NAME(row_block)(
    const void *opaque, long start, long count, const int rows, const int width, const long taps,
    const long tap_columns) {
  const StencilRows *work = opaque;
  vector sums[NAME(most_sums)];
#pragma clang loop unroll(full)
  for (int sum = 0; sum < rows * width; sum++) sums[sum] = splat(0);
  const float *const *lines = work->lines;
  const float *weights = work->weights;
  const long step = work->column_step;
  for (long plane = 0; plane < work->planes; plane++) {
    if (rows == 1 && step == 1 && taps == 1) {
      NAME(add_long_line)(sums, lines[0] + start, weights, tap_columns, width);
    } else {
      const float *weight = weights + taps - 1;
      // The first lines reach the first rows only, and the last lines the last. One of each together
      // reach all rows once, so that no sum has to wait for itself.
#pragma clang loop unroll(full)
      for (int line = 0; line < rows - 1; line++) {
        const float *early = lines[line] + start;
        const float *late = lines[taps + line] + start;
#pragma clang loop unroll(disable)
        for (long column = 0; column < tap_columns; column++) {
          const float *here = weight + column * taps - line;
          NAME(add_column)(sums, early + column * step, here, rows, width, 0, line);
          NAME(add_column)(
              sums, late + column * step, here - taps, rows, width, line + 1, rows - 1);
        }
      }
#pragma clang loop unroll(disable)
      for (long line = rows - 1; line < taps; line++) {
        const float *samples = lines[line] + start;
        const float *here = weight - line;
#pragma clang loop unroll(disable)
        for (long column = 0; column < tap_columns; column++) {
          NAME(add_column)(sums, samples, here, rows, width, 0, rows - 1);
          samples += step;
          here += taps;
        }
      }
    }
    weights += taps * tap_columns;
    lines += work->plane_lines;
  }
  NAME(store_rows)(work, sums, start, count, rows, width);
}

// The same with one plane and neighbouring columns, which the compiler then knows.
INLINE void NAME(single_plane_block)(
    const void *opaque, long start, long count, const int rows, const int width, const long taps,
    const long tap_columns) {
  const StencilRows *work = opaque;
  vector sums[NAME(most_sums)];
#pragma clang loop unroll(full)
  for (int sum = 0; sum < rows * width; sum++) sums[sum] = splat(0);
#pragma clang loop unroll(full)
  for (int line = 0; line < taps + rows - 1; line++) {
    const float *samples = work->lines[line] + start;
    // Output row r takes tap row line − r.
    const int first = line < taps ? 0 : line - (int)taps + 1;
    const int last = line < rows ? line : rows - 1;
#pragma clang loop unroll(full)
    for (int column = 0; column < tap_columns; column++) {
      NAME(add_column)(
          sums, samples + column, work->weights + column * taps + taps - 1 - line, rows, width,
          first, last);
    }
  }
  NAME(store_rows)(work, sums, start, count, rows, width);
}

INLINE bool NAME(cover_rows)(
    const StencilRows *work, const int rows, const int width, const long unrolled) {
  const float *output = work->outputs[0];
  // The most usual small kernels are straight code.
  if (unrolled > 1 && work->tap_rows == unrolled && work->tap_columns == unrolled
      && work->column_step == 1 && work->planes == 1) {
    return NAME(cover_all)(
        NAME(single_plane_block), work, output, work->count, work->readable, rows, width, unrolled,
        unrolled);
  }
  if (unrolled == 1 && work->tap_columns == 1) {
    return NAME(cover_all)(
        NAME(row_block), work, output, work->count, work->readable, rows, width, work->tap_rows, 1);
  }
  return NAME(cover_all)(
      NAME(row_block), work, output, work->count, work->readable, rows, width, work->tap_rows,
      work->tap_columns);
}

// Sums, one vector of samples or weights per row or part, and one more have to fit into registers.
static bool NAME(try_block_of_rows)(const StencilRows *work) {
  switch (work->rows) {
    case 1: return NAME(cover_rows)(work, 1, 12, 0);
    case 2: return NAME(cover_rows)(work, 2, REGISTERS == 32 ? 10 : 5, 0);
    case 3: return NAME(cover_rows)(work, 3, REGISTERS == 32 ? 7 : 3, 3);
    case 4: return NAME(cover_rows)(work, 4, REGISTERS == 32 ? 5 : 2, 0);
    case 5: return NAME(cover_rows)(work, 5, REGISTERS == 32 ? 4 : 2, 5);
    default: return NAME(cover_rows)(work, 6, REGISTERS == 32 ? 4 : 2, 1);
  }
}

static bool NAME(try_rows)(const StencilRows *work) {
  const long most = work->tap_rows < StencilMaxRows ? work->tap_rows : StencilMaxRows;
  StencilRows part = *work;
  for (long left = work->rows; left > 0; left -= part.rows) {
    part.rows = left < most ? left : most;
    // It depends on the number of columns alone, so that it fails at once or not at all.
    if (!NAME(try_block_of_rows)(&part)) return false;
    part.lines += part.rows;
    part.outputs += part.rows;
  }
  return true;
}

// Stores the rows of a block of pairs, combined or not.
INLINE void NAME(store_pairs)(
    const StencilPairs *work, vector *sums, long start, long count, const int pairs,
    const int width) {
#pragma clang loop unroll(full)
  for (int pair = 0; pair < pairs; pair++) {
#pragma clang loop unroll(full)
    for (int part = 0; part < width; part++) {
      const long place = start + part * LANES;
      const long left = count - part * LANES;
      vector even = sums[pair * width + part] + splat(work->biases[pair]);
      vector odd = sums[(pairs + pair) * width + part] + splat(work->biases[pairs + pair]);
      even = NAME(activate)(even, work->activation);
      odd = NAME(activate)(odd, work->activation);
      if (work->combines) {
        vector magnitude = __builtin_elementwise_sqrt(even * even + odd * odd);
        NAME(store_some)(work->outputs[pair] + place, magnitude, left);
      } else {
        NAME(store_some)(work->outputs[pair] + place, even, left);
        NAME(store_some)(work->outputs[pairs + pair] + place, odd, left);
      }
    }
  }
}

// Adds `taps` taps and their mirror images: what they touch is added once for all even filters and
// subtracted once for all odd ones.
INLINE const float *NAME(add_mirrored)(
    vector *sums, const float *forth, const float *back, const float *weights, long taps,
    long column_step, const int pairs, const int width) {
#pragma clang loop unroll(disable)
  for (long tap = 0; tap < taps; tap++) {
    vector added[NAME(most_sums)], taken[NAME(most_sums)];
#pragma clang loop unroll(full)
    for (int part = 0; part < width; part++) {
      vector one = load(forth + part * LANES);
      vector other = load(back + part * LANES);
      added[part] = one + other;
      taken[part] = one - other;
    }
#pragma clang loop unroll(full)
    for (int filter = 0; filter < 2 * pairs; filter++) {
      vector factor = splat(weights[filter]);
#pragma clang loop unroll(full)
      for (int part = 0; part < width; part++) {
        vector value = filter < pairs ? added[part] : taken[part];
        sums[filter * width + part] = factor * value + sums[filter * width + part];
      }
    }
    forth += column_step;
    back -= column_step;
    weights += 2 * pairs;
  }
  return weights;
}

INLINE void NAME(pair_block)(
    const void *opaque, long start, long count, const int pairs, const int width,
    const long plane_lines, const long tap_columns) {
  const StencilPairs *work = opaque;
  vector sums[NAME(most_sums)];
#pragma clang loop unroll(full)
  for (int filter = 0; filter < 2 * pairs; filter++) {
#pragma clang loop unroll(full)
    for (int part = 0; part < width; part++) {
      sums[filter * width + part] = splat(0);
    }
  }
  const float *weights = work->weights;
  const long step = work->column_step;
  const long end = start + (tap_columns - 1) * step;
  for (long plane = 0; plane < work->planes; plane++) {
    const float *const *lines = work->lines + plane * plane_lines;
    for (long line = 0; line < plane_lines / 2; line++) {
      weights = NAME(add_mirrored)(
          sums, lines[line] + start, lines[plane_lines - 1 - line] + end, weights, tap_columns,
          step, pairs, width);
    }
    if (plane_lines % 2 == 0) continue;
    const float *middle = lines[plane_lines / 2];
    weights = NAME(add_mirrored)(
        sums, middle + start, middle + end, weights, tap_columns / 2, step, pairs, width);
    if (tap_columns % 2 == 0) continue;
    // The middle tap of an odd filter is zero.
    const float *samples = middle + start + tap_columns / 2 * step;
#pragma clang loop unroll(full)
    for (int filter = 0; filter < pairs; filter++) {
      vector factor = splat(weights[filter]);
#pragma clang loop unroll(full)
      for (int part = 0; part < width; part++) {
        sums[filter * width + part] =
            factor * load(samples + part * LANES) + sums[filter * width + part];
      }
    }
    weights += 2 * pairs;
  }
  NAME(store_pairs)(work, sums, start, count, pairs, width);
}

INLINE bool NAME(cover_pairs)(const StencilPairs *work, const int pairs, const int width) {
  return NAME(cover_all)(
      NAME(pair_block), work, work->outputs[0], work->count, work->readable, pairs, width,
      work->plane_lines, work->tap_columns);
}

static bool NAME(try_pairs)(const StencilPairs *work) {
  if (work->pairs == 1) return NAME(cover_pairs)(work, 1, REGISTERS == 32 ? 8 : 3);
  return NAME(cover_pairs)(work, 2, REGISTERS == 32 ? 5 : 2);
}

// Rows shorter than a vector are left to the level with shorter ones, and at last computed number by
// number.
#if defined(NARROWER)
static void NAME(stencil_rows)(const StencilRows *work) {
  if (!NAME(try_rows)(work)) NAME_EXPAND(stencil_rows, NARROWER)(work);
}

static void NAME(stencil_pairs)(const StencilPairs *work) {
  if (!NAME(try_pairs)(work)) NAME_EXPAND(stencil_pairs, NARROWER)(work);
}
#else
static void NAME(stencil_rows)(const StencilRows *work) {
  if (!NAME(try_rows)(work)) stencil_rows_by_numbers(work);
}

static void NAME(stencil_pairs)(const StencilPairs *work) {
  if (!NAME(try_pairs)(work)) stencil_pairs_by_numbers(work);
}
#endif
