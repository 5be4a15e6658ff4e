#pragma once

#include <stdbool.h>
#include <stddef.h>

/// What a thread has allocated on the heap since its count began.
typedef struct {
  /// Calls of malloc, calloc, realloc and their relatives.
  long calls;
  /// Those of more than 4 KiB.
  long largeCalls;
  /// The bytes of all.
  long bytes;
} AllocationCount;

/// Whether allocations can be counted: with the GNU C library, outside of sanitizers.
bool allocation_counter_is_available(void);

/// Begins to count what the calling thread allocates.
void allocation_counter_begin(void);

/// Ends the calling thread's count, and returns it.
AllocationCount allocation_counter_end(void);
