/// Images sampled at positions between their samples.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// The kernels of four taps per axis.
typedef enum __attribute__((enum_extensibility(closed))) {
  /// The cubic B-spline; the samples are its coefficients.
  ResamplingSpline = 0,
  /// Catmull and Rom's cubic.
  ResamplingCatmullRom = 1,
} ResamplingCubic;

/// to[i] = the image [y, x] at (y[i], x[i]), linearly; all samples used are inside: 0 <= y[i] and
/// y[i] + 1 < rows, and so for x. `row` is the distance between rows; the image has less than 2^31 samples.
void resample_linear_2d(
  const float *image, ptrdiff_t row, const double *y, const double *x, size_t count, float *to);

/// The same for a volume [z, y, x] with planes `plane` apart.
void resample_linear_3d(
  const float *image, ptrdiff_t plane, ptrdiff_t row, const double *z, const double *y,
  const double *x, size_t count, float *to);

/// to[i] = the image at (y[i], x[i]) by four taps per axis, 1 before and 2 after, all inside.
void resample_cubic_2d(
  const float *image, ptrdiff_t row, const double *y, const double *x, size_t count,
  ResamplingCubic kernel, float *to);

/// The same for a volume [z, y, x].
void resample_cubic_3d(
  const float *image, ptrdiff_t plane, ptrdiff_t row, const double *z, const double *y,
  const double *x, size_t count, ResamplingCubic kernel, float *to);

/// to[i] = Σ_t weights[t] · from[t · distance + i] for 0 <= i < count and t < taps.
void resample_rows(
  const float *from, ptrdiff_t distance, const float *weights, size_t taps, size_t count,
  float *to);

/// to[i] = Σ_t weights[t · count + i] · from[starts[i] + t] for 0 <= i < count and t < taps, where
/// `from` has `extent` samples and `starts` do not descend.
void resample_along(
  const float *from, size_t extent, const int32_t *starts, const float *weights, size_t taps,
  size_t count, float *to);

/// How many of `count` positions, from the first on, are inside low[a] <= p < high[a] along all axes,
/// or with `inside` false, how many are not. Positions of axis a begin at positions[a · distance].
size_t resample_run(
  const double *positions, size_t distance, size_t axes, const double *low, const double *high,
  size_t count, bool inside);

/// to[i] = start + step · i for 0 <= i < count.
void resample_positions(double start, double step, size_t count, double *to);
