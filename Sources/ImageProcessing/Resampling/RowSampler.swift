import Convolutions
import SIMDLoops
import Tensors

/// Reads an image at rows of positions between its samples.
///
/// In single precision and two or three axes, positions whose samples all lie inside are read by loops of
/// their own; all others are read as the definition says, sample by sample.
struct RowSampler<Scalar: ConvolutionScalar>: Sendable {
  /// `[channels, space…]`: the samples, or a spline's coefficients.
  private let image: Tensor<Scalar>
  private let interpolation: Interpolation
  private let extents: [Int]
  private let strides: [Int]
  private let border: Border
  private let fill: Scalar
  /// Samples put around the image on every side.
  private let margin: Double
  private let isFast: Bool
  /// Whether all samples beyond the edges have one value.
  private let isConstant: Bool
  /// The positions whose samples all lie inside.
  private let safe: Limits
  /// The positions that have any sample inside.
  private let near: Limits

  /// The range of positions along every axis.
  private struct Limits {
    let low: [Double]
    let high: [Double]
  }

  /// The number of spatial axes.
  var dimensions: Int { extents.count }

  /// Prepares an image `[channels, space…]`.
  init(_ image: Tensor<Scalar>, _ interpolation: Interpolation, _ border: Border)
    throws(FiltersmithError)
  {
    let dimensions = image.rank - 1
    self.interpolation = interpolation
    var border = border
    var margin = 0
    var image = image
    if interpolation == .cubic {
      switch border {
      case .mirror, .symmetric, .wrap: break
      default:
        // Coefficients beyond the edge do not continue those inside, but after a few samples they
        // are those of a constant.
        margin = 12
        let widths = [0] + Array(repeating: margin, count: dimensions)
        image = try image.padded(before: widths, after: widths, border: border)
      }
      image = SplineCoefficients.of(image, axes: 1..<dimensions + 1, border: border)
      if border == .zero { border = .constant(0) }
    }
    self.image = image
    self.margin = Double(margin)
    self.border = border
    fill = Scalar(border.fill)
    isConstant = border.source(of: -1, extent: 1) == nil
    extents = Array(image.shape.dimensions.dropFirst())
    strides = Array(image.shape.strides.dropFirst())
    isFast =
      Scalar.self == Float.self && (2...3).contains(dimensions) && interpolation != .nearest
      && extents.reduce(1, *) < Int(Int32.max)
    let reach: Double = interpolation == .linear ? 0 : 1
    safe = Limits(
      low: extents.map { _ in reach }, high: extents.map { Double($0 - 1) - reach })
    near = Limits(low: extents.map { _ in -2 }, high: extents.map { Double($0 + 1) })
  }

  /// Reads one row in every channel.
  ///
  /// - Parameters:
  ///   - positions: `[axis, count]`; overwritten.
  ///   - count: The number of positions.
  ///   - isStraight: Whether they lie on a straight line, in its order.
  ///   - output: Where the first channel's row goes.
  ///   - step: The distance between the rows of channels.
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func read(
    _ positions: UnsafeMutablePointer<Double>, count: Int, isStraight: Bool = false,
    into output: UnsafeMutablePointer<Scalar>, channelStep step: Int
  ) {
    if margin > 0 {
      for entry in 0..<dimensions * count { positions[entry] += margin }
    }
    let samples = extents.reduce(1, *)
    withUnsafeTemporaryAllocation(of: Scalar.self, capacity: 4 * dimensions) { weights in
      withUnsafeTemporaryAllocation(of: Int.self, capacity: 4 * dimensions) { offsets in
        guard let weights = weights.baseAddress, let offsets = offsets.baseAddress else { return }
        image.withUnsafeElements { source in
          guard let source = source.baseAddress else { return }
          for channel in 0..<image.shape[0] {
            let (from, to) = (source + channel * samples, output + channel * step)
            var index = 0
            while index < count {
              if isFast {
                // A line between two positions inside lies inside.
                let isAllInside =
                  isStraight && isSafe(positions + index, count)
                  && isSafe(positions + count - 1, count)
                let inside =
                  isAllInside
                  ? count - index
                  : run(positions, count, from: index, within: safe, isInside: true)
                if inside > 0 { readInside(from, positions + index, count, inside, to + index) }
                index += inside
              }
              let rest = isFast ? run(positions, count, from: index, within: safe) : count - index
              read(from, positions, count, index..<index + rest, to, weights, offsets)
              index += rest
            }
          }
        }
      }
    }
  }

