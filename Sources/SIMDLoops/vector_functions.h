// Exponentials, logarithms and the normal distribution, lane by lane.
//
// Arguments are reduced as by Cody and Waite: a multiple of ln 2 is subtracted in two parts, of which the
// first has so few bits that the multiple is exact. The polynomials' coefficients are minimax fits of the
// relative error (iteratively reweighted least squares at a thousand Chebyshev points, in double precision),
// rounded to single precision one after the other from the lowest power on, the rest fitted anew each time.
// The error of each is given in units of 2⁻²⁴. All functions propagate NaN.

#define LN2_HIGH 0x1.63p-1f
#define LN2_LOW -0x1.bd0106p-13f

INLINE vector NAME(magnitude)(vector x) { return (vector)((int_vector)x & 0x7fffffff); }

// The positive u with the sign of x.
INLINE vector NAME(with_sign)(vector u, vector x) {
  return (vector)((int_vector)u | ((int_vector)x & ~0x7fffffff));
}

// x without what is beyond a bound; NaN stays.
INLINE vector NAME(at_least)(vector x, float bound) { return choose(x < bound, splat(bound), x); }
INLINE vector NAME(at_most)(vector x, float bound) { return choose(x > bound, splat(bound), x); }

// 2ⁿ for −127 < n < 128.
INLINE vector NAME(power_of_two)(int_vector n) { return (vector)((n + 127) << 23); }

// eˣ = (1 + change) · first · second: the power of two in two factors, so that products with eˣ lose no bits
// where eˣ itself is subnormal.
typedef struct {
  // e^r − 1 for the reduced r.
  vector change;
  // The powers of two.
  vector first, second;
} NAME(exponential);

// Of x + small for −220 < x < 177; small is a number's rounding error, or 0.
INLINE NAME(exponential) NAME(exp_parts)(vector x, const vector *small) {
  // Adding and subtracting 1.5 · 2²³ rounds to an integer, which is in the last bits of the sum.
  const float rounder = 0x1.8p23f;
  const vector sum = x * 0x1.715476p0f + rounder;
  const vector n = sum - rounder;
  vector r = (x - n * LN2_HIGH) - n * LN2_LOW;
  if (small) r += *small;
  // (eʳ − 1 − r) / r² for |r| ≤ 0.3475: 0.23.
  const vector square = r * r;
  const vector low = r * 0x1.5554b2p-3f + 0x1.fffffep-2f;
  const vector high = square * 0x1.6b96f2p-10f + (r * 0x1.1226d8p-7f + 0x1.5556f8p-5f);
  const int_vector whole = (int_vector)sum - 0x4b400000, half = whole >> 1;
  return (NAME(exponential)){
    (high * square + low) * square + r, NAME(power_of_two)(half), NAME(power_of_two)(whole - half)};
}

// eˣ without its second power of two.
INLINE vector NAME(exp_first)(NAME(exponential) e) { return e.first * e.change + e.first; }

INLINE vector NAME(exp)(vector x) {
  const NAME(exponential) e =
    NAME(exp_parts)(NAME(at_most)(NAME(at_least)(x, -104), 89), 0);
  return NAME(exp_first)(e) * e.second;
}

// eˣ − 1 for x ≤ 89; −1 below −20.
INLINE vector NAME(exp_minus_one)(vector x) {
  const NAME(exponential) e = NAME(exp_parts)(NAME(at_least)(x, -20), 0);
  const vector power = e.first * e.second;
  return power * e.change + (power - 1);
}

// ln (2ⁿ (1 + f)) for √½ ≤ 1 + f < √2.
INLINE vector NAME(log_parts)(vector n, vector f) {
  // (ln (1 + f) − f + f²/2) / f³: 0.1.
  vector p = f * -0x1.38c9d4p-4f + 0x1.055ec4p-3f;
  p = p * f + -0x1.0d8242p-3f;
  p = p * f + 0x1.22d92ep-3f;
  p = p * f + -0x1.54728ap-3f;
  p = p * f + 0x1.99a01cp-3f;
  p = p * f + -0x1.000226p-2f;
  p = p * f + 0x1.555554p-2f;
  const vector square = f * f;
  const vector rest = (square * f * p + n * LN2_LOW) - 0.5f * square;
  return (f + rest) + n * LN2_HIGH;
}

