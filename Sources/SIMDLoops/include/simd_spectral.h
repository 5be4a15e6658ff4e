/// Products of spectra, and the packing of two real blocks into one complex one.
///
/// Complex values are interleaved: real part, imaginary part. `count` counts complex values.
#pragma once

/// sum = left · right.
void simd_spectral_multiply(const float *left, const float *right, float *sum, long count);

/// sum += left · right.
void simd_spectral_multiply_add(const float *left, const float *right, float *sum, long count);

/// sum = left · conj(right).
void simd_spectral_correlate(const float *left, const float *right, float *sum, long count);

/// sum += left · conj(right).
void simd_spectral_correlate_add(const float *left, const float *right, float *sum, long count);

/// packed = real + i · imaginary.
void simd_interleave(const float *real, const float *imaginary, float *packed, long count);

/// The real and imaginary parts of packed numbers.
void simd_deinterleave(const float *packed, float *real, float *imaginary, long count);

/// √(even² + odd²) of the real parts of two rows of packed numbers, and of their imaginary parts.
void simd_packed_magnitudes(
  const float *even, const float *odd, float *real, float *imaginary, long count);
