/// Minima, maxima and medians of neighbourhoods.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// to[i] = the smaller, or the larger, of a[i] and b[i] for 0 <= i < count; `to` may be `a`, and `b`
/// may be later in the same memory.
void extreme_of_two(const float *a, const float *b, size_t count, bool larger, float *to);

/// to[i] = the median of rows[r][i … i + 2] for 3 rows and 0 <= i < count. Rows can be read up to 16
/// samples further than needed.
void median_3x3(const float *const rows[3], size_t count, float *to);

/// to[i] = the median of rows[r][i … i + 4] for 5 rows and 0 <= i < count. Rows can be read up to 16
/// samples further than needed. `sorted` has room for 5 (count + 32) floats.
void median_5x5(const float *const rows[5], size_t count, float *sorted, float *to);

/// The largest number of slots of an exchange network.
#define RANK_EXCHANGES_MOST 1024

/// Loads inputs[i][x] into slot i, puts the smaller of slots exchanges[2k] and exchanges[2k + 1] into
/// the first and the larger into the second for each k in turn, and stores slot outputs[i] to
/// to[i · step + x], for 0 <= x < count. Inputs can be read, and outputs written, up to 16 samples
/// further. Slots are below RANK_EXCHANGES_MOST.
void rank_exchanges(
  const float *const *inputs, size_t input_count, const uint16_t *exchanges, size_t exchange_count,
  const uint16_t *outputs, size_t output_count, size_t count, float *to, size_t step);

/// to[x] = min_i max(first[i][x], second[i][x]) for 0 <= x < count and 0 <= i < pairs, of which there
/// is at least one. Inputs can be read up to 16 samples further.
void rank_pick(
  const float *const *first, const float *const *second, size_t pairs, size_t count, float *to);
