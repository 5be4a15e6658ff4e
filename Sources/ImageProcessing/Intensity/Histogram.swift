import Convolutions
import Tensors

/// How often values occur, in bins of equal width.
public struct Histogram: Sendable, Hashable, Codable {
  /// How many values fell into each bin.
  public let counts: [Int]
  /// Where the first bin begins.
  public let lower: Double
  /// Where the last bin ends; it includes this value.
  public let upper: Double

  /// The width of a bin.
  public var binWidth: Double { (upper - lower) / Double(counts.count) }
  /// The middle of each bin.
  public var centers: [Double] {
    counts.indices.map { lower + (Double($0) + 0.5) * binWidth }
  }
  /// How many values there are.
  public var total: Int { counts.reduce(0, +) }

  /// The fraction of all values up to the end of each bin, from 0 to 1.
  public var cumulative: [Double] {
    var sum = 0
    let total = Double(max(total, 1))
    return counts.map { count in
      sum += count
      return Double(sum) / total
    }
  }

  /// Counts the values of an image.
  ///
  /// NaNs and values outside the range are not counted.
  ///
  /// - Parameters:
  ///   - image: The values.
  ///   - bins: How many bins, 1 to 2²⁴.
  ///   - range: The values that the bins cover; from the smallest to the largest unless given. For
  ///     whole numbers from a to b, b − a + 1 bins from a − ½ to b + ½ count each separately.
  ///   - mask: Which samples are counted; all unless given.
  /// - Throws: ``FiltersmithError`` for another number of bins, an infinite range, a mask of another
  ///   shape, or nothing to count.
  public init<Scalar: ConvolutionScalar>(
    of image: Tensor<Scalar>, bins: Int = 256, range: ClosedRange<Double>? = nil,
    mask: Tensor<Bool>? = nil
  ) throws(FiltersmithError) {
    guard (1...1 << 24).contains(bins) else {
      throw FiltersmithError(.argument, "a histogram has 1 to \(1 << 24) bins; given \(bins)")
    }
    if let mask, mask.shape != image.shape {
      throw FiltersmithError(.shape, "mask \(mask.shape) does not fit the image \(image.shape)")
    }
    let found = Self.extent(of: image, mask)
    guard let range = range ?? found else {
      throw FiltersmithError(
        .argument, "an image of shape \(image.shape) has no finite values to count")
    }
    guard range.lowerBound.isFinite, range.upperBound.isFinite else {
      throw FiltersmithError(.argument, "a histogram's range is finite; given \(range)")
    }
    // As NumPy does for a range of length 0.
    let isPoint = range.lowerBound == range.upperBound
    let lower = range.lowerBound - (isPoint ? 0.5 : 0)
    let upper = range.upperBound + (isPoint ? 0.5 : 0)
    var counts = [Int](repeating: 0, count: bins)
    let scale = Double(bins) / (upper - lower)
    image.withUnsafeElements { values in
      counts.withUnsafeMutableBufferPointer { counts in
        func count(_ value: Scalar) {
          let value = Double(value)
          guard value >= lower, value <= upper else { return }
          counts[min(Int((value - lower) * scale), bins - 1)] += 1
        }
        if let mask {
          mask.withUnsafeElements { mask in
            for index in values.indices where mask[index] { count(values[index]) }
          }
        } else {
          for value in values { count(value) }
        }
      }
    }
    self.counts = counts
    self.lower = lower
    self.upper = upper
  }

  /// The smallest and largest finite value.
  private static func extent<Scalar: ConvolutionScalar>(
    of image: Tensor<Scalar>, _ mask: Tensor<Bool>?
  ) -> ClosedRange<Double>? {
    var (low, high) = (Scalar.infinity, -Scalar.infinity)
    image.withUnsafeElements { values in
      func take(_ value: Scalar) {
        guard value.isFinite else { return }
        low = min(low, value)
        high = max(high, value)
      }
      if let mask {
        mask.withUnsafeElements { mask in
          for index in values.indices where mask[index] { take(values[index]) }
        }
      } else {
        for value in values { take(value) }
      }
    }
    return low <= high ? Double(low)...Double(high) : nil
  }

  /// The threshold that separates the values into two classes with the largest variance between
  /// them (Otsu 1979): the middle of a bin; the upper class lies above it.
  ///
  /// - Throws: ``FiltersmithError`` of kind `numerical` when all values fall into one bin.
  public func otsuThreshold() throws(FiltersmithError) -> Double {
    let thresholds = try otsuThresholds(classes: 2)
    return thresholds[0]
  }

  /// The thresholds that separate the values into several classes with the largest variance between
  /// them (Liao, Chen, Chung 2001), in ascending order.
  ///
  /// - Parameter classes: 2 to 8. The best of all partitions is found, by dynamic programming.
  /// - Throws: ``FiltersmithError`` for another number, and of kind `numerical` when there are fewer
  ///   bins with values than classes.
  public func otsuThresholds(classes: Int) throws(FiltersmithError) -> [Double] {
    guard (2...8).contains(classes) else {
      throw FiltersmithError(.argument, "2 to 8 classes can be separated; given \(classes)")
    }
    guard counts.count(where: { $0 > 0 }) >= classes else {
      throw FiltersmithError(
        .numerical,
        "the values fall into \(counts.count(where: { $0 > 0 })) bins; \(classes) classes need more"
      )
    }
    guard counts.count <= 4096 else {
      throw FiltersmithError(
        .argument, "thresholds are found among at most 4096 bins; there are \(counts.count)")
    }
    let bins = counts.count
    let centers = centers
    var (weight, moment) = ([0.0], [0.0])
    // Measured from the middle, so that no precision is lost far from 0.
    let middle = (lower + upper) / 2
    for bin in 0..<bins {
      weight.append(weight[bin] + Double(counts[bin]))
      moment.append(moment[bin] + Double(counts[bin]) * (centers[bin] - middle))
    }
    // The variance between classes depends on Σ over classes of weight · mean².
    func gain(_ first: Int, _ end: Int) -> Double {
      let total = weight[end] - weight[first]
      let sum = moment[end] - moment[first]
      return total > 0 ? sum * sum / total : -.infinity
    }
    var best = (0...bins).map { gain(0, $0) }
    var cuts: [[Int]] = []
    for _ in 1..<classes {
      var next = [Double](repeating: -.infinity, count: bins + 1)
      var cut = [Int](repeating: 0, count: bins + 1)
      for end in 1...bins {
        for start in 1..<max(end, 1) {
          let value = best[start] + gain(start, end)
          if value > next[end] { (next[end], cut[end]) = (value, start) }
        }
      }
      best = next
      cuts.append(cut)
    }
    var thresholds: [Double] = []
    var end = bins
    for cut in cuts.reversed() {
      end = cut[end]
      thresholds.insert(centers[end - 1], at: 0)
    }
    return thresholds
  }

  /// The value below which a fraction of all values lies, interpolated linearly within its bin.
  ///
  /// - Parameter fraction: From 0 to 1.
  public func quantile(_ fraction: Double) -> Double {
    let target = min(max(fraction, 0), 1) * Double(total)
    var below = 0.0
    for (bin, count) in counts.enumerated() where count > 0 {
      if below + Double(count) >= target {
        return lower + (Double(bin) + (target - below) / Double(count)) * binWidth
      }
      below += Double(count)
    }
    return upper
  }
}
