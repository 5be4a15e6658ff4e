#include "simd_elements.h"

#define REGISTERS_IN_VECTOR 2
#define LOOPS "simd_elements_loops.h"
#include "for_each_level.h"

void element_values(
  ElementFunction function, float parameter, const float *x, float *target, size_t count) {
  DISPATCH(element_values, function, parameter, x, target, count);
}

void element_gradients(
  ElementFunction function, float parameter, const float *values, const float *g, float *target,
  size_t count) {
  DISPATCH(element_gradients, function, parameter, values, g, target, count);
}
