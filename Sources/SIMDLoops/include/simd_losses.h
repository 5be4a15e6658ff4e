/// Softmax, and losses with their derivatives.
#pragma once

#include <stddef.h>

/// Where the channels of neighbouring positions are: channel c of position p at c · step + p. A step of 1 is
/// for one position whose channels are neighbours.
typedef struct {
  size_t channels;
  ptrdiff_t step;
  size_t count;
} LossPositions;

/// target = eˣ / Σ eˣ over the channels of every position; the target may be the source.
void loss_softmax(LossPositions positions, const float *x, float *target);

/// target = y (g − Σ g y), the gradient of a softmax by its values; the target may be one of the sources.
void loss_softmax_gradients(
  LossPositions positions, const float *y, const float *g, float *target);

/// Σ −wₜ t log softmax(x) over channels and positions, whose gradient times `factor` is added to `gradient`
/// unless that is null. Positions whose targets are all zero do not count, whatever x is there.
///
/// `weights` has one number per channel; without it all are 1.
double loss_cross_entropy(
  LossPositions positions, const float *x, const float *t, const float *weights, float factor,
  float *gradient);

/// Losses of one number y and its target t.
typedef enum {
  /// −(parameter · t log σ(y) + (1 − t) log (1 − σ(y))).
  LOSS_BINARY_OF_LOGITS,
  /// −(parameter · t log y + (1 − t) log (1 − y)), with probabilities of at least 10⁻¹².
  LOSS_BINARY,
  /// (y − t)².
  LOSS_SQUARED,
  /// |y − t|.
  LOSS_ABSOLUTE,
  /// (y − t)²/2 where |y − t| ≤ parameter, parameter · (|y − t| − parameter/2) elsewhere.
  LOSS_HUBER,
  /// 1 − (2 t y + 1) / (y + t + 1).
  LOSS_SOFT_DICE,
} NumberLoss;

/// The sum of a loss of every number; its gradient times `factor` is added to `gradient` unless that is null.
double loss_numbers(
  NumberLoss loss, float parameter, const float *y, const float *t, float factor, float *gradient,
  size_t count);
