// The vector type of the level being compiled; see for_each_level.h.

#define vector NAME(vector)
#define loose_vector NAME(loose_vector)
#define load NAME(load)
#define store NAME(store)
#define splat NAME(splat)
#define choose NAME(choose)
#define int_vector NAME(int_vector)
#define load_rest NAME(load_rest)
#define store_rest NAME(store_rest)

typedef float vector __attribute__((vector_size(4 * LANES)));
// The same in memory at any address of a float.
typedef float loose_vector __attribute__((vector_size(4 * LANES), aligned(4), may_alias));

INLINE vector load(const float *from) { return *(const loose_vector *)from; }

INLINE void store(float *to, vector values) { *(loose_vector *)to = values; }

// Subtracting zero changes no value, not even −0, and costs nothing.
INLINE vector splat(float value) { return value - (vector){}; }

// The last values of a row, as the first lanes of a vector.
INLINE vector load_rest(const float *from, size_t count) {
  vector values = splat(0);
  for (size_t lane = 0; lane < count; ++lane) values[lane] = from[lane];
  return values;
}

INLINE void store_rest(float *to, vector values, size_t count) {
  for (size_t lane = 0; lane < count; ++lane) to[lane] = values[lane];
}

typedef int int_vector __attribute__((vector_size(4 * LANES)));

// Lane by lane, `yes` where the comparison `mask` holds and `no` elsewhere.
INLINE vector choose(int_vector mask, vector yes, vector no) {
  return (vector)((mask & (int_vector)yes) | (~mask & (int_vector)no));
}

// Every second lane of two vectors, from the first or from the second on.
#if LANES == 16
#define EVERY_SECOND(a, b, i)                                                                 \
  __builtin_shufflevector(                                                                    \
    a, b, i, i + 2, i + 4, i + 6, i + 8, i + 10, i + 12, i + 14, i + 16, i + 18, i + 20, i + 22, \
    i + 24, i + 26, i + 28, i + 30)
#elif LANES == 8
#define EVERY_SECOND(a, b, i) \
  __builtin_shufflevector(a, b, i, i + 2, i + 4, i + 6, i + 8, i + 10, i + 12, i + 14)
#else
#define EVERY_SECOND(a, b, i) __builtin_shufflevector(a, b, i, i + 2, i + 4, i + 6)
#endif
