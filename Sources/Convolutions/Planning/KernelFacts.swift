import Foundation
import Tensors

/// What the coefficients of a kernel allow, for algorithms that depend on them.
struct KernelFacts<Scalar: ConvolutionScalar>: Sendable {
  /// The coefficients, `[filters, channels / groups, spatial…]`.
  let kernel: Tensor<Scalar>
  /// Per filter and channel, one factor per spatial axis whose outer product is the kernel; `nil`
  /// when some kernel is not an outer product.
  let factors: [[[Scalar]]]?
  /// Per filter and channel, the sum of outer products that equals the kernel to within the
  /// tolerance; `nil` when some kernel needs so many that they save no multiply-adds.
  let outerProducts: [OuterProductSum]?
  /// The largest error allowed for a sum of outer products, relative to the kernel's Euclidean norm.
  let tolerance: Double
  /// Whether every coefficient is a finite number.
  let isFinite: Bool

  init(_ kernel: Tensor<Scalar>, tolerance: Double = 0) {
    self.kernel = kernel
    self.tolerance = tolerance
    isFinite = kernel.elements.allSatisfy(\.isFinite)
    outerProducts = Self.outerProducts(of: kernel, tolerance: tolerance)
    let taps = Array(kernel.shape.dimensions.dropFirst(2))
    let size = taps.reduce(1, *)
    factors = kernel.withUnsafeElements { elements in
      var factors: [[[Scalar]]] = []
      for start in stride(from: 0, to: elements.count, by: size) {
        guard
          let found = outerProductFactors(
            UnsafeBufferPointer(rebasing: elements[start..<start + size]), taps: taps)
        else { return nil }
        factors.append(found)
      }
      return factors
    }
  }

  private static func outerProducts(
    of kernel: Tensor<Scalar>, tolerance: Double
  ) -> [OuterProductSum]? {
    let taps = Array(kernel.shape.dimensions.dropFirst(2))
    let size = taps.reduce(1, *)
    guard taps.count > 1 else { return nil }
    // More terms save no multiply-adds, or fewer than the frequency domain does.
    let limit = min(max((size - 1) / taps.reduce(0, +), 1), 32)
    return kernel.withUnsafeElements { elements in
      var sums: [OuterProductSum] = []
      for start in stride(from: 0, to: elements.count, by: size) {
        guard
          let sum = OuterProductSum(
            UnsafeBufferPointer(rebasing: elements[start..<start + size]), taps: taps,
            tolerance: tolerance, limit: limit)
        else { return nil }
        sums.append(sum)
      }
      return sums
    }
  }

  /// A summary of the outer products that the kernel is a sum of.
  var outerProductSummary: OuterProductSummary {
    let counts = outerProducts?.map(\.terms.count)
    return OuterProductSummary(
      least: counts?.min(), most: counts?.max(), error: outerProducts?.map(\.error).max() ?? 0)
  }
}

/// How many outer products the filters and channels of a kernel are sums of.
struct OuterProductSummary: Sendable, Hashable, CustomStringConvertible {
  /// The fewest; `nil` where some need so many that they save no multiply-adds.
  let least: Int?
  /// The most.
  let most: Int?
  /// The largest relative error.
  let error: Double

  var description: String {
    guard let least, let most else { return "too many outer products to save anything" }
    return (least == most ? "\(most)" : "\(least) to \(most)")
      + " outer product\(most == 1 ? "" : "s"), kernel error \(String(format: "%.1e", error))"
  }
}

/// The one-dimensional factors of a kernel that is their outer product, to a few units in the last
/// place of its largest coefficient; `nil` when it is not one.
///
/// The factors are the lines through the largest coefficient: if the kernel is an outer product,
/// these are its factors up to scale.
@_specialize(where Scalar == Float)
@_specialize(where Scalar == Double)
func outerProductFactors<Scalar: ConvolutionScalar>(
  _ kernel: UnsafeBufferPointer<Scalar>, taps: [Int]
) -> [[Scalar]]? {
  guard let pivot = kernel.indices.max(by: { abs(kernel[$0]) < abs(kernel[$1]) }) else {
    return nil
  }
  let peak = kernel[pivot]
  guard peak != 0, peak.isFinite else {
    return peak == 0 ? taps.map { [Scalar](repeating: 0, count: $0) } : nil
  }
  let shape = Shape(taps)
  let strides = shape.strides
  let center = shape.index(at: pivot)
  var factors: [[Scalar]] = []
  for axis in taps.indices {
    let start = pivot - center[axis] * strides[axis]
    factors.append(
      (0..<taps[axis]).map { position in
        let value = kernel[start + position * strides[axis]]
        return axis == 0 ? value : value / peak
      })
  }
  let tolerance = 4 * Scalar.ulpOfOne * abs(peak)
  var exact = true
  var offset = 0
  shape.forEachIndex { index in
    guard exact else { return }
    var product = factors[0][index[0]]
    for axis in 1..<max(taps.count, 1) { product *= factors[axis][index[axis]] }
    exact = abs(product - kernel[offset]) <= tolerance
    offset += 1
  }
  return exact ? factors : nil
}
