/// Steps of optimisers: every weight moves by its gradient and the state kept from earlier ones.
#pragma once

#include <stdbool.h>
#include <stddef.h>

/// How every optimiser modifies a gradient before using it: decay · w + g · scale, with that product
/// clamped to ±bound.
typedef struct {
  float scale;
  float bound;
  float decay;
} OptimizerGradient;

/// w −= rate · change, where change is the gradient; with a momentum v = momentum · v + gradient, or
/// gradient + momentum · v after Nesterov. `velocities` is not used where the momentum is 0.
void optimizer_sgd(
  float *weights, const float *gradients, float *velocities, OptimizerGradient gradient, float rate,
  float momentum, bool nesterov, size_t count);

/// s = ρ · s + (1 − ρ) g², w −= v, where v = rate · g / (√s + ε) + momentum · v. `velocities` is not used
/// where the momentum is 0.
void optimizer_rmsprop(
  float *weights, const float *gradients, float *squares, float *velocities,
  OptimizerGradient gradient, float rate, float rho, float momentum, float epsilon, size_t count);

/// The parameters of a step of Adam.
typedef struct {
  float beta1;
  float beta2;
  float epsilon;
  /// The learning rate over 1 − β₁ᵗ.
  float rate;
  /// One over √(1 − β₂ᵗ).
  float inverse;
  /// The factor that weights are multiplied by first.
  float shrink;
} AdamStep;

/// m = β₁ m + (1 − β₁) g, s = β₂ s + (1 − β₂) g², w = shrink · w − rate · m / (√s · inverse + ε).
void optimizer_adam(
  float *weights, const float *gradients, float *means, float *squares, OptimizerGradient gradient,
  AdamStep step, size_t count);
