// Compiles a file of loops once per instruction set.
//
// A file `topic.c` defines LOOPS as the name of a file of loops and includes this one. The loops are
// written once, in terms of
//
//   NAME(f)      the function's name with the level appended: `static void NAME(f)(…)`
//   LANES        floats in a vector
//   REGISTERS    the number of vector registers
//   NARROWER     the level with vectors half as long, if there is one
//   vector       LANES floats, with C's operators; a * b + c in one expression is fused where possible
//   load, store  unaligned
//   load_rest, store_rest  only the first lanes
//   splat        one float in all lanes
//   choose       one of two values, lane by lane, by a comparison
//
// A topic whose loops have many constants may define REGISTERS_IN_VECTOR as 2: vectors are then twice as long
// as registers, whose two halves share what is loaded and keep the arithmetic busy side by side.
//
// `topic.c` defines its public functions by DISPATCH(f, arguments…). No include guard: every
// topic includes it.

#include <stddef.h>

#include "simd_level.h"

#ifndef DISPATCH
#if defined(__x86_64__)
#define DISPATCH(function, ...)                                       \
  switch (simd_level()) {                                             \
    case SIMDLevelAVX512: return function##_avx512(__VA_ARGS__);      \
    case SIMDLevelAVX2: return function##_avx2(__VA_ARGS__);          \
    default: return function##_portable(__VA_ARGS__);                 \
  }
#elif defined(__aarch64__)
#define DISPATCH(function, ...)                                       \
  switch (simd_level()) {                                             \
    case SIMDLevelNEON: return function##_neon(__VA_ARGS__);          \
    default: return function##_portable(__VA_ARGS__);                 \
  }
#else
#define DISPATCH(function, ...) return function##_portable(__VA_ARGS__)
#endif
#define NAME_PASTE(function, level) function##_##level
#define NAME_EXPAND(function, level) NAME_PASTE(function, level)
#define NAME(function) NAME_EXPAND(function, LEVEL)
#define INLINE static inline __attribute__((always_inline))
#endif

#ifndef REGISTERS_IN_VECTOR
#define REGISTERS_IN_VECTOR 1
#endif

// Loops are inlined whole: how vectors would be passed to functions does not matter.
#pragma clang diagnostic ignored "-Wpsabi"
#pragma STDC FP_CONTRACT ON

#define LEVEL portable
#define LANES (4 * REGISTERS_IN_VECTOR)
#define REGISTERS 16
#include "vector.h"
#include LOOPS
#include "vector_end.h"

#if defined(__aarch64__)
#define LEVEL neon
#define LANES (4 * REGISTERS_IN_VECTOR)
#define REGISTERS 32
#include "vector.h"
#include LOOPS
#include "vector_end.h"
#endif

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define LEVEL avx2
#define NARROWER portable
#define LANES (8 * REGISTERS_IN_VECTOR)
#define REGISTERS 16
#include "vector.h"
#include LOOPS
#include "vector_end.h"
#pragma clang attribute pop

#pragma clang attribute push( \
    __attribute__((target("avx2,fma,avx512f,avx512vl,avx512dq,avx512bw"))), apply_to = function)
#define LEVEL avx512
#define NARROWER avx2
#define LANES (16 * REGISTERS_IN_VECTOR)
#define REGISTERS 32
#include "vector.h"
#include LOOPS
#include "vector_end.h"
#pragma clang attribute pop
#endif
