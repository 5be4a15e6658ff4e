// Blocks of rows of one filter.

// Adds to the rows first … last of `rows` the contribution of a line through one tap column. `weights` is
// that of row 0; those of the following rows follow.
INLINE void NAME(add_column)(
    vector *sums, const float *samples, const float *weights, const int rows, const int width,
    const int first, const int last) {
  // Whichever of samples and weights needs fewer registers is kept there. The loops count to constants and
  // skip rows inside, since only such loops are unrolled.
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

#if LANES == 16
INLINE int_vector NAME(counted_lanes)(int first) {
  int_vector lanes;
  for (int lane = 0; lane < LANES; lane++) lanes[lane] = lane;
  return lanes + first;
}

// The lanes of two vectors that `lanes` names, those of the second from LANES on.
INLINE vector NAME(joined)(vector first, vector second, int_vector lanes) {
  return (vector)_mm512_permutex2var_ps((__m512)first, (__m512i)lanes, (__m512)second);
}
#endif

// One row of neighbouring taps. The taps c, c + LANES, c + 2 · LANES, … share all but the first of the
// vectors they need, which matters here: with one row, loads limit the speed. Only as many of
// them are taken together as their weights fit into registers beside the sums.
enum { NAME(most_groups) = REGISTERS == 32 ? 6 : 2 };

// Adds the contribution of one sample per lane through the taps that reach it: VALUE is the vector `part` of the
// samples under tap column `column`.
#define ADD_TAPS(column, groups, VALUE)                                             \
  do {                                                                              \
    vector factors[NAME(most_groups)];                                              \
    _Pragma("clang loop unroll(full)") for (int group = 0; group < (groups); group++) \
      factors[group] = splat(weights[(column) + group * LANES]);                    \
    _Pragma("clang loop unroll(full)") for (int part = 0; part < width + (groups)-1; part++) { \
      const vector value = VALUE;                                                   \
      _Pragma("clang loop unroll(full)") for (int group = 0; group < (groups); group++) { \
        const int sum = part - group;                                               \
        if (sum >= 0 && sum < width) sums[sum] = factors[group] * value + sums[sum]; \
      }                                                                             \
    }                                                                               \
  } while (0)

// At most `groups` · LANES taps and more than one group less.
INLINE void NAME(add_groups)(
    vector *sums, const float *line, const float *weights, const long taps, const int width,
    const int groups) {
  const int fewer = groups > 1 ? groups - 1 : 1;
  const long whole = taps - (groups - 1) * LANES;
#pragma clang loop unroll(disable)
  for (long column = 0; column < whole; column++) {
    ADD_TAPS(column, groups, load(line + column + part * LANES));
  }
  if (groups == 1) return;
#pragma clang loop unroll(disable)
  for (long column = whole; column < LANES; column++) {
    ADD_TAPS(column, fewer, load(line + column + part * LANES));
  }
}

#if LANES == 16
// The same for up to two groups. All but one in sixteen loads of such vectors cross cache lines and so
// take twice as long; half of the vectors are put together from aligned ones instead.
INLINE void NAME(add_few_groups)(
    vector *sums, const float *line, const float *weights, const long taps, const int width,
    const int groups) {
  const int fewer = groups > 1 ? groups - 1 : 1;
  const long whole = taps - (groups - 1) * LANES;
#define JOINED                                                            \
  ({                                                                      \
    const vector behind = load(aligned + (part + 1) * LANES);             \
    const vector both = NAME(joined)(before, behind, lanes);              \
    before = behind;                                                      \
    both;                                                                 \
  })
#pragma clang loop unroll(full)
  for (int column = 0; column < LANES; column++) {
    const float *samples = line + column;
    if (column >= whole && groups == 1) break;
    if (column % 2 == 1) {
      // From 1 to LANES: each of the aligned vectors then holds a sample of the row, so that its memory is there.
      const long beyond = (long)(((unsigned long)samples / sizeof(float) - 1) % LANES) + 1;
      const int_vector lanes = NAME(counted_lanes)((int)beyond);
      const float *aligned = samples - beyond;
      vector before = load(aligned);
      if (column < whole) ADD_TAPS(column, groups, JOINED);
      else ADD_TAPS(column, fewer, JOINED);
    } else if (column < whole) {
      ADD_TAPS(column, groups, load(samples + part * LANES));
    } else {
      ADD_TAPS(column, fewer, load(samples + part * LANES));
    }
  }
#undef JOINED
}
#endif
#undef ADD_TAPS

// All taps of a row.
INLINE void NAME(add_long_line)(
    vector *sums, const float *line, const float *weights, long taps, const int width) {
  const long most = NAME(most_groups) * LANES;
  for (; taps > most; taps -= most) {
    NAME(add_groups)(sums, line, weights, most, width, NAME(most_groups));
    line += most;
    weights += most;
  }
#if LANES == 16
  if (width > 4 && taps <= LANES) return NAME(add_few_groups)(sums, line, weights, taps, width, 1);
  if (width > 4 && taps <= 2 * LANES) {
    return NAME(add_few_groups)(sums, line, weights, taps, width, 2);
  }
#endif
  switch ((taps + LANES - 1) / LANES) {
    case 1: NAME(add_groups)(sums, line, weights, taps, width, 1); break;
    case 2: NAME(add_groups)(sums, line, weights, taps, width, 2); break;
#if REGISTERS == 32
    case 3: NAME(add_groups)(sums, line, weights, taps, width, 3); break;
    case 4: NAME(add_groups)(sums, line, weights, taps, width, 4); break;
    case 5: NAME(add_groups)(sums, line, weights, taps, width, 5); break;
    default: NAME(add_groups)(sums, line, weights, taps, width, 6); break;
#endif
  }
}

INLINE void NAME(store_rows)(
    const StencilRows *work, vector *sums, long start, long count, const int rows,
    const int width) {
  // Read before anything is stored, and branched on once: the compiler must assume that stores change
  // what `work` points to.
  const LayerEpilogue epilogue = work->epilogue;
  float *outputs[StencilMaxRows];
#pragma clang loop unroll(full)
  for (int row = 0; row < rows; row++) outputs[row] = work->outputs[row] + start;
  // Most filters have no bias, and this addition takes almost as long as a sum of few multiply-adds.
  if (epilogue.bias) {
    const vector bias = splat(*epilogue.bias);
#pragma clang loop unroll(full)
    for (int sum = 0; sum < rows * width; sum++) sums[sum] += bias;
  }
  if (epilogue.activation != LAYER_IDENTITY) {
#pragma clang loop unroll(full)
    for (int sum = 0; sum < rows * width; sum++) sums[sum] = NAME(activated)(sums[sum], epilogue);
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
      const float *line = lines[0] + start;
      // Prefetched early enough for memory to deliver in time.
      if (work->planes == 1) {
#pragma clang loop unroll(full)
        for (int part = 0; part < width; part++) {
          __builtin_prefetch(line + 768 + part * LANES, 0, 3);
        }
      }
      NAME(add_long_line)(sums, line, weights, tap_columns, width);
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

// The same with one plane and neighbouring columns, known at compile time.
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
  // Single rows are stored too rarely for their alignment to cache lines to matter.
  const float *output = rows == 1 ? (const float *)0 : work->outputs[0];
  // The most common small kernels are straight-line code.
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
