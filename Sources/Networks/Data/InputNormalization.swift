import Tensors

/// The mean and standard deviation that normalise each channel of the inputs before a network sees them.
///
/// It is learnt from the training set and kept with a network's weights, so that a prediction repeats
/// it: x becomes (x − mean) / deviation.
public struct InputNormalization: Sendable, Hashable, Codable {
  /// The mean of each channel.
  public var mean: [Float]
  /// The standard deviation of each channel.
  public var deviation: [Float]

  /// A normalisation by given means and standard deviations, one of each per channel.
  ///
  /// - Throws: ``FiltersmithError`` of kind `argument` for different numbers of channels, and for
  ///   standard deviations that are not positive.
  public init(mean: [Float], deviation: [Float]) throws(FiltersmithError) {
    guard
      mean.count == deviation.count, mean.allSatisfy(\.isFinite),
      deviation.allSatisfy({ $0 > 0 && $0.isFinite })
    else {
      throw FiltersmithError(
        .argument,
        "a normalisation has a finite mean and a positive deviation for each channel; given \(mean) "
          + "and \(deviation)")
    }
    self.mean = mean
    self.deviation = deviation
  }

  /// The normalisation after which each channel of a set has mean 0 and standard deviation 1.
  ///
  /// A constant channel keeps its scale.
  ///
  /// - Throws: ``FiltersmithError`` when a file cannot be read, a number is not finite or there are
  ///   no samples.
  public init(of dataset: Dataset) throws(FiltersmithError) {
    guard dataset.count > 0 else {
      throw FiltersmithError(.argument, "there are no samples to take means of")
    }
    let channels = dataset.sampleShape[0]
    let size = dataset.sampleShape.elementCount / max(channels, 1)
    // Moments of each sample about its own mean, joined in the order of the samples, so that the bits
    // do not depend on the number of threads.
    let moments = try parallelResults(dataset.count) { index throws(FiltersmithError) in
      let input = try dataset.input(at: index)
      return (0..<channels).map { channel in
        input.withUnsafeElements { elements in
          let part = elements[channel * size..<(channel + 1) * size]
          let mean = part.reduce(0.0) { $0 + Double($1) } / Double(size)
          return (mean, part.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) })
        }
      }
    }
    var means = [Float]()
    var deviations = [Float]()
    for channel in 0..<channels {
      let mean = moments.reduce(0.0) { $0 + $1[channel].0 } / Double(moments.count)
      let squares = moments.reduce(0.0) { sum, sample in
        let distance = sample[channel].0 - mean
        return sum + sample[channel].1 + Double(size) * distance * distance
      }
      let deviation = (squares / Double(size * moments.count)).squareRoot()
      guard mean.isFinite, deviation.isFinite else {
        throw FiltersmithError(
          .numerical, "channel \(channel) of the inputs has values that are not finite")
      }
      means.append(Float(mean))
      deviations.append(deviation > 1e-12 * max(abs(mean), 1e-12) ? Float(deviation) : 1)
    }
    try self.init(mean: means, deviation: deviations)
  }

  /// A normalised input, `[channels, spatial…]`, or a batch of them, `[batch, channels, spatial…]`.
  ///
  /// - Parameters:
  ///   - inputs: The inputs.
  ///   - channelAxis: 0 for one input, 1 for a batch.
  /// - Throws: ``FiltersmithError`` of kind `shape` for another number of channels.
  public func applied(
    to inputs: Tensor<Float>, channelAxis: Int = 0
  ) throws(FiltersmithError) -> Tensor<Float> {
    let axis = try inputs.shape.normalized(axis: channelAxis)
    guard inputs.shape[axis] == mean.count else {
      throw FiltersmithError(
        .shape,
        "inputs \(inputs.shape) have \(inputs.shape[axis]) channels; the normalisation has "
          + "\(mean.count)")
    }
    var result = inputs
    let size = inputs.shape[axis...].reduce(1, *)
    guard size > 0 else { return inputs }
    result.withUnsafeMutableElements { elements in
      for start in stride(from: 0, to: elements.count, by: size) {
        apply(to: UnsafeMutableBufferPointer(rebasing: elements[start..<start + size]))
      }
    }
    return result
  }

  /// Normalises one input, `[channels, spatial…]`, in place.
  func apply(to input: UnsafeMutableBufferPointer<Float>) {
    let size = input.count / max(mean.count, 1)
    for channel in mean.indices {
      let (mean, factor) = (mean[channel], 1 / deviation[channel])
      for index in channel * size..<(channel + 1) * size {
        input[index] = (input[index] - mean) * factor
      }
    }
  }
}
