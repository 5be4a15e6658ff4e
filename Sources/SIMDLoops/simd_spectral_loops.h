// Loops over interleaved complex numbers, plain enough for the compiler to vectorise.

static void NAME(multiply)(
  const float *restrict left, const float *restrict right, float *restrict sum, long count) {
  for (long k = 0; k < count; k++) {
    const float a = left[2 * k], b = left[2 * k + 1], c = right[2 * k], d = right[2 * k + 1];
    sum[2 * k] = a * c - b * d;
    sum[2 * k + 1] = a * d + b * c;
  }
}

static void NAME(multiply_add)(
  const float *restrict left, const float *restrict right, float *restrict sum, long count) {
  for (long k = 0; k < count; k++) {
    const float a = left[2 * k], b = left[2 * k + 1], c = right[2 * k], d = right[2 * k + 1];
    sum[2 * k] += a * c - b * d;
    sum[2 * k + 1] += a * d + b * c;
  }
}

static void NAME(correlate)(
  const float *restrict left, const float *restrict right, float *restrict sum, long count) {
  for (long k = 0; k < count; k++) {
    const float a = left[2 * k], b = left[2 * k + 1], c = right[2 * k], d = right[2 * k + 1];
    sum[2 * k] = a * c + b * d;
    sum[2 * k + 1] = b * c - a * d;
  }
}

static void NAME(correlate_add)(
  const float *restrict left, const float *restrict right, float *restrict sum, long count) {
  for (long k = 0; k < count; k++) {
    const float a = left[2 * k], b = left[2 * k + 1], c = right[2 * k], d = right[2 * k + 1];
    sum[2 * k] += a * c + b * d;
    sum[2 * k + 1] += b * c - a * d;
  }
}

static void NAME(interleave)(
  const float *restrict real, const float *restrict imaginary, float *restrict packed,
  long count) {
  for (long k = 0; k < count; k++) {
    packed[2 * k] = real[k];
    packed[2 * k + 1] = imaginary[k];
  }
}

static void NAME(deinterleave)(
  const float *restrict packed, float *restrict real, float *restrict imaginary, long count) {
  for (long k = 0; k < count; k++) {
    real[k] = packed[2 * k];
    imaginary[k] = packed[2 * k + 1];
  }
}

static void NAME(packed_magnitudes)(
  const float *restrict even, const float *restrict odd, float *restrict real,
  float *restrict imaginary, long count) {
  for (long k = 0; k < count; k++) {
    const float a = even[2 * k], b = odd[2 * k], c = even[2 * k + 1], d = odd[2 * k + 1];
    real[k] = __builtin_sqrtf(a * a + b * b);
    imaginary[k] = __builtin_sqrtf(c * c + d * d);
  }
}
