#include "simd_layers.h"

// Eight floats, whatever the width of the level's vectors: the rows of a block to transpose.
typedef float eight __attribute__((vector_size(32), aligned(4), may_alias));
// Half of them, as they are loaded.
typedef float four __attribute__((vector_size(16), aligned(4), may_alias));

#define LOOPS "simd_layers_loops.h"
#include "for_each_level.h"

void layer_gathered_products(const LayerProducts *work) { DISPATCH(gathered_products, work); }

void layer_store_transposed(
  const float *tile, size_t rows, size_t filters, float *target, ptrdiff_t plane,
  LayerEpilogue epilogue) {
  DISPATCH(store_transposed, tile, rows, filters, target, plane, epilogue);
}

void layer_pack_transposed(
  const float *source, ptrdiff_t plane, size_t filters, size_t rows, float *slab,
  ptrdiff_t following) {
  DISPATCH(pack_transposed, source, plane, filters, rows, slab, following);
}

void layer_pack_columns(
  const float *source, ptrdiff_t leading, size_t rows, size_t columns, float *panels,
  ptrdiff_t pitch) {
  DISPATCH(pack_columns, source, leading, rows, columns, panels, pitch);
}

void layer_copy_rows(
  const float *image, const LayerPlanes *planes, const LayerRow *rows, size_t count,
  const LayerColumns *columns, float *block) {
  DISPATCH(copy_rows, image, planes, rows, count, columns, block);
}
