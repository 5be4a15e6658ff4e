import Numerics
import Tensors

/// A set of filters that share one support, with what is known about each.
///
/// Kernels are impulse responses f(x), applied by *convolution*: the response at x0 is
/// Σ f(x) s(x0 − x), and F(u) = Σ f(x) exp(−i u·x) is what the filter does to the frequency u. The
/// tap at index k of an axis of n taps lies at x = k − ⌊n/2⌋.
///
/// A complex kernel on a real image is two real kernels: its real part is even and responds to
/// lines, its imaginary part is odd and responds to edges.
public struct FilterBank: Sendable, Hashable {
  /// The coefficients of all filters, `[filters, (t,) (z,) (y,) x]`.
  public enum Kernels: Sendable, Hashable {
    /// Real filters.
    case real(Tensor<Double>)
    /// Complex filters: even part + i · odd part.
    case complex(Tensor<Complex<Double>>)

    /// `[filters, support…]`.
    public var shape: Shape {
      switch self {
      case .real(let kernels): kernels.shape
      case .complex(let kernels): kernels.shape
      }
    }
  }

  /// The coefficients.
  public let kernels: Kernels
  /// One unit vector per filter in the array's axis order (`[y, x]`, `[z, y, x]`, …); empty when the
  /// filters have no direction.
  public let directions: [[Double]]
  /// The parameters the bank was designed from, enough to design it again.
  public let design: BankDesign
  /// A short name per filter for pictures and tables, such as `x`, `xy` or `45°`.
  public let labels: [String]
  /// The quality figures of each filter; empty where there is no ideal to compare with.
  public let qualities: [FilterQuality]

  /// A bank of the given kernels.
  ///
  /// - Parameters:
  ///   - kernels: `[filters, support…]`, at least one filter of one to four axes, all finite.
  ///   - directions: One unit vector per filter, or none at all.
  ///   - design: The description of the kernels; `.custom` when they come from elsewhere.
  ///   - labels: One name per filter; made from the directions when empty.
  ///   - qualities: One set of figures per filter, or none at all.
  /// - Throws: ``FiltersmithError`` when the numbers of items differ, a kernel is not finite or
  ///   a direction is not a unit vector.
  public init(
    kernels: Kernels, directions: [[Double]] = [], design: BankDesign = .custom,
    labels: [String] = [], qualities: [FilterQuality] = []
  ) throws(FiltersmithError) {
    let shape = kernels.shape
    guard shape.rank >= 2, shape.rank <= 5 else {
      throw FiltersmithError(
        .shape,
        "kernels of shape \(shape) are not a filter bank, which is [filters, support…] with 1 to 4 axes of support"
      )
    }
    guard shape.allSatisfy({ $0 > 0 }) else {
      throw FiltersmithError(.shape, "kernels of shape \(shape) hold no taps")
    }
    try Self.checkFinite(kernels)
    try Self.checkDirections(directions, shape: shape)
    guard labels.isEmpty || labels.count == shape[0] else {
      throw FiltersmithError(.shape, "\(labels.count) labels for a bank of \(shape[0]) filters")
    }
    guard qualities.isEmpty || qualities.count == shape[0] else {
      throw FiltersmithError(
        .shape, "\(qualities.count) sets of quality figures for a bank of \(shape[0]) filters")
    }
    self.kernels = kernels
    self.directions = directions
    self.design = design
    self.labels =
      labels.isEmpty ? FilterLabels.make(directions: directions, count: shape[0]) : labels
    self.qualities = qualities
  }

  /// A bank whose parts are known to fit.
  private init(
    unchecked kernels: Kernels, directions: [[Double]], design: BankDesign, labels: [String],
    qualities: [FilterQuality]
  ) {
    self.kernels = kernels
    self.directions = directions
    self.design = design
    self.labels = labels
    self.qualities = qualities
  }

  private static func checkFinite(_ kernels: Kernels) throws(FiltersmithError) {
    let position: Int?
    switch kernels {
    case .real(let kernels): position = kernels.elements.firstIndex { !$0.isFinite }
    case .complex(let kernels): position = kernels.elements.firstIndex { !$0.isFinite }
    }
    guard let position else { return }
    throw FiltersmithError(
      .argument,
      "the kernels hold a value that is not finite, at \(kernels.shape.index(at: position))")
  }

  private static func checkDirections(
    _ directions: [[Double]], shape: Shape
  ) throws(FiltersmithError) {
    guard !directions.isEmpty else { return }
    guard directions.count == shape[0] else {
      throw FiltersmithError(
        .shape, "\(directions.count) directions for a bank of \(shape[0]) filters")
    }
    for direction in directions {
      guard direction.count == shape.rank - 1 else {
        throw FiltersmithError(
          .shape, "direction \(direction) for filters of \(shape.rank - 1) axes")
      }
      let norm = direction.reduce(0) { $0 + $1 * $1 }.squareRoot()
      guard abs(norm - 1) < 1e-6 else {
        throw FiltersmithError(
          .argument, "direction \(direction) has length \(norm); directions are unit vectors")
      }
    }
  }
}

// MARK: - What the bank holds

