/// Smallest, largest and middle values of neighbourhoods.
#pragma once

#include <stdbool.h>
#include <stddef.h>

/// to[i] = the smaller, or the larger, of a[i] and b[i] for 0 <= i < count; `to` may be `a`, and `b`
/// may lie ahead of it in the same memory.
void extreme_of_two(const float *a, const float *b, size_t count, bool larger, float *to);

/// to[i] = the median of rows[r][i … i + 2] for 3 rows and 0 <= i < count. Rows can be read up to 16
/// samples further than needed.
void median_3x3(const float *const rows[3], size_t count, float *to);

/// to[i] = the median of rows[r][i … i + 4] for 5 rows and 0 <= i < count. Rows can be read up to 16
/// samples further than needed. `sorted` has room for 5 (count + 32) floats.
void median_5x5(const float *const rows[5], size_t count, float *sorted, float *to);
