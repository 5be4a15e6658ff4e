/// What is done to sums before they are stored.
#pragma once

typedef enum { LAYER_IDENTITY, LAYER_RELU, LAYER_LEAKY_RELU } LayerActivation;

/// A bias that is added, and a function applied.
typedef struct {
  /// One number per filter; null for none.
  const float *bias;
  LayerActivation activation;
  /// The factor of negative numbers where the activation is leaky.
  float slope;
} LayerEpilogue;

/// activation(sum) of one number.
static inline float layer_activated(float sum, LayerEpilogue epilogue) {
  if (epilogue.activation == LAYER_RELU && sum <= 0) return 0;
  return epilogue.activation == LAYER_LEAKY_RELU && sum < 0 ? sum * epilogue.slope : sum;
}
