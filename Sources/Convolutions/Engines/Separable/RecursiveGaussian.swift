import SIMDLoops
import Tensors

/// Smoothing by a Gaussian of any width, at a cost that does not depend on the width.
///
/// An approximation: along each axis the impulse response differs from the sampled Gaussian,
/// exp(−n²/2σ²) divided by its sum, by at most 10⁻⁵ of its peak, and a result by at most 8 · 10⁻⁶ of
/// the image's largest magnitude per axis, apart from rounding errors. Mean and variance of the response
/// are exact. The filter is the sum of a causal and an anticausal recursion with three pairs of poles
/// each (Deriche 1993, refitted); both start 7 σ beyond the image's edges, in the samples that the
/// border puts there.
///
/// For a σ of a few samples, convolution with the sampled Gaussian is as fast, and exact.
public struct RecursiveGaussian: Hashable, Sendable {
  /// The standard deviation along each of the last axes, in samples; 0 leaves an axis as it is.
  public let sigma: [Double]
  /// How the image continues beyond its edges.
  public let border: Border

  /// A Gaussian for as many axes as there are standard deviations.
  ///
  /// - Parameters:
  ///   - sigma: 1 to 4 standard deviations in array axis order, `[y, x]`: 0, or from 0.5 to 10,000
  ///     samples.
  ///   - border: Any that keeps the image's size.
  /// - Throws: ``FiltersmithError`` for other values, or the borders `valid` and `full`.
  public init(sigma: [Double], border: Border = .mirror) throws(FiltersmithError) {
    guard (1...4).contains(sigma.count) else {
      throw FiltersmithError(
        .argument,
        "sigma \(sigma) has \(sigma.count) numbers; one for each of 1 to 4 axes was expected")
    }
    guard sigma.allSatisfy({ $0 == 0 || (0.5...10_000).contains($0) }) else {
      throw FiltersmithError(
        .argument,
        "sigma \(sigma): numbers from 0.5 to 10,000, or 0 to leave an axis, were expected")
    }
    guard border != .valid, border != .full else {
      throw FiltersmithError(
        .argument, "border '\(border)' changes the image's size; recursive filters keep it")
    }
    self.sigma = sigma
    self.border = border
  }

  /// The smoothed image.
  ///
  /// - Parameter image: `[…, spatial…]`: its last axes are smoothed, all before them hold separate
  ///   images.
  /// - Returns: An array of the same shape.
  /// - Throws: ``FiltersmithError`` when the image has fewer axes than there are standard deviations.
  public func smooth<Scalar: ConvolutionScalar>(
    _ image: Tensor<Scalar>
  ) throws(FiltersmithError) -> Tensor<Scalar> {
    guard image.rank >= sigma.count else {
      throw FiltersmithError(
        .shape, "image \(image.shape) has \(image.rank) axes; sigma \(sigma) expects \(sigma.count)"
      )
    }
    var result = image
    guard result.count > 0 else { return result }
    let shape = image.shape
    result.withUnsafeMutableElements { elements in
      guard let start = elements.baseAddress else { return }
      for (position, sigma) in sigma.enumerated().reversed() where sigma > 0 {
        let axis = image.rank - self.sigma.count + position
        RecursiveLines<Scalar>(
          extent: shape[axis], inner: shape.dimensions[(axis + 1)...].reduce(1, *),
          sigma: sigma, border: border
        ).run(start, lines: shape.elementCount / shape[axis])
      }
    }
    return result
  }
}

/// Filters all lines along one axis in place, sixteen at a time.
private struct RecursiveLines<Scalar: ConvolutionScalar>: Sendable {
  /// Samples of a line, and the distance between neighbours.
  let extent: Int
  let inner: Int
  private let fit: RecursiveFit
  private let memory: Int
  /// Where the samples before and after a line come from; −1: the constant.
  private let before: [Int]
  private let after: [Int]
  private let fill: Scalar

  private static var lanes: Int { 16 }

