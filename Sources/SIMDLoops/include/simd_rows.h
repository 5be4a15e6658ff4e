/// Sums over rows, and functions of every value of a row: the layers between convolutions.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "simd_layers.h"

/// Σ x.
double row_sum(const float *x, size_t count);

/// Σ (x − mean)².
double row_squares(const float *x, float mean, size_t count);

/// Σ g (x − mean).
double row_product(const float *g, const float *x, float mean, size_t count);

/// target = activation(factor · x + offset); the target may be the source.
void row_scale(
  const float *x, float factor, float offset, LayerActivation activation, float slope, float *target,
  size_t count);

/// target = factor · (g + offset + slope · (x − mean)); the target may be one of the sources.
void row_combine(
  const float *g, const float *x, float factor, float offset, float slope, float mean, float *target,
  size_t count);

/// target = activation(x + y); the target may be one of the sources.
void row_add(
  const float *x, const float *y, LayerActivation activation, float slope, float *target,
  size_t count);

/// target = g where y > 0 and slope · g elsewhere; the target may be one of the sources.
void row_rectifier_gradient(
  const float *y, const float *g, float slope, float *target, size_t count);

/// target = √(x² + y²); the target may be one of the sources.
void row_magnitude(const float *x, const float *y, float *target, size_t count);

/// The gradient of magnitudes: targets = g · x / √(x² + y²) and g · y / √(x² + y²), and 0 where x and y are 0.
void row_magnitude_gradient(
  const float *x, const float *y, const float *g, float *target_x, float *target_y, size_t count);

/// The largest values of adjacent windows of 2 × 2; of equal ones the first counts.
///
/// `places` receives the index of each, where `upper` starts at `first` and `lower` at `second`; it may be null.
void row_quarters(
  const float *upper, const float *lower, int32_t first, int32_t second, float *target,
  int32_t *places, size_t count);