INLINE vector NAME(log)(vector x) {
  // Subnormal numbers are scaled up first.
  const int_vector is_small = x < 0x1p-126f;
  const int_vector bits = (int_vector)choose(is_small, x * 0x1p23f, x);
  const int_vector root = {0}, from = bits - (root + 0x3f3504f3);
  const vector f = (vector)((from & 0x7fffff) + 0x3f3504f3) - 1;
  const vector n = __builtin_convertvector((from >> 23) - (is_small & 23), vector);
  const vector value = NAME(log_parts)(n, f);
  const vector special =
    choose(x == splat(0), splat(-__builtin_inff()), choose(x < splat(0), splat(__builtin_nanf("")), x));
  return choose((x > splat(0)) & (x < splat(__builtin_inff())), value, special);
}

// ln (1 + t) for 0 ≤ t ≤ 1.
INLINE vector NAME(log_one_plus)(vector t) {
  const int_vector is_high = t > 0x1.a8279ap-2f;
  return NAME(log_parts)(
    choose(is_high, splat(1), splat(0)), choose(is_high, (t - 1) * 0.5f, t));
}

// ln (1 + eˣ).
INLINE vector NAME(softplus)(vector x) {
  return choose(x > splat(0), x, splat(0)) + NAME(log_one_plus)(NAME(exp)(-NAME(magnitude)(x)));
}

// e^−|x| in its two factors.
INLINE NAME(exponential) NAME(decay)(vector x) {
  return NAME(exp_parts)(NAME(at_least)(-NAME(magnitude)(x), -110), 0);
}

INLINE vector NAME(sigmoid)(vector x) {
  const NAME(exponential) parts = NAME(decay)(x);
  const vector e = NAME(exp_first)(parts) * parts.second;
  return choose(x < splat(0), e, splat(1)) / (1 + e);
}

// x times the sigmoid of w, which has the sign of x; x ≥ −110 where it is negative.
INLINE vector NAME(times_sigmoid)(vector x, vector w) {
  const NAME(exponential) parts = NAME(decay)(w);
  const vector first = NAME(exp_first)(parts);
  return choose(x < splat(0), x * first * parts.second, x) / (1 + first * parts.second);
}

// The derivative: σ(w) + x σ(w) (1 − σ(w)) w′.
INLINE vector NAME(times_sigmoid_derivative)(vector x, vector w, vector slope) {
  const NAME(exponential) parts = NAME(decay)(w);
  const vector e = NAME(exp_first)(parts) * parts.second, inverse = 1 / (1 + e);
  return inverse * (choose(w < splat(0), e, splat(1)) + x * slope * e * inverse);
}

INLINE vector NAME(tanh)(vector x) {
  const vector u = NAME(at_most)(NAME(magnitude)(x), 10);
  const NAME(exponential) e = NAME(exp_parts)(2 * u, 0);
  const vector far = 1 - 2 / (NAME(exp_first)(e) * e.second + 1);
  // (tanh u − u) / u³ by u², for u ≤ ½: 0.25.
  const vector s = u * u;
  vector p = s * 0x1.1a77aap-6f + -0x1.b28b66p-5f;
  p = p * s + 0x1.10e9f2p-3f;
  p = p * s + -0x1.5554d6p-2f;
  return NAME(with_sign)(choose(u < 0.5f, u + u * (s * p), far), x);
}

// What is missing from the rounded −u²/2.
INLINE vector NAME(exponent_rest)(vector u, vector rounded) {
#if defined(NARROWER) || defined(__aarch64__)
  return __builtin_elementwise_fma(-0.5f * u, u, -rounded);
#else
  // The square of the first twelve bits is exact.
  const vector head = (vector)((int_vector)u & ~0xfff), tail = u - head;
  return ((-0.5f * head * head - rounded) - head * tail) - 0.5f * tail * tail;
#endif
}

// Φ(−u), the part of the normal distribution beyond u, is TAIL_SCALE · t · ratio · first · second; u from 0
// to 15.
#define TAIL_SCALE 0x1.6147aep-2f
typedef struct {
  // TAIL_SCALE · u, and 1 / (1 + TAIL_SCALE · u).
  vector scaled, t;
  vector ratio;
  // e^(−u²/2) in two factors.
  vector first, second;
} NAME(tail);

