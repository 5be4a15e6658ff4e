// Softmax and losses. Positions lie side by side in vectors and their channels are summed one after the
// other; or the channels of one position lie in vectors, whose lanes are summed at the end.

#include "each_vector.h"
#include "lanes.h"
#include "vector_functions.h"

// Sums over channels run in as many vectors of positions at a time, so that whole cache lines are used.
#define VECTORS 2

// Runs FUNCTION(vectors, left, place) for all positions: for several vectors, for one, and for the first
// lanes of one.
#define EACH_BLOCK(FUNCTION)                                                                  \
  size_t place = 0;                                                                           \
  for (; place + VECTORS * LANES <= positions.count; place += VECTORS * LANES) {              \
    FUNCTION(VECTORS, (size_t)LANES, place);                                                  \
  }                                                                                           \
  for (; place + LANES <= positions.count; place += LANES) FUNCTION(1, (size_t)LANES, place); \
  if (place < positions.count) FUNCTION(1, positions.count - place, place)

#define EACH_PART _Pragma("clang loop unroll(full)") for (int v = 0; v < vectors; ++v)

INLINE vector NAME(load_lanes)(const float *from, size_t left) {
  return left == LANES ? load(from) : load_rest(from, left);
}

INLINE void NAME(store_lanes)(float *to, vector values, size_t left) {
  if (left == LANES) {
    store(to, values);
  } else {
    store_rest(to, values, left);
  }
}

INLINE void NAME(largest)(
  LossPositions positions, const float *x, const int vectors, size_t left, vector *largest) {
  EACH_PART largest[v] = splat(-__builtin_inff());
  for (size_t channel = 0; channel < positions.channels; ++channel) {
    const float *row = x + (ptrdiff_t)channel * positions.step;
    EACH_PART {
      const vector value = NAME(load_lanes)(row + v * LANES, left);
      largest[v] = choose(value > largest[v], value, largest[v]);
    }
  }
}

INLINE float NAME(row_largest)(const float *x, size_t count) {
  vector largest = splat(-__builtin_inff());
  EACH_VECTOR({
    const vector value = NAME(first_lanes)(GET(x), left, -__builtin_inff());
    largest = choose(value > largest, value, largest);
  })
  return NAME(largest_lane)(largest);
}

INLINE void NAME(softmax_block)(
  LossPositions positions, const float *x, float *target, const int vectors, size_t left) {
  vector largest[VECTORS], sums[VECTORS];
  NAME(largest)(positions, x, vectors, left, largest);
  EACH_PART sums[v] = splat(0);
  for (size_t channel = 0; channel < positions.channels; ++channel) {
    const ptrdiff_t row = (ptrdiff_t)channel * positions.step;
    EACH_PART {
      const vector e = NAME(exp)(NAME(load_lanes)(x + row + v * LANES, left) - largest[v]);
      sums[v] += e;
      NAME(store_lanes)(target + row + v * LANES, e, left);
    }
  }
  EACH_PART sums[v] = 1 / sums[v];
  for (size_t channel = 0; channel < positions.channels; ++channel) {
    float *row = target + (ptrdiff_t)channel * positions.step;
    EACH_PART NAME(store_lanes)(
      row + v * LANES, NAME(load_lanes)(row + v * LANES, left) * sums[v], left);
  }
}

INLINE void NAME(softmax_row)(const float *x, float *target, size_t count) {
  const float largest = NAME(row_largest)(x, count);
  vector sum = splat(0);
  {
    EACH_VECTOR({
      const vector e = NAME(exp)(GET(x) - largest);
      sum += NAME(first_lanes)(e, left, 0);
      SET(target, e);
    })
  }
  const float inverse = (float)(1 / NAME(sum_lanes)(sum));
  EACH_VECTOR({ SET(target, GET(target) * inverse); })
}

static void NAME(loss_softmax)(LossPositions positions, const float *x, float *target) {
  if (positions.step == 1) return NAME(softmax_row)(x, target, positions.channels);
#define BLOCK(vectors, left, place) \
  NAME(softmax_block)(positions, x + (place), target + (place), vectors, left)
  EACH_BLOCK(BLOCK);
#undef BLOCK
}

