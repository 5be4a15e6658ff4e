#include "simd_optimizers.h"

#define LOOPS "simd_optimizers_loops.h"
#include "for_each_level.h"

void optimizer_sgd(
  float *weights, const float *gradients, float *velocities, OptimizerGradient gradient, float rate,
  float momentum, bool nesterov, size_t count) {
  DISPATCH(
    optimizer_sgd, weights, gradients, velocities, gradient, rate, momentum, nesterov, count);
}

void optimizer_rmsprop(
  float *weights, const float *gradients, float *squares, float *velocities,
  OptimizerGradient gradient, float rate, float rho, float momentum, float epsilon, size_t count) {
  DISPATCH(
    optimizer_rmsprop, weights, gradients, squares, velocities, gradient, rate, rho, momentum,
    epsilon, count);
}

void optimizer_adam(
  float *weights, const float *gradients, float *means, float *squares, OptimizerGradient gradient,
  AdamStep step, size_t count) {
  DISPATCH(optimizer_adam, weights, gradients, means, squares, gradient, step, count);
}
