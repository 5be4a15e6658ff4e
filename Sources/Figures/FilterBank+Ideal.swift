import FilterDesign
import Numerics
import Tensors

extension FilterBank {
  /// The frequency functions the filters were designed to have; `nil` where the design has none.
  var ideal: BankFigure.Ideal? {
    guard let functions = design.ideals(support: Array(support)), functions.count == count else {
      return nil
    }
    return { filter, frequency in functions[filter](frequency) }
  }
}

extension BankDesign {
  /// A function of the frequency in rad/sample.
  typealias Ideal = @Sendable (_ frequency: [Double]) -> Complex<Double>

  /// The ideal of each filter; `nil` where one is unknown.
  ///
  /// A description may come from a file, so it is only trusted as far as it is valid and fits the
  /// kernels it came with.
  func ideals(support: [Int]) -> [Ideal]? {
    switch self {
    case .quadrature(let design):
      guard design.support == support, (try? design.validate()) != nil else { return nil }
      return (try? design.ideals())?.map { Self.perSample($0, design.parameters.spacing) }
    case .monomial(let design):
      guard design.support == support, (try? design.validate()) != nil else { return nil }
      return design.ideals().map { Self.perSample($0, design.parameters.spacing) }
    case .selection(let design):
      guard let all = design.of.ideals(support: support) else { return nil }
      return design.filters.allSatisfy(all.indices.contains) ? design.filters.map { all[$0] } : nil
    case .sequence(let design):
      var joined: [Ideal] = []
      for part in design.parts {
        guard let ideals = part.ideals(support: support) else { return nil }
        joined += ideals
      }
      return joined
    default: return nil
    }
  }

  /// A function of radians per unit of the sample spacing, as one of radians per sample.
  private static func perSample(
    _ function: FrequencyFunction, _ spacing: [Double]?
  ) -> Ideal {
    { frequency in
      guard let spacing else { return function(FrequencyVector(frequency)) }
      return function(FrequencyVector(zip(frequency, spacing).map { $0 / $1 }))
    }
  }
}
