/// The transforms of Winograd's minimal filtering F(4 × 4, 3 × 3) for blocks of 16 channels or filters.
///
/// The interpolation points are 0, ±5/8, ±3/2 and infinity: all factors of the input's transform are
/// exact in binary, and rounding errors are about six times smaller than with 0, ±1, ±2.
/// Lavin and Gray: "Fast Algorithms for Convolutional Neural Networks", CVPR 2016.
#pragma once

#include <stddef.h>

/// The 6 × 6 samples under each of `tiles` neighbouring tiles, transformed.
///
/// `source` holds pixels of 16 floats, rows `row` floats apart; neighbouring tiles are 4 pixels apart.
/// Entry ξ of tile t goes to target[ξ · plane + t · step].
void winograd_input(
  const float *source, ptrdiff_t row, size_t tiles, float *target, ptrdiff_t plane,
  ptrdiff_t step);

/// The 4 × 4 outputs of each of `tiles` neighbouring tiles from 36 products.
///
/// Entry ξ of tile t comes from products[ξ · plane + t · 16]; `target` holds pixels of 16 floats.
void winograd_output(
  const float *products, ptrdiff_t plane, size_t tiles, float *target, ptrdiff_t row);

/// `count` kernels of 3 × 3 taps of 16 floats each, transformed: target[ξ · plane + i · 16].
///
/// Kernel i starts at source[i · step].
void winograd_kernel(
  const float *source, ptrdiff_t step, size_t count, float *target, ptrdiff_t plane);

/// The 4 × 4 output gradients of each of `tiles` neighbouring tiles, transformed.
///
/// Entry ξ of tile t goes to target[ξ · plane + t · 16].
void winograd_gradient(
  const float *source, ptrdiff_t row, size_t tiles, float *target, ptrdiff_t plane);

/// `count` kernel gradients of 3 × 3 taps of 16 floats each from 36 sums.
///
/// Entry ξ of gradient i comes from sums[ξ · plane + i · 16]; gradient i starts at target[i · step].
void winograd_kernel_gradient(
  const float *sums, ptrdiff_t plane, size_t count, float *target, ptrdiff_t step);
