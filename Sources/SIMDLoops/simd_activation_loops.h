// A layer's activation of a vector of sums, whose bias was added.

INLINE vector NAME(activated)(vector sum, LayerEpilogue epilogue) {
  // Both propagate NaN.
  if (epilogue.activation == LAYER_RELU) return choose(sum <= splat(0), splat(0), sum);
  if (epilogue.activation == LAYER_LEAKY_RELU)
    return choose(sum < splat(0), sum * epilogue.slope, sum);
  return sum;
}

#ifndef FOR_KNOWN_ACTIVATION
// A statement once for each activation, which is then known when it is compiled.
#define FOR_KNOWN_ACTIVATION(epilogue, ...) \
  switch (epilogue.activation) { \
    case LAYER_IDENTITY: epilogue.activation = LAYER_IDENTITY; __VA_ARGS__; break; \
    case LAYER_RELU: epilogue.activation = LAYER_RELU; __VA_ARGS__; break; \
    case LAYER_LEAKY_RELU: epilogue.activation = LAYER_LEAKY_RELU; __VA_ARGS__; break; \
  }
#endif
