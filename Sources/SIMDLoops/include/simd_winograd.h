/// The transforms of Winograd's minimal filtering for blocks of 16 channels or filters, with tiles of
/// 6 × 6 samples, F(4 × 4, 3 × 3) and F(2 × 2, 5 × 5); of 8 × 8, F(4 × 4, 5 × 5); and those with outputs and
/// taps exchanged.
///
/// The interpolation points are 0, infinity, and ±5/8, ±3/2 or ±1/2, ±1, ±2: all factors of the input's
/// transform are exact in binary. Of all points on a grid of eighths these have the smallest rounding
/// errors, or nearly so; with ±1, ±2 alone they would be several times as large.
/// Where only half of a block is needed, the other 8 values are unspecified.
/// Lavin and Gray: "Fast Algorithms for Convolutional Neural Networks", CVPR 2016.
#pragma once

#include <stdbool.h>
#include <stddef.h>

/// The side × side samples under each of `tiles` neighbouring tiles of outputs × outputs, transformed.
///
/// `source` holds pixels of 16 floats, rows `row` floats apart. Entry ξ of tile t goes to
/// target[ξ · plane + t · step].
void winograd_input(
  const float *source, ptrdiff_t row, size_t tiles, int side, int outputs, bool half,
  float *target, ptrdiff_t plane, ptrdiff_t step);

/// count × count values of each tile, transformed: kernels of 3 or 5 taps a side, or gradients of 4
/// or 2 outputs a side. Kernels include the scale factors of the interpolation.
///
/// Tile t starts at source[t · step], its rows are `row` floats apart. Entry ξ goes to
/// target[ξ · plane + t · 16].
void winograd_evaluate(
  const float *source, ptrdiff_t row, ptrdiff_t step, size_t tiles, int side, int count,
  bool half, float *target, ptrdiff_t plane);

/// The adjoint of `winograd_evaluate`: count × count outputs or taps of each tile from side² sums.
void winograd_interpolate(
  const float *entries, ptrdiff_t plane, size_t tiles, int side, int count, bool half,
  float *target, ptrdiff_t row, ptrdiff_t step);
