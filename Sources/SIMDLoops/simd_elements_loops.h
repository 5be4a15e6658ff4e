// One function of every number of an array, and its derivative.

#include "each_vector.h"
#include "vector_functions.h"

static void NAME(element_values)(
  ElementFunction function, float parameter, const float *x, float *target, size_t count) {
#define CASE(name, VALUE)                      \
  case name: {                                 \
    EACH_VECTOR({                              \
      const vector at = GET(x);                \
      SET(target, VALUE);                      \
    })                                         \
    break;                                     \
  }
  switch (function) {
    CASE(ELEMENT_EXP, NAME(exp)(at))
    CASE(ELEMENT_LOG, NAME(log)(at))
    CASE(ELEMENT_ERF, NAME(erf)(at))
    CASE(ELEMENT_RELU, choose(at <= splat(0), splat(0), at))
    CASE(ELEMENT_LEAKY_RELU, choose(at < splat(0), parameter * at, at))
    CASE(
      ELEMENT_ELU,
      choose(at < splat(0), parameter * NAME(exp_minus_one)(NAME(at_most)(at, 0)), at))
    CASE(ELEMENT_GELU, NAME(gelu)(at))
    CASE(ELEMENT_GELU_BY_TANH, NAME(gelu_by_tanh)(at))
    CASE(ELEMENT_SILU, NAME(silu)(at))
    CASE(ELEMENT_SIGMOID, NAME(sigmoid)(at))
    CASE(ELEMENT_TANH, NAME(tanh)(at))
    CASE(ELEMENT_SOFTPLUS, NAME(softplus)(at))
  }
#undef CASE
}

static void NAME(element_gradients)(
  ElementFunction function, float parameter, const float *values, const float *g, float *target,
  size_t count) {
#define CASE(name, DERIVATIVE)                 \
  case name: {                                 \
    EACH_VECTOR({                              \
      const vector at = GET(values);           \
      SET(target, GET(g) * (DERIVATIVE));      \
    })                                         \
    break;                                     \
  }
  switch (function) {
    CASE(ELEMENT_EXP, NAME(exp)(at))
    CASE(ELEMENT_LOG, 1 / at)
    CASE(ELEMENT_ERF, 0x1.20dd76p0f * NAME(exp)(-at * at))
    CASE(ELEMENT_RELU, choose(at > splat(0), splat(1), splat(0)))
    CASE(ELEMENT_LEAKY_RELU, choose(at > splat(0), splat(1), splat(parameter)))
    CASE(
      ELEMENT_ELU, choose(at < splat(0), parameter * NAME(exp)(NAME(at_most)(at, 0)), splat(1)))
    CASE(ELEMENT_GELU, NAME(gelu_derivative)(at))
    CASE(ELEMENT_GELU_BY_TANH, NAME(gelu_by_tanh_derivative)(at))
    CASE(ELEMENT_SILU, NAME(silu_derivative)(at))
    CASE(ELEMENT_SIGMOID, at * (1 - at))
    CASE(ELEMENT_TANH, 1 - at * at)
    CASE(ELEMENT_SOFTPLUS, -NAME(exp_minus_one)(-at))
  }
#undef CASE
}
