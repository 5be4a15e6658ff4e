// Copies of boxes of the input for many channels, with the samples beyond its edges.

// One row whose columns are sorted by their remainders.
INLINE void NAME(copy_steps)(const float *source, const LayerColumns *columns, float *target) {
  const size_t count = columns->count, step = columns->step;
  const size_t first = columns->first, last = columns->first + columns->inside;
  const ptrdiff_t *sources = columns->sources;
  // The address that column 0's sample would have.
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
