#include "simd_winograd.h"

// Interpolation points ±p and what follows from them, for one tile size. m(x) = x Π (x² − p²) is the
// polynomial whose roots all finite points are.
typedef struct {
  int pairs;
  float point[3];
  // Coefficients of Π (y − p²), and of that without one of the factors.
  float full[4];
  float without[3][3];
  // One over the products of the differences of a point from all other finite ones: of 0, and of ±p.
  float scale_0;
  float scale[3];
} WinogradPoints;

#define PP (0.625f * 0.625f)
#define QQ (1.5f * 1.5f)

static const WinogradPoints points_6 = {
  .pairs = 2,
  .point = {0.625f, 1.5f},
  .full = {PP * QQ, -(PP + QQ), 1},
  .without = {{-QQ, 1}, {-PP, 1}},
  .scale_0 = 1 / (PP * QQ),
  .scale = {1 / (2 * PP * (PP - QQ)), 1 / (2 * QQ * (QQ - PP))},
};

static const WinogradPoints points_8 = {
  .pairs = 3,
  .point = {0.5f, 1, 2},
  .full = {-1, 5.25f, -5.25f, 1},
  .without = {{4, -5, 1}, {1, -4.25f, 1}, {0.25f, -1.25f, 1}},
  .scale_0 = -1,
  .scale = {1 / 1.40625f, -1 / 4.5f, 1 / 90.f},
};

#define LOOPS "simd_winograd_loops.h"
#include "for_each_level.h"

void winograd_input(
  const float *source, ptrdiff_t row, size_t tiles, int side, int outputs, bool half,
  float *target, ptrdiff_t plane, ptrdiff_t step) {
  DISPATCH(winograd_input, source, row, tiles, side, outputs, half, target, plane, step);
}

void winograd_evaluate(
  const float *source, ptrdiff_t row, ptrdiff_t step, size_t tiles, int side, int count,
  bool half, float *target, ptrdiff_t plane) {
  DISPATCH(winograd_evaluate, source, row, step, tiles, side, count, half, target, plane);
}

void winograd_interpolate(
  const float *entries, ptrdiff_t plane, size_t tiles, int side, int count, bool half,
  float *target, ptrdiff_t row, ptrdiff_t step) {
  DISPATCH(winograd_interpolate, entries, plane, tiles, side, count, half, target, row, step);
}
