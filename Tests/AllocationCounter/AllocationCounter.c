#include "AllocationCounter.h"

#include <errno.h>
#include <stdlib.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define HAS_SANITIZER 1
#endif
#endif

#if defined(__GLIBC__) && !defined(HAS_SANITIZER)

// An executable's own malloc takes the place of the library's in the whole process; the library's is
// reached under its other names, and its free serves both.
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *block, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

// In the executable itself, so that reading them allocates nothing.
static _Thread_local bool isCounting __attribute__((tls_model("initial-exec")));
static _Thread_local AllocationCount count __attribute__((tls_model("initial-exec")));

static void note(size_t size) {
  if (!isCounting) return;
  count.calls += 1;
  count.largeCalls += size > 4096;
  count.bytes += (long)size;
}

void *malloc(size_t size) {
  note(size);
  return __libc_malloc(size);
}

void *calloc(size_t number, size_t size) {
  note(number * size);
  return __libc_calloc(number, size);
}

void *realloc(void *block, size_t size) {
  note(size);
  return __libc_realloc(block, size);
}

void *memalign(size_t alignment, size_t size) {
  note(size);
  return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
  note(size);
  return __libc_memalign(alignment, size);
}

int posix_memalign(void **block, size_t alignment, size_t size) {
  note(size);
  void *made = __libc_memalign(alignment, size);
  if (made == NULL) return ENOMEM;
  *block = made;
  return 0;
}

bool allocation_counter_is_available(void) { return true; }

void allocation_counter_begin(void) {
  count = (AllocationCount){0, 0, 0};
  isCounting = true;
}

AllocationCount allocation_counter_end(void) {
  isCounting = false;
  return count;
}

#else

bool allocation_counter_is_available(void) { return false; }
void allocation_counter_begin(void) {}
AllocationCount allocation_counter_end(void) { return (AllocationCount){0, 0, 0}; }

#endif