INLINE void NAME(softmax_gradient_block)(
  LossPositions positions, const float *y, const float *g, float *target, const int vectors,
  size_t left) {
  vector products[VECTORS];
  EACH_PART products[v] = splat(0);
  for (size_t channel = 0; channel < positions.channels; ++channel) {
    const ptrdiff_t row = (ptrdiff_t)channel * positions.step;
    EACH_PART products[v] += NAME(load_lanes)(y + row + v * LANES, left)
                             * NAME(load_lanes)(g + row + v * LANES, left);
  }
  for (size_t channel = 0; channel < positions.channels; ++channel) {
    const ptrdiff_t row = (ptrdiff_t)channel * positions.step;
    EACH_PART {
      const vector value = NAME(load_lanes)(y + row + v * LANES, left);
      const vector difference = NAME(load_lanes)(g + row + v * LANES, left) - products[v];
      NAME(store_lanes)(target + row + v * LANES, value * difference, left);
    }
  }
}

INLINE void NAME(softmax_gradient_row)(
  const float *y, const float *g, float *target, size_t count) {
  vector sum = splat(0);
  {
    EACH_VECTOR({ sum += GET(y) * GET(g); })
  }
  const float product = (float)NAME(sum_lanes)(sum);
  EACH_VECTOR({ SET(target, GET(y) * (GET(g) - product)); })
}

static void NAME(loss_softmax_gradients)(
  LossPositions positions, const float *y, const float *g, float *target) {
  if (positions.step == 1) return NAME(softmax_gradient_row)(y, g, target, positions.channels);
#define BLOCK(vectors, left, place) \
  NAME(softmax_gradient_block)(positions, y + (place), g + (place), target + (place), vectors, left)
  EACH_BLOCK(BLOCK);
#undef BLOCK
}

// One channel's part of the loss: share · (log Σ eˣ − x), where it has a share.
INLINE vector NAME(entropy)(vector share, vector x, vector largest, vector log_sum) {
  return choose(share != splat(0), share * (log_sum + (largest - x)), splat(0));
}

// The gradient of a channel: mass · softmax(x) − share, where any channel has a share.
INLINE vector NAME(entropy_gradient)(
  vector share, vector x, vector largest, vector mass, vector mass_over_sum) {
  return choose(
    mass != splat(0), mass_over_sum * NAME(exp)(x - largest) - share, splat(0));
}

INLINE double NAME(cross_entropy_block)(
  LossPositions positions, const float *x, const float *t, const float *weights, float factor,
  float *gradient, const int vectors, size_t left) {
  vector largest[VECTORS], sums[VECTORS], log_sums[VECTORS], masses[VECTORS], losses[VECTORS];
  NAME(largest)(positions, x, vectors, left, largest);
  EACH_PART sums[v] = masses[v] = losses[v] = splat(0);
  for (size_t channel = 0; channel < positions.channels; ++channel) {
    const float *row = x + (ptrdiff_t)channel * positions.step;
    EACH_PART sums[v] += NAME(exp)(NAME(load_lanes)(row + v * LANES, left) - largest[v]);
  }
  EACH_PART log_sums[v] = NAME(log)(sums[v]);
  for (size_t channel = 0; channel < positions.channels; ++channel) {
    const ptrdiff_t row = (ptrdiff_t)channel * positions.step;
    const float weight = weights ? weights[channel] : 1;
    EACH_PART {
      const vector share = NAME(load_lanes)(t + row + v * LANES, left) * weight;
      const vector value = NAME(load_lanes)(x + row + v * LANES, left);
      losses[v] += NAME(entropy)(share, value, largest[v], log_sums[v]);
      masses[v] += share;
    }
  }
  double total = 0;
  EACH_PART total += NAME(sum_lanes)(NAME(first_lanes)(losses[v], left, 0));
  if (!gradient) return total;
  for (size_t channel = 0; channel < positions.channels; ++channel) {
    const ptrdiff_t row = (ptrdiff_t)channel * positions.step;
    const float weight = weights ? weights[channel] : 1;
    EACH_PART {
      const ptrdiff_t at = row + v * LANES;
      const vector share = NAME(load_lanes)(t + at, left) * weight;
      const vector slope = NAME(entropy_gradient)(
        share, NAME(load_lanes)(x + at, left), largest[v], masses[v], masses[v] / sums[v]);
      NAME(store_lanes)(
        gradient + at, NAME(load_lanes)(gradient + at, left) + factor * slope, left);
    }
  }
  return total;
}

