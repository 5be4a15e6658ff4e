import SIMDLoops
import Tensors

/// How the sums of a kernel gradient are split: over parts of the outputs, each with sums of its own,
/// and over filters.
///
/// The split depends on the convolution alone and the parts are added in order, so that the bits do
/// not depend on the number of threads.
struct KernelGradientParts {
  /// Parts with sums of their own.
  let count: Int
  /// Into how many ranges the blocks of filters are split.
  let filterParts: Int
  /// The number of sums of one part.
  let partCount: Int
  /// Blocks of 16 filters in a group.
  let blockCount: Int
  private let convolution: Convolution
  private let pieceCount: Int

  /// The most sums to hold, unless one part has more.
  private static let budget = 8 << 20

  /// - Parameters:
  ///   - pieces: How many pieces of outputs to distribute.
  ///   - planes: How many sums there are for each filter and channel; the taps unless given.
  ///   - tasks: The fewest tasks to split the work into, where possible.
  ///   - threads: How many threads there are; filters are split only as far as these need, which does not
  ///     change the bits.
  init(
    _ convolution: Convolution, pieces: Int, planes: Int? = nil, tasks: Int = 16,
    threads: Int? = nil
  ) {
    self.convolution = convolution
    let counts = convolution.counts
    blockCount = (counts.filtersPerGroup + 15) / 16
    pieceCount = pieces
    partCount =
      convolution.groups * blockCount * 16 * counts.channelsPerGroup * (planes ?? counts.taps)
    let wanted = max(1, tasks / convolution.groups)
    let most = max(1, min(pieces, Self.budget / partCount, wanted))
    // Parts of equal length, where that costs few of them.
    let count = (max(1, most * 2 / 3)...most).last { pieces % $0 == 0 } ?? most
    self.count = count
    let needed = threads.map { max(1, 2 * $0 / convolution.groups) } ?? wanted
    filterParts = min(blockCount, (needed + count - 1) / count)
  }

  func pieces(_ part: Int) -> Range<Int> {
    pieceCount * part / count..<pieceCount * (part + 1) / count
  }

  func blocks(_ filterPart: Int) -> Range<Int> {
    blockCount * filterPart / filterParts..<blockCount * (filterPart + 1) / filterParts
  }

  /// Adds all parts to the first.
  func add(_ sums: UnsafeMutablePointer<Float>, _ range: Range<Int>) {
    for part in 1..<max(count, 1) {
      let other = sums + part * partCount
      for position in range { sums[position] += other[position] }
    }
  }

  /// Adds the parts of sums `[group][16 filters][row][filter in block]`, and writes them as
  /// `[filter][row]`.
  func collect(
    _ sums: UnsafeMutablePointer<Float>, rows: Int, into target: UnsafeMutablePointer<Float>
  ) {
    let counts = convolution.counts
    let (sums, target) = (SharedPointer(sums), SharedPointer(target))
    parallelFor(convolution.groups * blockCount) { index in
      let (group, block) = (index / blockCount, index % blockCount)
      let start = index * rows * 16
      add(sums.pointer, start..<start + rows * 16)
      layer_store_transposed(
        sums.pointer + start, rows, min(16, counts.filtersPerGroup - block * 16),
        target.pointer + (group * counts.filtersPerGroup + block * 16) * rows, rows,
        LayerEpilogue())
    }
  }
}

/// target = the sum of some parts of as many numbers each, in their order.
func addParts<Scalar: ConvolutionScalar>(
  _ parts: Int, of sums: UnsafePointer<Scalar>, _ count: Int,
  into target: UnsafeMutablePointer<Scalar>
) {
  let (sums, target) = (ReadOnlyPointer(sums), SharedPointer(target))
  forEachPart(count, of: 4096) { positions in
    for position in positions {
      var sum = sums[position]
      for part in 1..<max(parts, 1) { sum += sums[part * count + position] }
      target[position] = sum
    }
  }
}