INLINE NAME(tail) NAME(normal_tail)(vector u) {
  const vector exponent = -0.5f * u * u, rest = NAME(exponent_rest)(u, exponent);
  const NAME(exponential) e = NAME(exp_parts)(exponent, &rest);
  const vector scaled = TAIL_SCALE * u, t = 1 / (1 + scaled);
  // Φ(−u) e^(u²/2) / (TAIL_SCALE · t) by v = t − ½, for u ≤ 14.6: 0.42.
  const vector v = 0.5f - scaled * t, s = v * v;
  vector even = s * -0x1.4e7e28p-4f + 0x1.ca5fd0p-4f;
  even = even * s + -0x1.bda226p-3f;
  even = even * s + 0x1.b033eep-1f;
  even = even * s + 0x1.73501ep-1f;
  vector odd = s * 0x1.77b26cp-4f + -0x1.718522p-3f;
  odd = odd * s + 0x1.19595ep-2f;
  odd = odd * s + 0x1.fbaa06p-1f;
  return (NAME(tail)){scaled, t, odd * v + even, NAME(exp_first)(e), e.second};
}

INLINE vector NAME(erf)(vector x) {
  const vector z = NAME(at_most)(NAME(magnitude)(x), 4);
  const NAME(tail) tail = NAME(normal_tail)(z * 0x1.6a09e6p0f);
  const vector far = 1 - 2 * TAIL_SCALE * tail.t * tail.ratio * tail.first * tail.second;
  // erf z / z − 1 by z², for z ≤ 1: 0.024.
  const vector s = z * z;
  vector p = s * 0x1.4771fcp-14f + -0x1.a3515ep-11f;
  p = p * s + 0x1.53f224p-8f;
  p = p * s + -0x1.b7f71ap-6f;
  p = p * s + 0x1.ce2ce6p-4f;
  p = p * s + -0x1.81273ep-2f;
  p = p * s + 0x1.06eba8p-3f;
  return NAME(with_sign)(choose(z < 1, z + z * p, far), x);
}

// x Φ(x), which is max(x, 0) − |x| Φ(−|x|).
INLINE vector NAME(gelu)(vector x) {
  const NAME(tail) tail = NAME(normal_tail)(NAME(at_most)(NAME(magnitude)(x), 15));
  return choose(x < splat(0), splat(-0.0f), x)
         - tail.scaled * tail.t * tail.ratio * tail.first * tail.second;
}

// Φ(x) + x φ(x).
INLINE vector NAME(gelu_derivative)(vector x) {
  const vector u = NAME(at_most)(NAME(magnitude)(x), 15);
  const NAME(tail) tail = NAME(normal_tail)(u);
  const vector density = u * 0x1.988454p-2f;
  const vector below =
    (TAIL_SCALE * (tail.t * tail.ratio) - density) * tail.first * tail.second;
  return choose(x > splat(0), 1 - below, below);
}

// w with tanh (w/2) for 2 Φ(x) − 1, and its derivative: 2 √(2/π) (x + 0.044715 x³).
INLINE vector NAME(gelu_argument)(vector x) {
  return x * (x * x * 0x1.2444f2p-4f + 0x1.988454p0f);
}
INLINE vector NAME(gelu_argument_slope)(vector x) {
  return x * x * 0x1.b6676cp-3f + 0x1.988454p0f;
}

INLINE vector NAME(gelu_by_tanh)(vector x) {
  const vector near = NAME(at_least)(x, -15);
  return NAME(times_sigmoid)(near, NAME(gelu_argument)(NAME(at_most)(near, 15)));
}

INLINE vector NAME(gelu_by_tanh_derivative)(vector x) {
  const vector near = NAME(at_most)(NAME(at_least)(x, -15), 15);
  return NAME(times_sigmoid_derivative)(
    near, NAME(gelu_argument)(near), NAME(gelu_argument_slope)(near));
}

INLINE vector NAME(silu)(vector x) {
  const vector near = NAME(at_least)(x, -110);
  return NAME(times_sigmoid)(near, near);
}

INLINE vector NAME(silu_derivative)(vector x) {
  const vector near = NAME(at_most)(NAME(at_least)(x, -110), 110);
  return NAME(times_sigmoid_derivative)(near, near, splat(1));
}

#undef LN2_HIGH
#undef LN2_LOW
#undef TAIL_SCALE
