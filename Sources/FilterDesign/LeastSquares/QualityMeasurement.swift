import Fourier
import Numerics
import Tensors

extension KernelDesignPlan {
  /// The quality figures of any kernel of the design's support.
  ///
  /// - Parameters:
  ///   - kernel: Taps of shape ``KernelDesign/support``, designed here or elsewhere.
  ///   - target: The ideal it is compared with.
  /// - Throws: ``FiltersmithError`` when a shape differs or the direction has another rank.
  public func quality(
    of kernel: Tensor<Complex<Double>>, comparedWith target: DesignTarget
  ) throws(FiltersmithError) -> FilterQuality {
    guard kernel.shape == design.support else {
      throw FiltersmithError(
        .shape, "the kernel has shape \(kernel.shape); the design has \(design.support)")
    }
    try target.validate(dimensions: design.support.rank)
    let scratch = try AlignedBuffer<Complex<Double>>(count: frequencyPower.count)
    return measure(
      kernel.elements,
      try SampledIdeal(target.ideal, name: "the ideal of \(target.name)", grid: design.grid),
      target, scratch,
      try ParallelFourierPlan<Double>(.forward, shape: design.grid, inPlace: true))
  }

  /// The figures, with memory and plan lent by the caller.
  func measure(
    _ kernel: [Complex<Double>], _ ideal: SampledIdeal, _ target: DesignTarget,
    _ scratch: borrowing AlignedBuffer<Complex<Double>>, _ forward: ParallelFourierPlan<Double>
  ) -> FilterQuality {
    scratch.elements.update(repeating: .zero)
    for (tap, place) in places.enumerated() { scratch[place] = kernel[tap] }
    forward.execute(input: scratch.rawPointer, output: scratch.rawPointer)

    let values = SharedPointer(scratch.pointer)
    let grid = frequencies
    let axis = target.direction.map(FrequencyVector.packed) ?? .zero
    let sums = frequencyPower.withUnsafeElements { power in
      let power = ReadOnlyPointer(power)
      return grid.sum { row, base in
        var (error, reference, all, behind) = (0.0, 0.0, 0.0, 0.0)
        ideal.forEachValue(ofRow: row, base: base, on: grid) { position, u, ideal in
          let response = values[position]
          error += power[position] * (response - ideal).lengthSquared
          reference += power[position] * ideal.lengthSquared
          all += response.lengthSquared
          // Frequencies across the direction are on neither side, whatever rounding does to them.
          if u.dot(axis) < -1e-12 * u.radius { behind += response.lengthSquared }
        }
        return [error, reference, all, behind]
      }
    }

    var (energy, moment, deviation, sum) = (0.0, 0.0, 0.0, Complex<Double>.zero)
    let center = kernel.count / 2
    let (support, spacing) = (design.support, design.spacing)
    var tap = 0
    support.forEachIndex { index in
      let value = kernel[tap]
      var square = 0.0
      for axis in index.indices {
        let distance = Double(index[axis] - support[axis] / 2) * spacing[axis]
        square += distance * distance
      }
      energy += value.lengthSquared
      moment += square * value.lengthSquared
      sum += value
      let difference = tap == center ? value - 1 : value
      deviation += spatialPower.elements[tap] * difference.lengthSquared
      tap += 1
    }
    func ratio(_ part: Double, _ whole: Double) -> Double {
      whole > 0 ? (part / whole).squareRoot() : 0
    }
    var ripple: Double?
    if let direction = target.direction, let centerFrequency = target.centerFrequency {
      let ahead = response(kernel, along: direction, centerFrequency).length
      let behind = response(kernel, along: direction, -centerFrequency).length
      ripple = ahead > 0 ? behind / ahead : 0
    }
    return FilterQuality(
      weightedError: ratio(sums[0], sums[1]), cost: sums[0] + deviation,
      centerTap: kernel[center].real, energy: energy, locality: ratio(moment, energy),
      leakage: target.direction == nil ? nil : ratio(sums[3], sums[2]), phaseRipple: ripple,
      dc: sum.length)
  }

  /// F(ρ n), also between the grid's frequencies.
  private func response(
    _ kernel: [Complex<Double>], along direction: [Double], _ radius: Double
  ) -> Complex<Double> {
    var sum = Complex<Double>.zero
    var tap = 0
    design.support.forEachIndex { index in
      var phase = 0.0
      for axis in index.indices {
        let coordinate = Double(index[axis] - design.support[axis] / 2)
        phase -= radius * direction[axis] * design.spacing[axis] * coordinate
      }
      sum += kernel[tap] * Complex(length: 1, phase: phase)
      tap += 1
    }
    return sum
  }
}
