// Blocks of one row of pairs of an even and an odd filter.

// Stores the rows of a block of pairs, combined or not.
INLINE void NAME(store_pairs)(
    const StencilPairs *work, vector *sums, long start, long count, const int pairs,
    const int width) {
  const LayerEpilogue epilogue = work->epilogue;
#pragma clang loop unroll(full)
  for (int pair = 0; pair < pairs; pair++) {
#pragma clang loop unroll(full)
    for (int part = 0; part < width; part++) {
      const long place = start + part * LANES;
      const long left = count - part * LANES;
      vector even = sums[pair * width + part];
      vector odd = sums[(pairs + pair) * width + part];
      if (epilogue.bias) {
        even += splat(epilogue.bias[pair]);
        odd += splat(epilogue.bias[pairs + pair]);
      }
      even = NAME(activated)(even, epilogue);
      odd = NAME(activated)(odd, epilogue);
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

// Adds `taps` taps and their mirror images: the samples are added once for all even filters and
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
