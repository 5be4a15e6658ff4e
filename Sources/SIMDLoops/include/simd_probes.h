/// Loops that measure the processor's limits; the caller takes the time.
#pragma once

/// Multiplies and adds floats in registers only, as fast as one core can.
///
/// Returns the number of floating-point operations done, two per fused multiply-add. `sink` receives
/// one value, so that the work is not optimised away.
long simd_probe_arithmetic(long repetitions, float *sink);

/// Reads `count` floats and writes them elsewhere once, with ordinary vector loads and stores.
void simd_probe_copy(const float *source, float *target, long count);

/// The same with stores that bypass the caches, if the instruction set has them.
void simd_probe_streaming_copy(const float *source, float *target, long count);
