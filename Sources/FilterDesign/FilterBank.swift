import Numerics
import Tensors

/// A set of filters that share one support, with what is known about each.
///
/// The kernels are stored as they are *correlated*… see ``Kernels`` for the axes. A complex kernel on
/// a real image is two real kernels: its real part is even and answers to lines, its imaginary part
/// is odd and answers to edges.
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
  /// The parameters the bank was made from, enough to make it again.
  public let design: BankDesign
  /// A short name per filter for pictures and tables, such as `x`, `xy` or `45°`.
  public let labels: [String]
  /// The quality figures of each filter; empty where there is no ideal to compare with.
  public let qualities: [FilterQuality]

  /// The number of filters.
  public var count: Int { kernels.shape[0] }
  /// Taps per axis.
  public var support: Shape { Shape(Array(kernels.shape.dimensions.dropFirst())) }
  /// The number of axes the filters have.
  public var dimensions: Int { kernels.shape.rank - 1 }
}
