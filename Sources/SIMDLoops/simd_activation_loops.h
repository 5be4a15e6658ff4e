// A layer's activation of a vector of sums.

INLINE vector NAME(activated)(vector sum, LayerActivation activation, float slope) {
  // Both propagate NaN.
  if (activation == LAYER_RELU) return choose(sum <= splat(0), splat(0), sum);
  if (activation == LAYER_LEAKY_RELU) return choose(sum < splat(0), sum * slope, sum);
  return sum;
}
