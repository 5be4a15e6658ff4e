// One vector of lines at a time, whose states stay in registers: pole · state is the contribution of the past,
// and the present sample is then added to the state.

// states = pole · states; returns Re((cosine − i sine) · states), summed over all pairs.
INLINE vector NAME(advance)(const RecursiveFilter *filter, vector *real, vector *imaginary) {
  vector sum = splat(0);
#pragma clang loop unroll(full)
  for (int pair = 0; pair < RecursivePairs; pair++) {
    vector re = splat(filter->pole_real[pair]), im = splat(filter->pole_imaginary[pair]);
    vector before = real[pair];
    real[pair] = re * before - im * imaginary[pair];
    imaginary[pair] = im * before + re * imaginary[pair];
    sum = splat(filter->cosine[pair]) * real[pair] + sum;
    sum = splat(filter->sine[pair]) * imaginary[pair] + sum;
  }
  return sum;
}

static void NAME(recursive_filter)(
    const RecursiveFilter *shared, const float *source, size_t before, size_t count, size_t after,
    float *target) {
  // A copy that no store can change.
  const RecursiveFilter filter = *shared;
  float present = 0;
  for (int pair = 0; pair < RecursivePairs; pair++) present += filter.cosine[pair];
  for (int lane = 0; lane < RecursiveLanes; lane += LANES) {
    vector real[RecursivePairs], imaginary[RecursivePairs];
    for (int pair = 0; pair < RecursivePairs; pair++) real[pair] = imaginary[pair] = splat(0);
    const float *from = source + lane;
    for (size_t n = 0; n < before; n++, from += RecursiveLanes) {
      vector sample = load(from);
      NAME(advance)(&filter, real, imaginary);
      for (int pair = 0; pair < RecursivePairs; pair++) real[pair] += sample;
    }
    float *to = target + lane;
    for (size_t n = 0; n < count; n++, from += RecursiveLanes, to += RecursiveLanes) {
      vector sample = load(from);
      store(to, splat(present) * sample + NAME(advance)(&filter, real, imaginary));
      for (int pair = 0; pair < RecursivePairs; pair++) real[pair] += sample;
    }
    for (int pair = 0; pair < RecursivePairs; pair++) real[pair] = imaginary[pair] = splat(0);
    from = source + (before + count + after) * RecursiveLanes + lane;
    for (size_t n = 0; n < after; n++) {
      from -= RecursiveLanes;
      vector sample = load(from);
      NAME(advance)(&filter, real, imaginary);
      for (int pair = 0; pair < RecursivePairs; pair++) real[pair] += sample;
    }
    for (size_t n = 0; n < count; n++) {
      from -= RecursiveLanes;
      to -= RecursiveLanes;
      vector sample = load(from);
      store(to, load(to) + NAME(advance)(&filter, real, imaginary));
      for (int pair = 0; pair < RecursivePairs; pair++) real[pair] += sample;
    }
  }
}
