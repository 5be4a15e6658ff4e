import Numerics
import Tensors

/// Measures of a kernel that need no ideal to compare it with.
public struct KernelMeasures: Sendable, Hashable {
  /// The coefficient at x = 0 (its real part).
  public let centerTap: Double
  /// Σ |f|².
  public let energy: Double
  /// √(Σ r²|f|² / Σ |f|²), in samples; 0 for a kernel of zeros.
  public let locality: Double
  /// |Σ f|.
  public let dc: Double

  /// The measures of a kernel, whose tap k along an axis of n taps lies at x = k − ⌊n/2⌋.
  public init(_ kernel: Tensor<Complex<Double>>) {
    var (energy, moment, sum, center, tap) = (0.0, 0.0, Complex<Double>.zero, 0.0, 0)
    let elements = kernel.elements
    kernel.shape.forEachIndex { index in
      var square = 0.0
      for (position, taps) in zip(index, kernel.shape) {
        let distance = Double(position - taps / 2)
        square += distance * distance
      }
      let value = elements[tap]
      if square == 0 { center = value.real }
      energy += value.lengthSquared
      moment += square * value.lengthSquared
      sum += value
      tap += 1
    }
    centerTap = center
    self.energy = energy
    locality = energy > 0 ? (moment / energy).squareRoot() : 0
    dc = sum.length
  }
}

extension FilterBank {
  /// The measures of one filter that need no ideal.
  ///
  /// - Throws: ``FiltersmithError`` when there is no such filter.
  public func measures(of filter: Int) throws(FiltersmithError) -> KernelMeasures {
    guard filter >= 0, filter < count else {
      throw FiltersmithError(.argument, "filter \(filter) of a bank with filters 0 to \(count - 1)")
    }
    return KernelMeasures(try complexKernels.selected(axis: 0, at: filter))
  }
}
