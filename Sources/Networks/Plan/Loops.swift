import Convolutions
import SIMDLoops
import Tensors

/// Sums over rows of memory, in a fixed order: lanes first, then in double precision.
///
/// In single precision the lanes are those of the processor's longest vectors.
enum Sums {
  /// Σ x.
  @inline(__always)
  static func sum<Scalar: ConvolutionScalar>(_ x: UnsafePointer<Scalar>, _ count: Int) -> Double {
    if Scalar.self == Float.self { return row_sum(floats(x), count) }
    return reduce(count) { position in
      vector(x + position)
    } rest: {
      x[$0]
    }
  }

  /// Σ x y.
  @inline(__always)
  static func product<Scalar: ConvolutionScalar>(
    _ x: UnsafePointer<Scalar>, _ y: UnsafePointer<Scalar>, _ count: Int
  ) -> Double {
    if Scalar.self == Float.self { return row_product(floats(x), floats(y), 0, count) }
    return reduce(count) { position in
      vector(x + position) * vector(y + position)
    } rest: {
      x[$0] * y[$0]
    }
  }

  /// Σ (x − mean)².
  @inline(__always)
  static func squares<Scalar: ConvolutionScalar>(
    _ x: UnsafePointer<Scalar>, from mean: Scalar, _ count: Int
  ) -> Double {
    if Scalar.self == Float.self { return row_squares(floats(x), Float(mean), count) }
    return reduce(count) { position in
      let difference = vector(x + position) - SIMD8(repeating: mean)
      return difference * difference
    } rest: {
      (x[$0] - mean) * (x[$0] - mean)
    }
  }

  /// Σ g (x − mean).
  @inline(__always)
  static func product<Scalar: ConvolutionScalar>(
    _ g: UnsafePointer<Scalar>, _ x: UnsafePointer<Scalar>, from mean: Scalar, _ count: Int
  ) -> Double {
    if Scalar.self == Float.self { return row_product(floats(g), floats(x), Float(mean), count) }
    return reduce(count) { position in
      vector(g + position) * (vector(x + position) - SIMD8(repeating: mean))
    } rest: {
      g[$0] * (x[$0] - mean)
    }
  }

  @inline(__always)
  static func vector<Scalar: ConvolutionScalar>(_ from: UnsafePointer<Scalar>) -> SIMD8<Scalar> {
    UnsafeRawPointer(from).loadUnaligned(as: SIMD8<Scalar>.self)
  }

  @inline(__always)
  private static func reduce<Scalar: ConvolutionScalar>(
    _ count: Int, _ eight: (Int) -> SIMD8<Scalar>, rest: (Int) -> Scalar
  ) -> Double {
    var first = SIMD8<Scalar>(repeating: 0)
    var second = first
    var position = 0
    while position + 16 <= count {
      first += eight(position)
      second += eight(position + 8)
      position += 16
    }
    let lanes = first + second
    var total = 0.0
    for lane in 0..<8 { total += Double(lanes[lane]) }
    while position < count {
      total += Double(rest(position))
      position += 1
    }
    return total
  }
}

/// Σ over a batch of one channel's values, channel by channel: the gradient of a bias.
@_specialize(where Scalar == Float)
@_specialize(where Scalar == Double)
func sumChannels<Scalar: ConvolutionScalar>(
  _ gradient: SharedPointer<Scalar>, batch: Int, channels: Int, run: Int,
  into sums: SharedPointer<Scalar>
) {
  parallelFor(channels, grain: max(1, 4096 / max(batch * run, 1))) { channel in
    var total = 0.0
    for sample in 0..<batch {
      total += Sums.sum(gradient.pointer + (sample * channels + channel) * run, run)
    }
    sums[channel] = Scalar(total)
  }
}

/// target += source.
@_specialize(where Scalar == Float)
@_specialize(where Scalar == Double)
func add<Scalar: ConvolutionScalar>(
  _ source: SharedPointer<Scalar>, to target: SharedPointer<Scalar>, count: Int
) {
  forEachPart(count) { part in
    let place = target.pointer + part.lowerBound
    Rows.add(place, source.pointer + part.lowerBound, into: place, part.count)
  }
}