  init(extent: Int, inner: Int, sigma: Double, border: Border) {
    self.extent = extent
    self.inner = inner
    fit = RecursiveFit(sigma: sigma) { Double(Scalar($0)) }
    let memory = RecursiveFit.memory(sigma)
    self.memory = memory
    before = (-memory..<0).map { border.source(of: $0, extent: extent) ?? -1 }
    after = (extent..<extent + memory).map { border.source(of: $0, extent: extent) ?? -1 }
    fill = Scalar(border.fill)
  }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func run(_ data: UnsafeMutablePointer<Scalar>, lines: Int) {
    let data = SharedPointer(data)
    let lanes = Self.lanes
    // Lines that are neighbours in memory, or rows, or both; never of different outer positions
    // unless they are rows.
    let perOuter = inner == 1 ? lines : inner
    let blocks = (perOuter + lanes - 1) / lanes
    parallelFor(lines / perOuter * blocks) { piece in
      let (outer, block) = (piece / blocks, piece % blocks)
      let first = block * lanes
      let count = min(lanes, perOuter - first)
      let start = data.pointer + outer * extent * inner + first * (inner == 1 ? extent : 1)
      let samples = extent + 2 * memory
      withScratch(Scalar.self, count: (samples + extent) * lanes) { source in
        let target = source + samples * lanes
        let inside = source + memory * lanes
        gather(start, count, into: inside)
        for (range, sources) in [(0, before), (memory + extent, after)] {
          for (position, from) in sources.enumerated() {
            let line = source + (range + position) * lanes
            if from < 0 {
              line.update(repeating: fill, count: lanes)
            } else {
              line.update(from: inside + from * lanes, count: lanes)
            }
          }
        }
        filter(source, target)
        scatter(target, count, into: start)
      }
    }
  }

  /// Puts `count` lines side by side, zeros for the rest of the lanes.
  @inline(__always)
  private func gather(
    _ start: UnsafePointer<Scalar>, _ count: Int, into block: UnsafeMutablePointer<Scalar>
  ) {
    let lanes = Self.lanes
    if inner == 1, Scalar.self == Float.self {
      return layer_pack_transposed(floats(start), extent, count, extent, floats(block), 0)
    }
    if count < lanes { block.update(repeating: 0, count: extent * lanes) }
    for position in 0..<extent {
      let line = block + position * lanes
      if inner == 1 {
        for lane in 0..<count { line[lane] = start[lane * extent + position] }
      } else {
        line.update(from: start + position * inner, count: count)
      }
    }
  }

  /// The reverse.
  @inline(__always)
  private func scatter(
    _ block: UnsafePointer<Scalar>, _ count: Int, into start: UnsafeMutablePointer<Scalar>
  ) {
    let lanes = Self.lanes
    if inner == 1, Scalar.self == Float.self {
      return layer_store_transposed(
        floats(block), extent, count, floats(start), extent, nil, LAYER_IDENTITY, 1)
    }
    for position in 0..<extent {
      let line = block + position * lanes
      if inner == 1 {
        for lane in 0..<count { start[lane * extent + position] = line[lane] }
      } else {
        (start + position * inner).update(from: line, count: count)
      }
    }
  }

  /// Both recursions.
  @inline(__always)
  private func filter(
    _ source: UnsafePointer<Scalar>, _ target: UnsafeMutablePointer<Scalar>
  ) {
    if Scalar.self == Float.self {
      var filter = RecursiveFilter()
      set(&filter.pole_real, fit.poles.map(\.real))
      set(&filter.pole_imaginary, fit.poles.map(\.imaginary))
      set(&filter.cosine, fit.cosines)
      set(&filter.sine, fit.sines)
      recursive_filter(&filter, floats(source), memory, extent, memory, floats(target))
    } else {
      recur(source, target)
    }
  }

  private func set(_ numbers: inout (Float, Float, Float), _ values: [Double]) {
    numbers = (Float(values[0]), Float(values[1]), Float(values[2]))
  }

  /// The recursions in any precision, sixteen lanes in a SIMD vector.
  @inline(__always)
  private func recur(
    _ source: UnsafePointer<Scalar>, _ target: UnsafeMutablePointer<Scalar>
  ) {
    typealias Lanes = SIMD16<Scalar>
    let lanes = Self.lanes
    let present = Scalar(fit.cosines.reduce(0, +))
    let samples = extent + 2 * memory
    for isBackward in [false, true] {
      var states = [(Lanes, Lanes)](
        repeating: (Lanes(repeating: 0), Lanes(repeating: 0)), count: fit.poles.count)
      for step in 0..<memory + extent {
        let position = isBackward ? samples - 1 - step : step
        var sample = Lanes()
        for lane in 0..<lanes { sample[lane] = source[position * lanes + lane] }
        var sum = Lanes(repeating: 0)
        for (pair, pole) in fit.poles.enumerated() {
          let (real, imaginary) = states[pair]
          let (re, im) = (Scalar(pole.real), Scalar(pole.imaginary))
          let past = (real * re - imaginary * im, real * im + imaginary * re)
          sum += past.0 * Scalar(fit.cosines[pair]) + past.1 * Scalar(fit.sines[pair])
          states[pair] = (past.0 + sample, past.1)
        }
        guard step >= memory else { continue }
        let output = target + (position - memory) * lanes
        if isBackward {
          for lane in 0..<lanes { output[lane] += sum[lane] }
        } else {
          sum += sample * present
          for lane in 0..<lanes { output[lane] = sum[lane] }
        }
      }
    }
  }
}
