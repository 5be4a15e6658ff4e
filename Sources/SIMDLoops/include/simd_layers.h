/// The inner loops of layers with many channels. All sums are kept for blocks of 16 filters.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "simd_epilogue.h"

/// tile[p · tile_step + r · pitch + f] (+)= Σ_i source[positions[r] + offsets[i]] · slab[p · slab_step + 16 i + f]
/// for `rows` of r, `count` of i, `panels` of p and 16 values of f.
///
/// With output pixels as positions and channels × taps as offsets this is a convolution; with the two
/// exchanged it is the gradient of its kernel. With rows of a matrix as positions it is a product of
/// matrices.
typedef struct {
  const float *source;
  const int32_t *positions;
  size_t rows;
  const int32_t *offsets;
  size_t count;
  const float *slab;
  ptrdiff_t slab_step;
  size_t panels;
  float *tile;
  ptrdiff_t tile_step;
  ptrdiff_t pitch;
  /// Whether sums are added to what is in the tile.
  bool accumulates;
  /// Whether only the first 8 of the last panel's 16 values are needed. The others are unspecified.
  bool halves_last;
  /// A slab like this one that will be read next and may not be in cache: it is prefetched. May be null.
  const float *following;
} LayerProducts;

void layer_gathered_products(const LayerProducts *work);

/// target[f · plane + r] = activation(tile[r][f] + bias[f]) for f < filters <= 16.
void layer_store_transposed(
  const float *tile, size_t rows, size_t filters, float *target, ptrdiff_t plane,
  LayerEpilogue epilogue);

/// slab[r][f] = source[f · plane + r] for f < filters, 0 for the rest of 16.
///
/// `following` is the distance from these rows to others that will be packed soon and are prefetched; 0 if
/// there are none.
void layer_pack_transposed(
  const float *source, ptrdiff_t plane, size_t filters, size_t rows, float *slab,
  ptrdiff_t following);

/// Columns of a matrix in panels of 16: panel[p · pitch + i · 16 + c] = source[i · leading + 16 p + c] for
/// i < rows and all 16 p + c < columns; the rest of the last panel is zero.
void layer_pack_columns(
  const float *source, ptrdiff_t leading, size_t rows, size_t columns, float *panels,
  ptrdiff_t pitch);

/// One row of a block that is copied from an image.
typedef struct {
  /// The offset of the row in the block.
  ptrdiff_t target;
  /// The offset of the image's row; negative for a row of the constant.
  ptrdiff_t source;
} LayerRow;

/// The columns of such a block.
typedef struct {
  /// The offset of each column in the image's row; negative for the constant.
  const ptrdiff_t *sources;
  size_t count;
  /// The columns whose samples are neighbours in the image too: `inside` of them from `first` on.
  size_t first, inside;
  /// The constant.
  float fill;
  /// Columns this far apart become neighbours: column c is the one at c % step · step_length + c / step.
  size_t step;
  ptrdiff_t step_length;
} LayerColumns;

/// Planes whose blocks are copied.
typedef struct {
  size_t count;
  /// From one image to the next, and from one block to the next.
  ptrdiff_t image_step, block_step;
  /// The first `asking` planes prefetch the rows of the plane `ahead` planes later, since parts of
  /// planes are too short for the processor's own prefetching.
  size_t asking, ahead;
} LayerPlanes;

/// Copies the rows of every plane's block.
void layer_copy_rows(
  const float *image, const LayerPlanes *planes, const LayerRow *rows, size_t count,
  const LayerColumns *columns, float *block);
