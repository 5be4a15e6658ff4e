import Numerics
import Tensors

/// How the learning rate changes during training: a factor on the given rate.
public struct LearningRateSchedule: Sendable, Hashable, Codable {
  /// The course after the warm-up.
  public enum Course: Sendable, Hashable, Codable {
    /// 1 all the time.
    case constant
    /// `factor` to the power of how many times `epochs` epochs have passed.
    case step(epochs: Int, factor: Double = 0.1)
    /// From 1 to `end` along half a cosine (Loshchilov and Hutter 2017).
    case cosine(end: Double = 0)
    /// Up from `start` to 1 during the fraction `rise` of all steps, then down to `end`, both along
    /// a cosine (Smith and Topin 2018).
    case oneCycle(rise: Double = 0.3, start: Double = 0.04, end: Double = 4e-6)
    /// Times `factor` whenever the watched loss has not decreased for `patience` epochs.
    case reduceOnPlateau(factor: Double = 0.1, patience: Int = 5)
  }

  /// The course after the warm-up.
  public var course: Course
  /// The number of first steps during which the factor rises linearly.
  public var warmUpSteps: Int

  /// A schedule.
  public init(_ course: Course = .constant, warmUpSteps: Int = 0) {
    self.course = course
    self.warmUpSteps = warmUpSteps
  }

  /// Checks the constants.
  ///
  /// - Throws: ``FiltersmithError`` that names the one which is out of range.
  public func check() throws(FiltersmithError) {
    func check(_ isRight: Bool, _ what: String) throws(FiltersmithError) {
      if !isRight { throw FiltersmithError(.argument, "the learning rate's schedule has \(what)") }
    }
    try check(warmUpSteps >= 0, "\(warmUpSteps) steps of warm-up; at least 0 were expected")
    switch course {
    case .constant: break
    case .step(let epochs, let factor):
      try check(epochs > 0, "a step every \(epochs) epochs; at least 1 was expected")
      try check(factor > 0 && factor <= 1, "the factor \(factor); above 0 to 1 was expected")
    case .cosine(let end):
      try check(end >= 0 && end <= 1, "the end \(end); 0 to 1 was expected")
    case .oneCycle(let rise, let start, let end):
      try check(rise > 0 && rise < 1, "the rising part \(rise); between 0 and 1 was expected")
      try check(start >= 0 && start <= 1, "the start \(start); 0 to 1 was expected")
      try check(end >= 0 && end <= 1, "the end \(end); 0 to 1 was expected")
    case .reduceOnPlateau(let factor, let patience):
      try check(factor > 0 && factor < 1, "the factor \(factor); between 0 and 1 was expected")
      try check(patience >= 0, "a patience of \(patience) epochs; at least 0 were expected")
    }
  }

  /// The factor of a step.
  ///
  /// - Parameters:
  ///   - step: The number of steps taken before.
  ///   - total: The number of steps that training will take.
  ///   - stepsPerEpoch: The number of steps in an epoch.
  ///   - watched: The watched loss after every epoch so far.
  public func factor(step: Int, of total: Int, stepsPerEpoch: Int, watched: [Double]) -> Double {
    if step < warmUpSteps { return Double(step + 1) / Double(warmUpSteps + 1) }
    let (passed, length) = (step - warmUpSteps, max(total - warmUpSteps, 1))
    func cosine(_ from: Double, _ to: Double, _ part: Double) -> Double {
      to + (from - to) * (1 + Double.cos(.pi * min(max(part, 0), 1))) / 2
    }
    switch course {
    case .constant: return 1
    case .step(let epochs, let factor):
      return Double.pow(factor, Double(step / max(stepsPerEpoch, 1) / epochs))
    case .cosine(let end): return cosine(1, end, Double(passed) / Double(length))
    case .oneCycle(let rise, let start, let end):
      let part = Double(passed) / Double(length)
      return part < rise
        ? cosine(start, 1, part / rise) : cosine(1, end, (part - rise) / (1 - rise))
    case .reduceOnPlateau(let factor, let patience):
      var (best, waited, result) = (Double.infinity, 0, 1.0)
      for loss in watched {
        if loss < best {
          (best, waited) = (loss, 0)
        } else {
          waited += 1
          if waited > patience { (result, waited) = (result * factor, 0) }
        }
      }
      return result
    }
  }
}