extension FilterBank {
  /// The number of filters.
  public var count: Int { kernels.shape[0] }
  /// Taps per axis.
  public var support: Shape { Shape(Array(kernels.shape.dimensions.dropFirst())) }
  /// The number of axes the filters have.
  public var dimensions: Int { kernels.shape.rank - 1 }
  /// Whether the kernels are complex: pairs of an even and an odd filter.
  public var isComplex: Bool {
    switch kernels {
    case .real: false
    case .complex: true
    }
  }

  /// The real parts of the kernels, `[filters, support…]`: the even filters of a complex bank, all
  /// filters of a real one.
  public var even: Tensor<Double> {
    switch kernels {
    case .real(let kernels): kernels
    case .complex(let kernels): kernels.realPart()
    }
  }

  /// The imaginary parts of the kernels, `[filters, support…]`: the odd filters of a complex bank;
  /// `nil` for a real one.
  public var odd: Tensor<Double>? {
    switch kernels {
    case .real: nil
    case .complex(let kernels): kernels.imaginaryPart()
    }
  }

  /// The kernels as complex numbers, `[filters, support…]`.
  public var complexKernels: Tensor<Complex<Double>> {
    switch kernels {
    case .real(let kernels): kernels.map { Complex($0) }
    case .complex(let kernels): kernels
    }
  }

  /// The impulse responses as real kernels, `[filters, 1, support…]`; for a complex bank
  /// `[2 · filters, 1, support…]` with even and odd parts in turn.
  ///
  /// *Convolving* with them applies the bank; a layer that correlates needs them reflected.
  public var realKernels: Tensor<Float> {
    let taps = support.elementCount
    switch kernels {
    case .real(let kernels):
      let elements = kernels.elements
      return Tensor(uninitialized: [count, 1] + support) { buffer in
        for position in elements.indices {
          buffer.initializeElement(at: position, to: Float(elements[position]))
        }
      }
    case .complex(let kernels):
      let elements = kernels.elements
      return Tensor(uninitialized: [2 * count, 1] + support) { buffer in
        for position in elements.indices {
          let even = position / taps * 2 * taps + position % taps
          buffer.initializeElement(at: even, to: Float(elements[position].real))
          buffer.initializeElement(at: even + taps, to: Float(elements[position].imaginary))
        }
      }
    }
  }
}

// MARK: - Choosing and joining

extension FilterBank {
  /// One filter, as a bank of its own.
  public subscript(_ filter: Int) -> FilterBank {
    precondition(filter >= 0 && filter < count, "filter \(filter) of a bank of \(count)")
    return chosen([filter])
  }

  /// Some of the filters, in the given order.
  ///
  /// - Throws: ``FiltersmithError`` when none is given or one does not exist.
  public func selecting(_ filters: [Int]) throws(FiltersmithError) -> FilterBank {
    guard !filters.isEmpty else {
      throw FiltersmithError(.argument, "no filter to select from a bank of \(count)")
    }
    if let wrong = filters.first(where: { $0 < 0 || $0 >= count }) {
      throw FiltersmithError(.argument, "filter \(wrong) of a bank with filters 0 to \(count - 1)")
    }
    return chosen(filters)
  }

  /// The filters of this bank, then those of another of the same support.
  ///
  /// Directions and quality figures are kept when both banks have them. A real bank joined to a
  /// complex one becomes complex.
  ///
  /// - Throws: ``FiltersmithError`` when the supports differ.
  public func appending(_ other: FilterBank) throws(FiltersmithError) -> FilterBank {
    guard support == other.support else {
      throw FiltersmithError(
        .shape, "filters of support \(support) and \(other.support) cannot share a bank")
    }
    let joined: Kernels
    if case .real(let left) = kernels, case .real(let right) = other.kernels {
      joined = .real(try .concatenated([left, right], axis: 0))
    } else {
      joined = .complex(try .concatenated([complexKernels, other.complexKernels], axis: 0))
    }
    return FilterBank(
      unchecked: joined,
      directions: directions.isEmpty || other.directions.isEmpty
        ? [] : directions + other.directions,
      design: .joining(design, other.design), labels: labels + other.labels,
      qualities: qualities.isEmpty || other.qualities.isEmpty ? [] : qualities + other.qualities)
  }

  /// The same bank with another description, for families that are made from others.
  func described(as design: BankDesign) -> FilterBank {
    FilterBank(
      unchecked: kernels, directions: directions, design: design, labels: labels,
      qualities: qualities)
  }

  private func chosen(_ filters: [Int]) -> FilterBank {
    let taps = support.elementCount
    func gathered<Element>(_ tensor: Tensor<Element>) -> Tensor<Element> {
      Tensor(uninitialized: [filters.count] + support) { buffer in
        tensor.withUnsafeElements { source in
          for (place, filter) in filters.enumerated() {
            for tap in 0..<taps {
              buffer.initializeElement(at: place * taps + tap, to: source[filter * taps + tap])
            }
          }
        }
      }
    }
    let chosen: Kernels
    switch kernels {
    case .real(let kernels): chosen = .real(gathered(kernels))
    case .complex(let kernels): chosen = .complex(gathered(kernels))
    }
    return FilterBank(
      unchecked: chosen, directions: directions.isEmpty ? [] : filters.map { directions[$0] },
      design: .selection(SelectionDesign(filters: filters, of: design)),
      labels: filters.map { labels[$0] },
      qualities: qualities.isEmpty ? [] : filters.map { qualities[$0] })
  }
}
