// Loops of layers: sums for blocks of 16 filters.

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

#include "simd_activation_loops.h"
#include "simd_layer_blocks_loops.h"
#include "simd_layer_copies_loops.h"

#undef VECTORS
#undef MOST_PANELS
#undef ROWS
#undef MOST_ROWS
