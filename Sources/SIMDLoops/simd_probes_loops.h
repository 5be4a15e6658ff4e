// Twelve chains hide the latency of a multiply-add on all processors of interest and fit into
// sixteen registers.
static long NAME(probe_arithmetic)(long repetitions, float *sink) {
  enum { chains = 12 };
  vector sums[chains];
  vector factor = splat(*sink);
  vector summand = splat(*sink * 0.5f);
  for (int chain = 0; chain < chains; chain++) sums[chain] = splat((float)chain);
  for (long repetition = 0; repetition < repetitions; repetition++) {
#pragma clang loop unroll(full)
    for (int chain = 0; chain < chains; chain++) sums[chain] = sums[chain] * factor + summand;
  }
  vector total = sums[0];
  for (int chain = 1; chain < chains; chain++) total += sums[chain];
  float result = 0;
  for (int lane = 0; lane < LANES; lane++) result += total[lane];
  *sink = result;
  return repetitions * chains * LANES * 2;
}

static void NAME(probe_copy)(const float *source, float *target, long count) {
  long position = 0;
  for (; position + 4 * LANES <= count; position += 4 * LANES) {
    vector values[4];
    for (int part = 0; part < 4; part++) values[part] = load(source + position + part * LANES);
    for (int part = 0; part < 4; part++) store(target + position + part * LANES, values[part]);
  }
  for (; position < count; position++) target[position] = source[position];
}

static void NAME(probe_streaming_copy)(const float *source, float *target, long count) {
  long position = 0;
  // Stores that bypass the caches must be aligned.
  while (position < count && (unsigned long)(target + position) % sizeof(vector)) {
    target[position] = source[position];
    position++;
  }
  for (; position + LANES <= count; position += LANES) {
    __builtin_nontemporal_store(load(source + position), (vector *)(target + position));
  }
  for (; position < count; position++) target[position] = source[position];
#if defined(__x86_64__)
  // Such stores are weakly ordered: make them visible before completion is signalled.
  __builtin_ia32_sfence();
#endif
}
