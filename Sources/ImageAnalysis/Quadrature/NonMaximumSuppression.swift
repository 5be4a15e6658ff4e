import Tensors

extension Tensor where Element == Float {
  /// The samples that are largest along a direction of their own; 0 elsewhere.
  ///
  /// Each sample is compared with the image one step forwards and backwards along its direction, linearly
  /// interpolated. With the magnitude of quadrature filters across the local orientation that leaves
  /// edges and lines one sample wide.
  ///
  /// - Parameters:
  ///   - directions: Vectors in array order, `[D, space…]`; their sign does not matter, and 0 leaves
  ///     a sample out.
  ///   - threshold: Smaller samples are left out too.
  /// - Throws: ``FiltersmithError`` when the shapes do not fit.
  public func suppressingNonMaxima(
    along directions: Tensor<Float>, threshold: Float = 0
  ) throws(FiltersmithError) -> Tensor<Float> {
    try FieldCheck.equalShapes(
      Shape([rank]) + shape, "directions [D, space…]", directions.shape, "those given")
    let (axes, samples, extents, strides) = (rank, count, shape.dimensions, shape.strides)
    return Tensor(shape, samples: samples, from: [self, directions]) { from, output, piece in
      let sampler = LinearSampler(extents: extents, strides: strides)
      withUnsafeTemporaryAllocation(of: Float.self, capacity: 2 * axes) { scratch in
        guard let before = scratch.baseAddress else { return }
        let behind = before + axes
        for sample in piece {
          let value = from[0][sample]
          output[sample] = 0
          guard value > threshold else { continue }
          var square: Float = 0
          for axis in 0..<axes {
            let component = from[1][axis * samples + sample]
            square += component * component
          }
          guard square > 0 else { continue }
          let scale = 1 / square.squareRoot()
          for axis in 0..<axes {
            let here = Float(sample / strides[axis] % extents[axis])
            let step = from[1][axis * samples + sample] * scale
            before[axis] = here - step
            behind[axis] = here + step
          }
          let isLargest =
            value > sampler.value(from[0].pointer, at: before)
            && value >= sampler.value(from[0].pointer, at: behind)
          if isLargest { output[sample] = value }
        }
      }
    }
  }
}

/// Linear interpolation between samples; beyond the edges the nearest sample is used.
struct LinearSampler {
  let extents: [Int]
  let strides: [Int]

  /// The value at a position between samples.
  func value(_ image: UnsafePointer<Float>, at place: UnsafePointer<Float>) -> Float {
    let axes = extents.count
    var (offset, sum): (Int, Float) = (0, 0)
    // Up to four axes: their lower neighbours' weights, and the offsets to the upper ones.
    var weights = SIMD4<Float>(repeating: 0)
    var steps = SIMD4<Int>(repeating: 0)
    for axis in 0..<axes {
      let last = extents[axis] - 1
      let position = min(max(place[axis], 0), Float(last))
      let lower = min(Int(position), max(last - 1, 0))
      weights[axis] = position - Float(lower)
      steps[axis] = last > 0 ? strides[axis] : 0
      offset += lower * strides[axis]
    }
    for corner in 0..<(1 << axes) {
      var (weight, position): (Float, Int) = (1, offset)
      for axis in 0..<axes {
        if corner >> axis & 1 == 1 {
          weight *= weights[axis]
          position += steps[axis]
        } else {
          weight *= 1 - weights[axis]
        }
      }
      if weight != 0 { sum += weight * image[position] }
    }
    return sum
  }
}