  /// Whether all samples of a position lie inside.
  @inline(__always)
  private func isSafe(_ position: UnsafePointer<Double>, _ count: Int) -> Bool {
    for axis in 0..<extents.count {
      let place = position[axis * count]
      guard place >= safe.low[axis], place < safe.high[axis] else { return false }
    }
    return true
  }

  /// How many positions from one on lie within limits, or how many do not.
  @inline(__always)
  private func run(
    _ positions: UnsafePointer<Double>, _ count: Int, from index: Int, within limits: Limits,
    isInside: Bool = false
  ) -> Int {
    resample_run(
      positions + index, count, dimensions, limits.low, limits.high, count - index, isInside)
  }

  /// Reads positions some of whose samples may lie outside.
  @inline(__always)
  private func read(
    _ image: UnsafePointer<Scalar>, _ positions: UnsafePointer<Double>, _ count: Int,
    _ range: Range<Int>, _ output: UnsafeMutablePointer<Scalar>,
    _ weights: UnsafeMutablePointer<Scalar>, _ offsets: UnsafeMutablePointer<Int>
  ) {
    var index = range.lowerBound
    while index < range.upperBound {
      var stretch = range.upperBound
      if isConstant {
        // Where no sample lies inside, which may be much of the output.
        let beyond = min(
          run(positions, count, from: index, within: near), range.upperBound - index)
        (output + index).update(repeating: fill, count: beyond)
        index += beyond
        guard index < range.upperBound else { return }
        stretch = index + run(positions, count, from: index, within: near, isInside: true)
        stretch = min(max(stretch, index + 1), range.upperBound)
      }
      while index < stretch {
        output[index] = value(image, positions + index, count, weights, offsets)
        index += 1
      }
    }
  }

  private func readInside(
    _ image: UnsafePointer<Scalar>, _ positions: UnsafePointer<Double>, _ count: Int, _ run: Int,
    _ output: UnsafeMutablePointer<Scalar>
  ) {
    let (source, target) = (floats(image), floats(output))
    let kernel: ResamplingCubic = interpolation == .cubic ? .spline : .catmullRom
    let (first, second, third) = (positions, positions + count, positions + 2 * count)
    switch (dimensions, interpolation) {
    case (2, .linear): resample_linear_2d(source, strides[0], first, second, run, target)
    case (2, _): resample_cubic_2d(source, strides[0], first, second, run, kernel, target)
    case (_, .linear):
      resample_linear_3d(source, strides[0], strides[1], first, second, third, run, target)
    default:
      resample_cubic_3d(source, strides[0], strides[1], first, second, third, run, kernel, target)
    }
  }

  /// The image at one position, by the definition.
  @inline(__always)
  private func value(
    _ image: UnsafePointer<Scalar>, _ position: UnsafePointer<Double>, _ count: Int,
    _ weights: UnsafeMutablePointer<Scalar>, _ offsets: UnsafeMutablePointer<Int>
  ) -> Scalar {
    let taps = interpolation.taps
    for axis in 0..<extents.count {
      let extent = extents[axis]
      let (first, fraction) = interpolation.base(of: position[axis * count])
      interpolation.weights(at: fraction, into: weights + 4 * axis)
      var isAllFill = true
      for tap in 0..<taps {
        let sample = first + tap
        let source = sample >= 0 && sample < extent ? sample : outside(sample, extent)
        if source >= 0 { isAllFill = false }
        offsets[4 * axis + tap] = source < 0 ? -1 : source * strides[axis]
      }
      if isAllFill { return fill }
    }
    return sum(image, 0, weights, offsets)
  }

  @inline(never)
  private func outside(_ sample: Int, _ extent: Int) -> Int {
    border.source(of: sample, extent: extent) ?? -1
  }

  /// The weighted sum over the taps of an axis and all axes after it.
  private func sum(
    _ image: UnsafePointer<Scalar>, _ axis: Int, _ weights: UnsafePointer<Scalar>,
    _ offsets: UnsafePointer<Int>
  ) -> Scalar {
    var total: Scalar = 0
    for tap in 4 * axis..<4 * axis + interpolation.taps {
      let offset = offsets[tap]
      if offset < 0 {
        // The weights of the other axes sum to 1.
        total += weights[tap] * fill
      } else if axis == extents.count - 1 {
        total += weights[tap] * image[offset]
      } else {
        total += weights[tap] * sum(image + offset, axis + 1, weights, offsets)
      }
    }
    return total
  }
}
