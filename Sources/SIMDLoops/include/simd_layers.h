/// The inner loops of layers with many channels. All sums are kept for blocks of 16 filters.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum { LAYER_IDENTITY, LAYER_RELU, LAYER_LEAKY_RELU } LayerActivation;

/// tile[r][f] (+)= Σ_i source[positions[r] + offsets[i]] · slab[i][f] for 16 values of f.
///
/// With output pixels as positions and channels × taps as offsets this is a convolution; with the two
/// exchanged it is the gradient of its kernel.
void layer_gathered_product(
  const float *source, const int32_t *positions, size_t rows, const int32_t *offsets,
  size_t count, const float *slab, float *tile, bool accumulates);

/// target[f · plane + r] = activation(tile[r][f] + bias[f]) for f < filters <= 16; bias may be null.
void layer_store_transposed(
  const float *tile, size_t rows, size_t filters, float *target, ptrdiff_t plane,
  const float *bias, LayerActivation activation, float slope);

/// slab[r][f] = source[f · plane + r] for f < filters, 0 for the rest of 16.
void layer_pack_transposed(
  const float *source, ptrdiff_t plane, size_t filters, size_t rows, float *slab);

/// Asks for `count` floats to be brought into the cache: a part of a plane is too short for the processor
/// to see where reading will go on.
void layer_prefetch(const float *source, size_t count);
