#include "simd_losses.h"

#define REGISTERS_IN_VECTOR 2
#define LOOPS "simd_losses_loops.h"
#include "for_each_level.h"

void loss_softmax(LossPositions positions, const float *x, float *target) {
  DISPATCH(loss_softmax, positions, x, target);
}

void loss_softmax_gradients(
  LossPositions positions, const float *y, const float *g, float *target) {
  DISPATCH(loss_softmax_gradients, positions, y, g, target);
}

double loss_cross_entropy(
  LossPositions positions, const float *x, const float *t, const float *weights, float factor,
  float *gradient) {
  DISPATCH(loss_cross_entropy, positions, x, t, weights, factor, gradient);
}

double loss_numbers(
  NumberLoss loss, float parameter, const float *y, const float *t, float factor, float *gradient,
  size_t count) {
  DISPATCH(loss_numbers, loss, parameter, y, t, factor, gradient, count);
}
