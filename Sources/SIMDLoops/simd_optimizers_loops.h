#include "each_vector.h"

INLINE vector NAME(used_gradient)(vector g, vector weight, OptimizerGradient gradient) {
  const vector bound = splat(gradient.bound);
  g *= gradient.scale;
  g = choose(g > bound, bound, choose(g < -bound, -bound, g));
  return g + gradient.decay * weight;
}

static void NAME(optimizer_sgd)(
  float *weights, const float *gradients, float *velocities, OptimizerGradient gradient, float rate,
  float momentum, bool nesterov, size_t count) {
  EACH_VECTOR({
    const vector weight = GET(weights);
    vector change = NAME(used_gradient)(GET(gradients), weight, gradient);
    if (momentum != 0) {
      const vector velocity = momentum * GET(velocities) + change;
      SET(velocities, velocity);
      change = nesterov ? change + momentum * velocity : velocity;
    }
    SET(weights, weight - rate * change);
  })
}

static void NAME(optimizer_rmsprop)(
  float *weights, const float *gradients, float *squares, float *velocities,
  OptimizerGradient gradient, float rate, float rho, float momentum, float epsilon, size_t count) {
  EACH_VECTOR({
    const vector weight = GET(weights);
    const vector g = NAME(used_gradient)(GET(gradients), weight, gradient);
    const vector square = rho * GET(squares) + (1 - rho) * g * g;
    SET(squares, square);
    vector change = rate * g / (__builtin_elementwise_sqrt(square) + epsilon);
    if (momentum != 0) {
      change += momentum * GET(velocities);
      SET(velocities, change);
    }
    SET(weights, weight - change);
  })
}

static void NAME(optimizer_adam)(
  float *weights, const float *gradients, float *means, float *squares, OptimizerGradient gradient,
  AdamStep step, size_t count) {
  EACH_VECTOR({
    const vector weight = GET(weights);
    const vector g = NAME(used_gradient)(GET(gradients), weight, gradient);
    const vector mean = step.beta1 * GET(means) + (1 - step.beta1) * g;
    const vector square = step.beta2 * GET(squares) + (1 - step.beta2) * g * g;
    SET(means, mean);
    SET(squares, square);
    const vector size = __builtin_elementwise_sqrt(square) * step.inverse + step.epsilon;
    SET(weights, step.shrink * weight - step.rate * mean / size);
  })
}
