import Foundation
import Numerics
import Tensors

/// A filter's transform on a plane through the origin of the frequency domain.
///
/// The plane spanned by two axes is the transform of the kernel summed along all others (the
/// projection-slice theorem), so a picture needs no transform of the whole kernel, whatever its
/// number of axes.
enum FrequencyPlane {
  /// Frequencies from −π to π, both included, in rad/sample.
  static func frequencies(_ count: Int) -> [Double] {
    (0..<count).map { Double.pi * (2 * Double($0) / Double(count - 1) - 1) }
  }

  /// F(u) = Σ f(x) exp(−i u·x) for u along `axes`, all other components 0.
  ///
  /// - Parameters:
  ///   - kernel: `[(t,) (z,) (y,) x]`, its origin at index ⌊n/2⌋ of each axis.
  ///   - axes: One or two axes of the kernel, ascending.
  /// - Returns: `[count]` or `[count, count]`.
  static func transform(
    _ kernel: Tensor<Complex<Double>>, axes: [Int], count: Int
  ) throws(FiltersmithError) -> Tensor<Complex<Double>> {
    let others = (0..<kernel.rank).filter { !axes.contains($0) }
    var result = others.isEmpty ? kernel : try kernel.sum(axes: others)
    // One axis after the other: each step transforms the first axis and moves it to the end.
    for _ in axes {
      let taps = result.shape[0]
      let rest = result.count / max(taps, 1)
      let elements = result.elements
      let frequencies = frequencies(count)
      let extents = Array(result.shape.dimensions.dropFirst()) + [count]
      result = Tensor(uninitialized: Shape(extents)) { buffer in
        for (bin, frequency) in frequencies.enumerated() {
          let waves = (0..<taps).map { tap in
            Complex(length: 1, phase: -frequency * Double(tap - taps / 2))
          }
          for column in 0..<rest {
            var sum = Complex<Double>.zero
            for tap in 0..<taps { sum += elements[tap * rest + column] * waves[tap] }
            buffer.initializeElement(at: column * count + bin, to: sum)
          }
        }
      }
    }
    return result
  }
}
