import Convolutions
import Foundation
import Tensors

/// Models of noise for testing methods.
///
/// The same source gives the same bits whatever the number of threads.
public enum NoiseModel: Sendable, Hashable {
  /// Normal deviates added to every sample.
  case gaussian(deviation: Double)
  /// Normal deviates added so that the image's variance is that of the noise times 10^(decibels/10).
  case signalToNoise(decibels: Double)
  /// Counts: every sample becomes a Poisson deviate whose mean is `gain` times the sample, divided by
  /// the gain again; samples below 0 count as 0.
  case poisson(gain: Double)
  /// A fraction of all samples becomes the image's largest or smallest value, with equal probability.
  case saltAndPepper(fraction: Double)
  /// Samples are multiplied by 1 plus normal deviates, as in ultrasound and radar.
  case speckle(deviation: Double)
  /// The magnitude of a complex signal with normal deviates in both parts, √((f + n₁)² + n₂²), as in
  /// magnetic resonance.
  case rician(deviation: Double)

  /// The parameter, which must not be negative.
  private var amount: Double {
    switch self {
    case .gaussian(let amount), .speckle(let amount), .rician(let amount), .poisson(let amount),
      .saltAndPepper(let amount):
      amount
    case .signalToNoise: 0
    }
  }

  func validate() throws(FiltersmithError) {
    var isRight = amount >= 0 && amount.isFinite
    switch self {
    case .poisson(let gain): isRight = isRight && gain > 0
    case .saltAndPepper(let fraction): isRight = isRight && fraction <= 1
    case .signalToNoise(let decibels): isRight = abs(decibels) <= 300
    default: break
    }
    guard isRight else {
      throw FiltersmithError(
        .argument,
        "\(self): deviations must be 0 or more, gains positive and fractions from 0 to 1")
    }
  }
}

extension Tensor where Element: ConvolutionScalar {
  /// The image with noise.
  ///
  /// - Throws: ``FiltersmithError`` for a parameter outside its range.
  public func withNoise(
    _ model: NoiseModel, using source: inout RandomSource
  ) throws(FiltersmithError) -> Tensor {
    try model.validate()
    var extremes = (low: Element(0), high: Element(0))
    var deviation = 0.0
    switch model {
    case .saltAndPepper: extremes = (self.min() ?? 0, self.max() ?? 0)
    case .signalToNoise(let decibels):
      let mean = elements.reduce(0.0) { $0 + Double($1) } / Double(Swift.max(count, 1))
      let square = elements.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
      deviation = (square / Double(Swift.max(count, 1))).squareRoot() * pow(10, -decibels / 20)
    case .gaussian(let given): deviation = given
    default: break
    }
    let base = RandomSource(seed: source.next())
    let (low, high, sigma) = (extremes.low, extremes.high, deviation)
    let count = count
    return Tensor(uninitialized: shape) { buffer in
      let output = SharedPointer(buffer)
      withUnsafeElements { elements in
        let elements = ReadOnlyPointer(elements)
        parallelFor((count + 4095) / 4096) { block in
          var random = base.split(block)
          for place in block * 4096..<Swift.min((block + 1) * 4096, count) {
            let sample = elements[place]
            let value = Double(sample)
            let noisy: Element
            switch model {
            case .gaussian, .signalToNoise:
              noisy = Element(value + sigma * random.normal())
            case .poisson(let gain):
              noisy = Element(Double(random.poisson(mean: Swift.max(value, 0) * gain)) / gain)
            case .saltAndPepper(let fraction):
              let chance = random.uniform()
              noisy = chance < fraction / 2 ? low : chance < fraction ? high : sample
            case .speckle(let deviation):
              noisy = Element(value * (1 + deviation * random.normal()))
            case .rician(let deviation):
              let real = value + deviation * random.normal()
              let imaginary = deviation * random.normal()
              noisy = Element((real * real + imaginary * imaginary).squareRoot())
            }
            (output.pointer + place).initialize(to: noisy)
          }
        }
      }
    }
  }
}

extension RandomSource {
  /// A Poisson deviate: the number of occurrences of a rare event.
  ///
  /// Products of uniform deviates for small means, transformed rejection for others (Hörmann 1993,
  /// PTRS).
  public mutating func poisson(mean: Double) -> Int {
    guard mean > 0, mean.isFinite else { return 0 }
    if mean < 12 {
      let limit = exp(-mean)
      var count = 0
      var product = uniform()
      while product > limit {
        count += 1
        product *= uniform()
      }
      return count
    }
    guard mean < 0x1p50 else { return Int(Swift.min(mean, 0x1p62)) }
    let root = mean.squareRoot()
    let b = 0.931 + 2.53 * root
    let a = -0.059 + 0.02483 * b
    let inverseAlpha = 1.1239 + 1.1328 / (b - 3.4)
    let bound = 0.9277 - 3.6224 / (b - 2)
    let logarithm = log(mean)
    while true {
      let u = uniform() - 0.5
      let v = uniform()
      let distance = 0.5 - abs(u)
      let count = ((2 * a / distance + b) * u + mean + 0.43).rounded(.down)
      if distance >= 0.07, v <= bound { return Int(count) }
      if count < 0 || (distance < 0.013 && v > distance) { continue }
      let left = log(v) + log(inverseAlpha) - log(a / (distance * distance) + b)
      if left <= count * logarithm - mean - lgamma(count + 1) { return Int(count) }
    }
  }
}
