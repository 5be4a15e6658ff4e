// Outputs along rows are the lanes of vectors: one sample loaded serves all filters of a block, one weight
// all its vectors.

#include "simd_activation_loops.h"

// The width in vectors of a block with this many filters. Sums, the weights of one tap and one sample have
// to fit into the registers.
#define MOST_VECTORS(filters) \
  ((filters) == 1 ? (REGISTERS == 32 ? 12 : 8) : (REGISTERS == 32 ? 24 : 12) / (filters))

// Adds the contribution of one channel and tap.
INLINE void NAME(planar_tap)(
  vector *sums, const float *const *samples, ptrdiff_t offset, const float *weights,
  const int filters, const int width) {
  // Whichever of the two is fewer stays in registers.
  if (width <= filters) {
    vector values[PlanarMostFilters];
#pragma clang loop unroll(full)
    for (int v = 0; v < width; ++v) values[v] = load(samples[v] + offset);
#pragma clang loop unroll(full)
    for (int f = 0; f < filters; ++f) {
      const vector factor = splat(weights[f]);
      // Weights loaded ahead would need more registers than there are.
      __asm__ volatile("" ::: "memory");
#pragma clang loop unroll(full)
      for (int v = 0; v < width; ++v)
        sums[v * filters + f] = factor * values[v] + sums[v * filters + f];
    }
  } else {
    vector factors[PlanarMostFilters];
#pragma clang loop unroll(full)
    for (int f = 0; f < filters; ++f) factors[f] = splat(weights[f]);
#pragma clang loop unroll(full)
    for (int v = 0; v < width; ++v) {
      const vector value = load(samples[v] + offset);
#pragma clang loop unroll(full)
      for (int f = 0; f < filters; ++f)
        sums[v * filters + f] = factors[f] * value + sums[v * filters + f];
    }
  }
}

INLINE void NAME(planar_block)(
  const PlanarSums *work, const int32_t *positions, const int32_t *outputs, const int filters,
  const int width) {
  vector sums[24];
  const float *samples[12];
#pragma clang loop unroll(full)
  for (int v = 0; v < width; ++v) {
    samples[v] = work->source + positions[v];
#pragma clang loop unroll(full)
    for (int f = 0; f < filters; ++f)
      sums[v * filters + f] = splat(0);
  }
  const float *weights = work->weights;
  const size_t count = work->count;
  const int32_t *offsets = work->offsets;
  size_t index = 0;
  // Prefetching takes time, and blocks of few multiply-adds have none to spare.
  if (filters >= 4 && width <= 4) {
    const float *following = work->following;
    const int32_t *asked = work->following_offsets;
    for (; index < work->asked; ++index) {
      __builtin_prefetch(following + asked[index], 0, 2);
      NAME(planar_tap)(sums, samples, offsets[index], weights + index * filters, filters, width);
    }
  }
  for (; index < count; ++index)
    NAME(planar_tap)(sums, samples, offsets[index], weights + index * filters, filters, width);
#pragma clang loop unroll(full)
  for (int f = 0; f < filters; ++f) {
    const vector bias = splat(work->epilogue.bias ? work->epilogue.bias[f] : 0);
#pragma clang loop unroll(full)
    for (int v = 0; v < width; ++v)
      sums[v * filters + f] = NAME(activated)(sums[v * filters + f] + bias, work->epilogue);
  }
  if (filters % 2 == 0 && work->combines) {
#pragma clang loop unroll(full)
    for (int f = 0; f < filters; f += 2)
#pragma clang loop unroll(full)
      for (int v = 0; v < width; ++v) {
        const vector even = sums[v * filters + f], odd = sums[v * filters + f + 1];
        store(
          work->target + f / 2 * work->plane + outputs[v],
          __builtin_elementwise_sqrt(even * even + odd * odd));
      }
    return;
  }
#pragma clang loop unroll(full)
  for (int f = 0; f < filters; ++f)
#pragma clang loop unroll(full)
    for (int v = 0; v < width; ++v)
      store(work->target + f * work->plane + outputs[v], sums[v * filters + f]);
}

#define UP_TO_TWELVE(CASE) \
  CASE(1) CASE(2) CASE(3) CASE(4) CASE(5) CASE(6) CASE(7) CASE(8) CASE(9) CASE(10) CASE(11) CASE(12)

// Blocks of equal size: a short last one would leave the multipliers waiting for sums.
#define BLOCK(n)                                                                      \
  case n:                                                                             \
    if (n <= MOST_VECTORS(filters))                                                   \
      NAME(planar_block)(work, positions, outputs, filters, n);                       \
    break;

