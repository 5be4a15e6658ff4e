import Convolutions
import Tensors

/// The coefficients of the cubic B-spline through an image's samples.
///
/// The samples are convolved with the inverse of (1, 4, 1) / 6, whose impulse response is
/// −6 z / (1 − z²) · z^|n| with z = √3 − 2: two recursions, which start so far outside the image that
/// what came before has decayed.
enum SplineCoefficients {
  private static let pole = 3.0.squareRoot() - 2
  private static let gain = -6 * pole / (1 - pole * pole)
  /// z^30 is below the precision of a Double.
  private static let memory = 30
  /// Lines that are filtered side by side.
  private static let lanes = 16

  /// The coefficients, of the same shape.
  ///
  /// - Parameters:
  ///   - image: `[…, space…]`.
  ///   - axes: How many of the last axes the spline has.
  ///   - border: How the image continues.
  static func of<Scalar: ConvolutionScalar>(
    _ image: Tensor<Scalar>, axes: Range<Int>, border: Border
  ) -> Tensor<Scalar> {
    var result = image
    guard result.count > 0 else { return result }
    let shape = image.shape
    result.withUnsafeMutableElements { elements in
      let data = SharedPointer(elements)
      for axis in axes where shape[axis] > 0 {
        let inner = shape.dimensions[(axis + 1)...].reduce(1, *)
        filter(data, extent: shape[axis], inner: inner, count: shape.elementCount, border)
      }
    }
    return result
  }

  /// Filters all lines along one axis in place.
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  private static func filter<Scalar: ConvolutionScalar>(
    _ data: SharedPointer<Scalar>, extent: Int, inner: Int, count: Int, _ border: Border
  ) {
    let before = (-memory..<0).map { border.source(of: $0, extent: extent) ?? -1 }
    let after = (extent..<extent + memory).map { border.source(of: $0, extent: extent) ?? -1 }
    let fill = Scalar(border.fill)
    let lines = count / extent
    let perOuter = inner == 1 ? lines : inner
    let blocks = (perOuter + lanes - 1) / lanes
    parallelFor(lines / perOuter * blocks) { piece in
      typealias Lanes = SIMD16<Scalar>
      let first = piece % blocks * lanes
      let lineStep = inner == 1 ? extent : 1
      let step = inner == 1 ? 1 : inner
      let start = data.pointer + piece / blocks * extent * inner + first * lineStep
      let used = min(lanes, perOuter - first)
      withScratch(Scalar.self, count: 2 * lanes * extent) { scratch in
        let (samples, forward) = (scratch, scratch + lanes * extent)
        func load(_ block: UnsafePointer<Scalar>, _ position: Int) -> Lanes {
          var values = Lanes()
          for lane in 0..<lanes { values[lane] = block[position * lanes + lane] }
          return values
        }
        for position in 0..<extent {
          let line = samples + position * lanes
          for lane in 0..<used { line[lane] = start[position * step + lane * lineStep] }
          for lane in used..<lanes { line[lane] = 0 }
        }
        func extended(_ source: Int) -> Lanes {
          source < 0 ? Lanes(repeating: fill) : load(samples, source)
        }
        let (pole, gain) = (Scalar(self.pole), Scalar(self.gain))
        var state = Lanes()
        for source in before { state = extended(source) + state * pole }
        for position in 0..<extent {
          state = load(samples, position) + state * pole
          for lane in 0..<lanes { forward[position * lanes + lane] = state[lane] }
        }
        state = Lanes()
        for source in after.reversed() { state = (extended(source) + state) * pole }
        for position in stride(from: extent - 1, through: 0, by: -1) {
          let value = (load(forward, position) + state) * gain
          for lane in 0..<used { start[position * step + lane * lineStep] = value[lane] }
          state = (load(samples, position) + state) * pole
        }
      }
    }
  }
}
