// Sums over rows in four vectors of partial sums, whose lanes are added in double precision; and functions
// of every value, vector by vector, the rest as the first lanes of one more.

#include "each_vector.h"
#include "lanes.h"
#include "simd_activation_loops.h"

// Defines a sum over a row: the term of the vector at index `at`, and that of the number there. What is
// left after whole vectors is summed as the last lanes of the row's last vector.
#define SUM(name, parameters, VECTOR_TERM, TERM)                                        \
  static double NAME(name) parameters {                                                 \
    if (count < LANES) {                                                                \
      double total = 0;                                                                 \
      for (size_t at = 0; at < count; ++at) total += (double)(TERM);                    \
      return total;                                                                     \
    }                                                                                   \
    vector sums[4] = {splat(0), splat(0), splat(0), splat(0)};                          \
    size_t place = 0;                                                                   \
    for (; place + 4 * LANES <= count; place += 4 * LANES) {                            \
      _Pragma("clang loop unroll(full)") for (int part = 0; part < 4; ++part) {         \
        const size_t at = place + part * LANES;                                         \
        sums[part] += VECTOR_TERM;                                                      \
      }                                                                                 \
    }                                                                                   \
    _Pragma("clang loop unroll(full)") for (int part = 0; part < 3; ++part) {           \
      if (place + LANES > count) break;                                                 \
      const size_t at = place;                                                          \
      sums[part] += VECTOR_TERM;                                                        \
      place += LANES;                                                                   \
    }                                                                                   \
    if (place < count) {                                                                \
      const size_t at = count - LANES;                                                  \
      sums[3] += NAME(last_lanes)(VECTOR_TERM, count - place);                          \
    }                                                                                   \
    return NAME(sum_lanes)((sums[0] + sums[1]) + (sums[2] + sums[3]));                  \
  }

SUM(row_sum, (const float *x, size_t count), load(x + at), x[at])

SUM(
  row_squares, (const float *x, float mean, size_t count),
  (load(x + at) - splat(mean)) * (load(x + at) - splat(mean)), (x[at] - mean) * (x[at] - mean))

SUM(
  row_product, (const float *g, const float *x, float mean, size_t count),
  load(g + at) * (load(x + at) - splat(mean)), g[at] * (x[at] - mean))

#undef SUM

// Stores EXPRESSION for every vector of a row.
#define EACH(EXPRESSION) EACH_VECTOR({ SET(target, EXPRESSION); })

INLINE void NAME(scale)(
  const float *x, float factor, const LayerEpilogue epilogue, float *target, size_t count) {
  const float offset = epilogue.bias ? *epilogue.bias : 0;
  EACH(NAME(activated)(factor * GET(x) + offset, epilogue))
}

static void NAME(row_scale)(
  const float *x, float factor, LayerEpilogue epilogue, float *target, size_t count) {
  FOR_KNOWN_ACTIVATION(epilogue, NAME(scale)(x, factor, epilogue, target, count))
}

static void NAME(row_combine)(
  const float *g, const float *x, float factor, float offset, float slope, float mean, float *target,
  size_t count) {
  EACH(factor * (GET(g) + offset + slope * (GET(x) - mean)))
}

static void NAME(row_add)(
  const float *x, const float *y, LayerEpilogue epilogue, float *target, size_t count) {
  EACH(NAME(activated)(GET(x) + GET(y), epilogue))
}

static void NAME(row_rectifier_gradient)(
  const float *y, const float *g, float slope, float *target, size_t count) {
  EACH(choose(GET(y) > splat(0), GET(g), slope * GET(g)))
}

static void NAME(row_magnitude)(const float *x, const float *y, float *target, size_t count) {
  EACH(__builtin_elementwise_sqrt(GET(x) * GET(x) + GET(y) * GET(y)))
}

static void NAME(row_magnitude_gradient)(
  const float *x, const float *y, const float *g, float *target_x, float *target_y, size_t count) {
  EACH_VECTOR({
    const vector even = GET(x);
    const vector odd = GET(y);
    const vector square = even * even + odd * odd;
    const vector factor =
      choose(square > splat(0), GET(g) / __builtin_elementwise_sqrt(square), splat(0));
    SET(target_x, factor * even);
    SET(target_y, factor * odd);
  })
}

#undef EACH

static void NAME(row_quarters)(
  const float *upper, const float *lower, int32_t first, int32_t second, float *target,
  int32_t *places, size_t count) {
  typedef int_vector loose_int_vector __attribute__((aligned(4), may_alias));
  if (count < LANES) {
#if defined(NARROWER)
    return NAME_EXPAND(row_quarters, NARROWER)(
      upper, lower, first, second, target, places, count);
#else
    for (size_t place = 0; place < count; ++place) {
      const float a = upper[2 * place], b = upper[2 * place + 1];
      const float c = lower[2 * place], d = lower[2 * place + 1];
      const float above = b > a ? b : a, below = d > c ? d : c;
      target[place] = below > above ? below : above;
      if (places)
        places[place] = (below > above ? second + (d > c) : first + (b > a)) + (int32_t)(2 * place);
    }
    return;
#endif
  }
  int_vector columns;
  for (int lane = 0; lane < LANES; ++lane) columns[lane] = 2 * lane;
  for (size_t place = 0; place < count; place += LANES) {
    // The last vector overlaps the one before.
    if (count - place < LANES) place = count - LANES;
    const vector u = load(upper + 2 * place), v = load(upper + 2 * place + LANES);
    const vector x = load(lower + 2 * place), y = load(lower + 2 * place + LANES);
    const vector a = EVERY_SECOND(u, v, 0), b = EVERY_SECOND(u, v, 1);
    const vector c = EVERY_SECOND(x, y, 0), d = EVERY_SECOND(x, y, 1);
    // True comparisons are −1 in their lanes.
    const int_vector right_above = b > a, right_below = d > c;
    const vector above = choose(right_above, b, a), below = choose(right_below, d, c);
    const int_vector is_below = below > above;
    store(target + place, choose(is_below, below, above));
    if (places) {
      const int_vector found = (is_below & (second - right_below))
                               | (~is_below & (first - right_above));
      *(loose_int_vector *)(places + place) = found + columns + (int32_t)(2 * place);
    }
  }
}
