/// The innermost loops of Filtersmith, one header per topic.
///
/// Every function exists for several instruction sets and is chosen at run time. Functions do not
/// allocate, start threads or make decisions: that is their callers' work.
#pragma once

#include "simd_edges.h"
#include "simd_elements.h"
#include "simd_epilogue.h"
#include "simd_layers.h"
#include "simd_level.h"
#include "simd_losses.h"
#include "simd_optimizers.h"
#include "simd_planar.h"
#include "simd_probes.h"
#include "simd_ranks.h"
#include "simd_recursive.h"
#include "simd_resampling.h"
#include "simd_rows.h"
#include "simd_spectral.h"
#include "simd_winograd.h"
#include "stencils.h"