INLINE double NAME(cross_entropy_row)(
  const float *x, const float *t, const float *weights, float factor, float *gradient,
  size_t count) {
  const vector largest = splat(NAME(row_largest)(x, count));
  vector sums = splat(0), masses = splat(0), losses = splat(0);
  {
    EACH_VECTOR({ sums += NAME(first_lanes)(NAME(exp)(GET(x) - largest), left, 0); })
  }
  const vector sum = splat((float)NAME(sum_lanes)(sums)), log_sum = NAME(log)(sum);
  {
    EACH_VECTOR({
      const vector share = weights ? GET(t) * GET(weights) : GET(t);
      losses += NAME(entropy)(share, GET(x), largest, log_sum);
      masses += share;
    })
  }
  const double total = NAME(sum_lanes)(losses);
  if (!gradient) return total;
  const vector mass = splat((float)NAME(sum_lanes)(masses)), mass_over_sum = mass / sum;
  EACH_VECTOR({
    const vector share = weights ? GET(t) * GET(weights) : GET(t);
    const vector slope = NAME(entropy_gradient)(share, GET(x), largest, mass, mass_over_sum);
    SET(gradient, GET(gradient) + factor * slope);
  })
  return total;
}

static double NAME(loss_cross_entropy)(
  LossPositions positions, const float *x, const float *t, const float *weights, float factor,
  float *gradient) {
  if (positions.step == 1) {
    return NAME(cross_entropy_row)(x, t, weights, factor, gradient, positions.channels);
  }
  double total = 0;
#define BLOCK(vectors, left, place)                                            \
  total += NAME(cross_entropy_block)(                                          \
    positions, x + (place), t + (place), weights, factor,                      \
    gradient ? gradient + (place) : 0, vectors, left)
  EACH_BLOCK(BLOCK);
#undef BLOCK
  return total;
}

#undef VECTORS
#undef EACH_BLOCK
#undef EACH_PART

static double NAME(loss_numbers)(
  NumberLoss loss, float parameter, const float *outputs, const float *targets, float factor,
  float *gradient, size_t count) {
  vector sum = splat(0);
  const vector one = splat(1), zero = splat(0), least = splat(1e-12f);
#define CASE(name, PREPARE, VALUE, DERIVATIVE)                                     \
  case name: {                                                                     \
    EACH_VECTOR({                                                                  \
      const vector y = GET(outputs);                                               \
      const vector t = GET(targets);                                               \
      PREPARE;                                                                     \
      sum += NAME(first_lanes)(VALUE, left, 0);                                    \
      if (gradient) SET(gradient, GET(gradient) + factor * (DERIVATIVE));          \
    })                                                                             \
    break;                                                                         \
  }
  switch (loss) {
    CASE(
      LOSS_BINARY_OF_LOGITS,
      const vector e = NAME(exp)(-NAME(magnitude)(y));
      const vector soft = NAME(log_one_plus)(e);
      const vector sigmoid = choose(y < zero, e, one) / (1 + e);
      const vector complement = choose(y < zero, one, e) / (1 + e);
      const vector positive = choose(y > zero, y, zero);
      const vector yes = parameter * t;
      const vector no = 1 - t,
      yes * (soft + (positive - y)) + no * (soft + positive), no * sigmoid - yes * complement)
    CASE(
      LOSS_BINARY,
      const vector yes = choose(y < least, least, y);
      const vector no = choose(1 - y < least, least, 1 - y),
      -(parameter * t * NAME(log)(yes) + (1 - t) * NAME(log)(no)),
      (1 - t) / no - parameter * t / yes)
    CASE(LOSS_SQUARED, const vector d = y - t, d * d, 2 * d)
    CASE(
      LOSS_ABSOLUTE, const vector d = y - t, NAME(magnitude)(d),
      choose(d > zero, one, choose(d < zero, -one, zero)))
    CASE(
      LOSS_HUBER, const vector d = y - t; const int_vector is_near = NAME(magnitude)(d) <= parameter,
      choose(is_near, 0.5f * d * d, parameter * (NAME(magnitude)(d) - 0.5f * parameter)),
      choose(is_near, d, choose(d > zero, one, -one) * parameter))
    CASE(
      LOSS_SOFT_DICE, const vector size = y + t + 1; const vector product = 2 * t * y + 1,
      1 - product / size, (product - 2 * t * size) / (size * size))
  }
#undef CASE
  return NAME(sum_lanes)(sum);
}
