/// Functions of every number of an array and their derivatives, with stated accuracy.
///
/// What a function gives for a number does not depend on where the number stands.
#pragma once

#include <stddef.h>

typedef enum {
  /// eˣ.
  ELEMENT_EXP,
  /// ln x.
  ELEMENT_LOG,
  /// 2/√π ∫₀ˣ e^(−t²) dt.
  ELEMENT_ERF,
  /// x where x > 0, 0 elsewhere.
  ELEMENT_RELU,
  /// x where x ≥ 0, parameter · x elsewhere.
  ELEMENT_LEAKY_RELU,
  /// x where x ≥ 0, parameter · (eˣ − 1) elsewhere.
  ELEMENT_ELU,
  /// x Φ(x).
  ELEMENT_GELU,
  /// x (1 + tanh (√(2/π) (x + 0.044715 x³))) / 2.
  ELEMENT_GELU_BY_TANH,
  /// x / (1 + e⁻ˣ).
  ELEMENT_SILU,
  /// 1 / (1 + e⁻ˣ).
  ELEMENT_SIGMOID,
  /// tanh x.
  ELEMENT_TANH,
  /// ln (1 + eˣ).
  ELEMENT_SOFTPLUS,
} ElementFunction;

/// target = function(x); the target may be the source.
void element_values(
  ElementFunction function, float parameter, const float *x, float *target, size_t count);

/// target = g · function′, the derivative computed from the function's value for rectifiers, the sigmoid,
/// the hyperbolic tangent and the softplus, and from its argument for the others; the target may be one of
/// the sources.
void element_gradients(
  ElementFunction function, float parameter, const float *values, const float *g, float *target,
  size_t count);
