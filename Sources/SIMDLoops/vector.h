// The vector type of the level being compiled; see for_each_level.h.

#define vector NAME(vector)
#define loose_vector NAME(loose_vector)
#define load NAME(load)
#define store NAME(store)
#define splat NAME(splat)

typedef float vector __attribute__((vector_size(4 * LANES)));
// The same in memory at any address of a float.
typedef float loose_vector __attribute__((vector_size(4 * LANES), aligned(4), may_alias));

INLINE vector load(const float *from) { return *(const loose_vector *)from; }

INLINE void store(float *to, vector values) { *(loose_vector *)to = values; }

INLINE vector splat(float value) { return (vector){} + value; }
