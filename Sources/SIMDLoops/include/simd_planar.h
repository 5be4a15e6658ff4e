/// The inner loops of layers whose groups have few filters, above all depthwise layers: neighbouring
/// outputs of a row are the lanes of vectors.

#pragma once

#include <stddef.h>
#include <stdint.h>

#include "simd_layers.h"

/// The most filters that are summed together.
enum { PlanarMostFilters = 8 };

/// Sums of some filters at some vectors of neighbouring outputs.
typedef struct {
  const float *source;
  /// The offset in `source` of the first sample under each vector.
  const int32_t *positions;
  /// The offset of each vector of outputs in a filter's plane.
  const int32_t *outputs;
  size_t vectors;
  /// The offset of the sample under each channel and tap, relative to the first.
  const int32_t *offsets;
  size_t count;
  /// `[count][filters]`.
  const float *weights;
  /// 1 … PlanarMostFilters.
  size_t filters;
  float *target;
  /// From one filter's plane to the next.
  ptrdiff_t plane;
  LayerEpilogue epilogue;
  /// Whether √(a² + b²) of neighbouring filters' outputs is stored in place of the two, in half as many planes;
  /// `filters` is even then.
  bool combines;
  /// Samples that will be read later and may not be in cache, at `asked` ≤ `count` offsets: they are
  /// prefetched.
  const float *following;
  const int32_t *following_offsets;
  size_t asked;
} PlanarSums;

/// target[f · plane + outputs[v] + l] = activation(bias[f] + Σ_i source[positions[v] + offsets[i] + l] ·
/// weights[i][f]) for all lanes l of a vector.
void planar_sums(const PlanarSums *work);

/// sums[t] += Σ_r Σ_x gradient[gradientRows[r] + x] · source[sourceRows[r] + offsets[t] + x] for
/// x < columns.
void planar_products(
  const float *gradient, const ptrdiff_t *gradientRows, const float *source,
  const ptrdiff_t *sourceRows, size_t rows, size_t columns, const int32_t *offsets, size_t taps,
  float *sums);

/// A plane of samples under 3 × 3 taps, with zeros beyond its edges: there are as many outputs as samples.
typedef struct {
  const float *source;
  size_t rows, columns;
  /// The rows of outputs to compute: `first` ..< `end`.
  size_t first, end;
  /// Row by row.
  const float *weights;
  float *target;
  /// Its bias is one number.
  LayerEpilogue epilogue;
} PlanarPlane;

/// target[y][x] = activation(bias + Σ_s Σ_t weights[s][t] · source[y + s − 1][x + t − 1]).
void planar_plane(const PlanarPlane *work);

/// sums[s][t] += Σ_y Σ_x gradient[y][x] · source[y + s − 1][x + t − 1], with zeros beyond the source's edges.
void planar_plane_products(
  const float *gradient, const float *source, size_t rows, size_t columns, float *sums);
