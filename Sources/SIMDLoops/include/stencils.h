/// Correlations of single-precision rows with small kernels, register by register.
///
/// The image is seen as lines: one pointer per line that some tap row touches, so that borders,
/// volumes, channels and dilated kernels are all a matter of which pointers are given.
#pragma once

#include <stdbool.h>

/// The most output rows that are computed together; also at most the number of rows of taps.
enum { StencilMaxRows = 6 };

/// The most even-odd pairs of filters that are computed together.
enum { StencilMaxPairs = 2 };

/// The activation of a sum before it is stored.
typedef struct {
  /// The factor of outputs below zero, after the bias is added: 1 leaves them unchanged, 0 is ReLU.
  float slope;
  /// Whether the slope is 1, so that outputs are unchanged.
  bool is_linear;
} StencilActivation;

/// Some neighbouring output rows of one filter.
typedef struct {
  /// For each plane `rows` + `tap_rows` − 1 lines: pointers to the sample under tap column 0 of output
  /// column 0. Output row r reads the lines r ..< r + `tap_rows` of each plane.
  const float *const *lines;
  /// From a plane's first line to that of the next.
  long plane_lines;
  /// `planes` × `tap_columns` × `tap_rows`, each column of taps from its last row to its first.
  const float *weights;
  /// Pointers to the `rows` output rows.
  float *const *outputs;
  long planes, tap_rows, tap_columns;
  /// From one tap column to the next, in samples.
  long column_step;
  /// Any number; as many as the registers hold are computed together.
  long rows;
  /// Output columns.
  long count;
  /// The number of output columns, at least `count`, for which there are samples to read.
  long readable;
  /// Added to every output.
  float bias;
  StencilActivation activation;
} StencilRows;

/// outputs[r][x] = activation(bias + Σ weights[p][c][tap_rows − 1 − k] · lines[p][r + k][x + c · column_step]).
void stencil_rows(const StencilRows *work);

/// One output row of pairs of filters, one of each even about the kernel's centre, one odd.
typedef struct {
  /// `planes` × `plane_lines` lines; each plane's taps are even or odd about the plane's centre.
  const float *const *lines;
  /// Per plane, the first half of its taps in row-major order, and the middle tap if there is one;
  /// per tap the weights of the even filters, then those of the odd ones.
  const float *weights;
  /// The even filters' rows, then the odd ones'; with `combines`, the pairs' rows.
  float *const *outputs;
  /// One number per output row, before pairs are combined; in the order of even and odd filters.
  const float *biases;
  long planes, plane_lines, tap_columns, column_step;
  /// 1 … StencilMaxPairs.
  long pairs;
  long count, readable;
  StencilActivation activation;
  /// Whether √(even² + odd²) is stored in place of the two.
  bool combines;
} StencilPairs;

/// The even and the odd filters' outputs of one row, or their magnitudes.
void stencil_pairs(const StencilPairs *work);
