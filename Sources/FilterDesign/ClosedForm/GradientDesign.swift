import Tensors

/// First derivatives along the axes: central difference, Sobel, Prewitt, Scharr, Farid; Roberts
/// along the diagonals of 2D.
///
/// Except Roberts, the filter along axis d is an edge factor along d times a smooth factor along
/// every other axis, in any rank: one table of rows. A rising ramp gives a positive response: the
/// edge factor of Sobel is the impulse response (1, 0, −1), which other packages, which correlate,
/// print as (−1, 0, 1).
public struct GradientDesign: BankFamily {
  /// Which difference operator.
  public enum Operator: String, Sendable, Hashable, Codable, CaseIterable {
    /// Edge (1, 0, −1), no smoothing.
    case centralDifference = "centraldifference"
    /// Edge (1, 0, −1), smooth (1, 2, 1); for more taps both are binomial, as in OpenCV.
    case sobel
    /// Edge (1, 0, −1), smooth (1, 1, 1).
    case prewitt
    /// Edge (1, 0, −1), smooth (3, 10, 3).
    case scharr
    /// The matched pair of rows with the smallest directional error, of 3 or 5 taps: H. Farid and
    /// E. P. Simoncelli, *Differentiation of Discrete Multidimensional Signals*, IEEE Transactions on
    /// Image Processing 13 (2004), tables of first-order filters.
    case farid
    /// Differences along the two diagonals of a 2×2 square, 2D only.
    case roberts
  }

  /// Which difference operator.
  public var operation: Operator
  /// The number of axes, 1 to 4.
  public var dimensions: Int
  /// Taps per axis: odd and at least 3 for Sobel, 3 or 5 for Farid, 2 for Roberts, 3 for the others.
  public var taps: Int
  /// The normalisation.
  public var normalization: DerivativeNormalization

  /// First derivatives along every axis.
  ///
  /// - Parameter taps: Taps per axis; the customary number when `nil`.
  public init(
    _ operation: Operator, dimensions: Int = 2, taps: Int? = nil,
    normalization: DerivativeNormalization = .slope
  ) {
    self.operation = operation
    self.dimensions = dimensions
    self.taps = taps ?? Self.customaryTaps(operation)
    self.normalization = normalization
  }

  /// 5 for Farid, 2 for Roberts, 3 for the others.
  public static func customaryTaps(_ operation: Operator) -> Int {
    switch operation {
    case .farid: 5
    case .roberts: 2
    default: 3
    }
  }

  private enum CodingKeys: String, CodingKey {
    case operation = "family"
    case dimensions, taps, normalization
  }

  /// The name of the family: that of the operator.
  public var family: String { operation.rawValue }

  /// Checks the number of axes and of taps.
  public func validate() throws(FiltersmithError) {
    try ParameterCheck.dimensions(dimensions, of: family)
    if operation == .roberts, dimensions != 2 {
      throw FiltersmithError(
        .argument, "roberts filters have 2 dimensions; \(dimensions) were given")
    }
    let (allowed, expected): (Bool, String)
    switch operation {
    case .sobel: (allowed, expected) = (taps >= 3 && taps <= 31 && taps % 2 == 1, "odd, 3 to 31,")
    case .farid: (allowed, expected) = (taps == 3 || taps == 5, "3 or 5")
    case .roberts: (allowed, expected) = (taps == 2, "2")
    default: (allowed, expected) = (taps == 3, "3")
    }
    guard allowed else {
      throw FiltersmithError(
        .argument, "\(family) filters have \(expected) taps per axis; \(taps) were given")
    }
    try ParameterCheck.support(
      Array(repeating: taps, count: dimensions), odd: false, of: family)
  }

  /// Makes one filter for each axis, in the array's order; for Roberts one for each diagonal.
  public func bank(progress: ProgressHandler?) throws(FiltersmithError) -> FilterBank {
    try validate()
    guard operation != .roberts else { return try roberts() }
    var (edge, smooth) = rows
    if normalization == .slope {
      let slope = zip(KernelConstruction.coordinates(taps), edge).reduce(0) { $0 - $1.0 * $1.1 }
      let sum = smooth.reduce(0, +)
      edge = edge.map { $0 / slope }
      smooth = smooth.map { $0 / sum }
    }
    let kernels = (0..<dimensions).map { axis in
      KernelConstruction.product((0..<dimensions).map { $0 == axis ? edge : smooth })
    }
    return try KernelConstruction.bank(
      kernels,
      directions: (0..<dimensions).map { KernelConstruction.axis($0, dimensions: dimensions) },
      design: .gradient(self), labels: FilterLabels.axes(dimensions))
  }

  /// The edge factor and the smooth factor as published.
  private var rows: (edge: [Double], smooth: [Double]) {
    switch operation {
    case .centralDifference, .roberts: ([1, 0, -1], [0, 1, 0])
    case .sobel: (Self.sobelEdge(taps), Self.binomial(taps))
    case .prewitt: ([1, 0, -1], [1, 1, 1])
    case .scharr: ([1, 0, -1], [3, 10, 3])
    case .farid where taps == 3: ([0.425287, 0, -0.425287], [0.229879, 0.540242, 0.229879])
    case .farid:
      (
        [0.109603762960254, 0.276690988455557, 0, -0.276690988455557, -0.109603762960254],
        [
          0.0376593171958126, 0.249153396177344, 0.426374573253687, 0.249153396177344,
          0.0376593171958126,
        ]
      )
    }
  }

  /// A row of Pascal's triangle.
  private static func binomial(_ taps: Int) -> [Double] {
    (1..<taps).reduce([1.0]) { row, _ in zip(row + [0], [0] + row).map(+) }
  }

  /// (1, 0, −1) smoothed by the binomial with two fewer taps.
  private static func sobelEdge(_ taps: Int) -> [Double] {
    let row = binomial(taps - 2)
    return zip(row + [0, 0], [0, 0] + row).map(-)
  }

  /// (1 0; 0 −1) along (1, 1)/√2 and (0 1; −1 0) along (1, −1)/√2, in [y, x].
  private func roberts() throws(FiltersmithError) -> FilterBank {
    let scale = normalization == .slope ? 0.5.squareRoot() : 1
    let half = 0.5.squareRoot()
    return try KernelConstruction.bank(
      [
        Tensor(shape: [2, 2], elements: [scale, 0, 0, -scale]),
        Tensor(shape: [2, 2], elements: [0, scale, -scale, 0]),
      ],
      directions: [[half, half], [half, -half]], design: .gradient(self))
  }
}