INLINE void NAME(planar_filters)(const PlanarSums *work, const int filters) {
  const int32_t *positions = work->positions, *outputs = work->outputs;
  const size_t most = MOST_VECTORS(filters);
  if (work->vectors == 0) return;
  const size_t blocks = (work->vectors + most - 1) / most;
  const size_t narrow = work->vectors / blocks, wider = work->vectors % blocks;
  for (size_t block = 0; block < blocks; ++block) {
    const size_t width = narrow + (block < wider);
    switch (width) {
      UP_TO_TWELVE(BLOCK)
    }
    positions += width;
    outputs += width;
  }
}
#undef BLOCK
#undef MOST_VECTORS

static void NAME(planar_sums)(const PlanarSums *work) {
  switch (work->filters) {
    case 1: NAME(planar_filters)(work, 1); break;
    case 2: NAME(planar_filters)(work, 2); break;
    case 3: NAME(planar_filters)(work, 3); break;
    case 4: NAME(planar_filters)(work, 4); break;
    case 5: NAME(planar_filters)(work, 5); break;
    case 6: NAME(planar_filters)(work, 6); break;
    case 7: NAME(planar_filters)(work, 7); break;
    case 8: NAME(planar_filters)(work, 8); break;
  }
}

// Read from element n on: the last n lanes are set.
static const int NAME(lane_masks)[2 * LANES] = {
#if LANES == 16
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1
#elif LANES == 8
  0, 0, 0, 0, 0, 0, 0, 0, -1, -1, -1, -1, -1, -1, -1, -1
#else
  0, 0, 0, 0, -1, -1, -1, -1
#endif
};

INLINE void NAME(planar_products_block)(
  const float *gradient, const ptrdiff_t *gradientRows, const float *source,
  const ptrdiff_t *sourceRows, size_t rows, size_t columns, const int32_t *offsets,
  const int taps, float *sums) {
  vector products[12];
  float rest[12];
#pragma clang loop unroll(full)
  for (int tap = 0; tap < taps; ++tap) {
    products[tap] = splat(0);
    rest[tap] = 0;
  }
  for (size_t row = 0; row < rows; ++row) {
    const float *line = gradient + gradientRows[row];
    const float *samples = source + sourceRows[row];
    size_t column = 0;
    for (; column + LANES <= columns; column += LANES) {
      const vector factor = load(line + column);
#pragma clang loop unroll(full)
      for (int tap = 0; tap < taps; ++tap)
        products[tap] += factor * load(samples + offsets[tap] + column);
    }
    if (column < columns && columns >= LANES) {
      // The last vector overlaps the one before: what was counted before counts as zero.
      const int_vector kept =
        (int_vector)load((const float *)(NAME(lane_masks) + (columns - column)));
      column = columns - LANES;
      const vector factor = (vector)(kept & (int_vector)load(line + column));
#pragma clang loop unroll(full)
      for (int tap = 0; tap < taps; ++tap)
        products[tap] += factor * load(samples + offsets[tap] + column);
      column = columns;
    }
    for (; column < columns; ++column)
      for (int tap = 0; tap < taps; ++tap)
        rest[tap] += line[column] * samples[offsets[tap] + (ptrdiff_t)column];
  }
#pragma clang loop unroll(full)
  for (int tap = 0; tap < taps; ++tap) {
    float sum = rest[tap];
    for (int lane = 0; lane < LANES; ++lane) sum += products[tap][lane];
    sums[tap] += sum;
  }
}

static void NAME(planar_products)(
  const float *gradient, const ptrdiff_t *gradientRows, const float *source,
  const ptrdiff_t *sourceRows, size_t rows, size_t columns, const int32_t *offsets, size_t taps,
  float *sums) {
  while (taps > 0) {
    const size_t blocks = (taps + 11) / 12;
    const size_t block = (taps + blocks - 1) / blocks;
#define BLOCK(n)                                                                                  \
  case n:                                                                                         \
    NAME(planar_products_block)                                                                      \
    (gradient, gradientRows, source, sourceRows, rows, columns, offsets, n, sums);                \
    break;
    switch (block) {
      UP_TO_TWELVE(BLOCK)
    }
#undef BLOCK
    offsets += block;
    sums += block;
    taps -= block;
  }
}

#undef UP_TO_TWELVE

#include "simd_planes_loops.h"
