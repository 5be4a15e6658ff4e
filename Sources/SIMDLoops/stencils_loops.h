#include "stencil_blocks_loops.h"
#include "stencil_pairs_loops.h"
#include "stencil_rows_loops.h"

// Rows shorter than a vector are left to the level with shorter vectors, and finally computed value by
// value.
#if defined(NARROWER)
static void NAME(stencil_rows)(const StencilRows *work) {
  if (!NAME(try_rows)(work)) NAME_EXPAND(stencil_rows, NARROWER)(work);
}

static void NAME(stencil_pairs)(const StencilPairs *work) {
  if (!NAME(try_pairs)(work)) NAME_EXPAND(stencil_pairs, NARROWER)(work);
}
#else
static void NAME(stencil_rows)(const StencilRows *work) {
  if (!NAME(try_rows)(work)) stencil_rows_by_numbers(work);
}

static void NAME(stencil_pairs)(const StencilPairs *work) {
  if (!NAME(try_pairs)(work)) stencil_pairs_by_numbers(work);
}
#endif
