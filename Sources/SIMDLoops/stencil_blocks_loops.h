// A block of sums stays in registers for all taps. It is several rows, or several filters,
// times a `width` of some vectors: every loaded sample serves all of the former, every weight all of
// the latter. Functions with constant arguments are inlined, so that each block is straight-line code.

enum { NAME(most_sums) = 24 };

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

// The arguments of a block function besides columns: the sizes of blocks and of the kernel.
#define BLOCK_SIZES int height, int width, long tap_rows, long tap_columns

// Covers columns with blocks `width` vectors wide as long as they fill more than half of one. A last
// block that may not read further overlaps the one before. Returns the first column not covered.
INLINE long NAME(cover)(
    NAME(block_function) * block, const void *work, long start, long count, long readable,
    BLOCK_SIZES) {
  const long columns = width * LANES;
  // The number of columns is a constant here, so that stores need no branch.
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
