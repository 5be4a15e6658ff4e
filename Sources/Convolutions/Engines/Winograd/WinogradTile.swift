/// The tiles of Winograd's minimal filtering along each of the last two axes: F(4, 3) and F(2, 5) of 6
/// samples, F(4, 5) of 8.
struct WinogradTile: Hashable, Sendable {
  /// Taps of the kernel along each of the last two axes: 3 or 5.
  let taps: Int
  /// Outputs of a tile along each of them: 4 or 2.
  let outputs: Int

  /// Samples of the input under a tile along each of the last two axes.
  var side: Int { taps + outputs - 1 }

  /// The number of products of a tile, filter and channel.
  var products: Int { side * side }

  /// The values that the input's transform reads and weights for one tile and channel, in units of those
  /// of 6 × 6 samples: every line of a longer tile is also a longer sum.
  var inputWork: Double { Double(products * side) / 6 }

  /// The most products per output with tiles of 8 samples, whose errors are three times as large as those
  /// of 6.
  static let mostSummed = 128

  /// The tile that needs the fewest products for a convolution with 3 × 3 or 5 × 5 taps in the last two
  /// axes.
  init(_ convolution: Convolution) {
    taps = convolution.kernel[convolution.kernel.rank - 1]
    let outputs = convolution.output.dimensions.suffix(2)
    func products(_ side: Int, outputs count: Int) -> Int {
      outputs.reduce(side * side) { $0 * (($1 + count - 1) / count) }
    }
    let summed = convolution.kernel.elementCount / convolution.kernel[0] / (taps * taps)
    let isLarger = summed <= Self.mostSummed && products(8, outputs: 4) < products(6, outputs: 2)
    self.outputs = taps == 3 || isLarger ? 4 : 2
  }
}
