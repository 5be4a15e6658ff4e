import Tensors

/// The mean over a box: every tap is 1 over the number of taps, so that the sum is 1.
///
/// Of odd size this is `scipy.ndimage.uniform_filter`. Even sizes reach one sample further to the
/// side of the tap at k = 0: x = −n/2 … n/2 − 1.
public struct BoxDesign: BankFamily {
  /// Taps per axis.
  public var support: [Int]

  /// A box with the given taps per axis.
  public init(support: [Int]) { self.support = support }

  /// The name of the family.
  public var family: String { "box" }

  /// Checks the size.
  public func validate() throws(FiltersmithError) {
    try ParameterCheck.support(support, odd: false, of: family)
  }

  /// Makes the filter.
  public func bank(progress: ProgressHandler?) throws(FiltersmithError) -> FilterBank {
    try validate()
    let shape = Shape(support)
    return try KernelConstruction.bank(
      [Tensor(repeating: 1 / Double(shape.elementCount), shape: shape)], design: .box(self),
      labels: ["smooth"])
  }
}
