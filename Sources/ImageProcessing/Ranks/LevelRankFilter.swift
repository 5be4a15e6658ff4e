import Convolutions
import SIMDLoops
import Tensors

/// The sample of a given rank among those of a flat box, for images of 256 levels, such as bytes, at a
/// cost that does not depend on the box.
///
/// Every column of the box has a histogram of its levels, which moves down by adding a sample and
/// removing one; the box's histogram moves on by adding a column and removing one (Perreault and Hébert
/// 2007, *Median filtering in constant time*). Histograms are kept in two parts, for the levels' upper
/// and lower four bits, the latter for each value of the former; only the one that holds the rank is
/// updated. Counts are cumulative: a level is found by one comparison of all.
struct LevelRankFilter: Sendable {
  /// The box's extents along the last two axes.
  let rows: Int
  let columns: Int
  /// Which of the samples in ascending order, from 0.
  let rank: Int

  /// Sixteen cumulative counts of samples.
  private typealias Counts = SIMD16<Int16>

  /// Larger boxes have more samples than a count can hold.
  static let mostSamples = Int(Int16.max)

  /// The number of exchanges of a network, vector by vector, that take as long as one sample.
  static var exchangesPerSample: Int { 4 * simd_float_lanes() }

  /// The factor that turns the samples of an image into bytes, judging by the first few: 1, or 255 as in
  /// pictures; `nil` for other values.
  static func scale(of image: Tensor<Float>) -> Float? {
    [255, 1].first { scale in
      image.elements.prefix(64).allSatisfy { value in
        let level = (value * scale).rounded()
        return (0...255).contains(level) && level / scale == value
      }
    }
  }

  /// The bytes of an image; `nil` where a sample is not a level.
  static func levels(of image: Tensor<Float>, scale: Float) -> Tensor<UInt8>? {
    let count = image.count
    let block = 1 << 14
    let blocks = (count + block - 1) / block
    var failed = [Bool](repeating: false, count: blocks)
    let codes = Tensor<UInt8>(uninitialized: image.shape) { buffer in
      let output = SharedPointer(buffer)
      failed.withUnsafeMutableBufferPointer { failed in
        let failed = SharedPointer(failed)
        image.withUnsafeElements { source in
          let source = ReadOnlyPointer(source)
          parallelFor(blocks) { piece in
            var areLevels = true
            for place in piece * block..<min((piece + 1) * block, count) {
              let value = source[place]
              let isInside = value >= 0 && value <= 255 / scale
              // A value between levels differs from the one that it is rounded to.
              let level = Int32(isInside ? value * scale + 0.5 : 0)
              areLevels = areLevels && isInside && Float(level) / scale == value
              (output.pointer + place).initialize(to: UInt8(truncatingIfNeeded: level))
            }
            failed[piece] = !areLevels
          }
        }
      }
    }
    return failed.contains(true) ? nil : codes
  }

  /// The filtered image `[…, y, x]`.
  ///
  /// - Parameters:
  ///   - codes: The levels of the image and its surroundings.
  ///   - scale: The factor that the samples were multiplied by.
  ///   - shape: The extents of the image.
  func run(_ codes: Tensor<UInt8>, scale: Float, shape: Shape) -> Tensor<Float> {
    let values = (0..<256).map { Float($0) / scale }
    let (height, width) = (shape[shape.rank - 2], shape[shape.rank - 1])
    let stride = codes.shape[codes.shape.rank - 1]
    let plane = stride * codes.shape[codes.shape.rank - 2]
    let images = shape.elementCount / (height * width)
    // Tiles whose histograms stay in the cache, and high enough that filling them takes little time.
    let (tileRows, tileColumns) = (max(128, 8 * rows), 192)
    let (down, across) = (
      (height + tileRows - 1) / tileRows, (width + tileColumns - 1) / tileColumns
    )
    return Tensor(uninitialized: shape) { buffer in
      let output = SharedPointer(buffer)
      codes.withUnsafeElements { codes in
        let codes = ReadOnlyPointer(codes)
        values.withUnsafeBufferPointer { values in
          let values = ReadOnlyPointer(values)
          parallelFor(images * down * across) { piece in
            let (image, tile) = (piece / (down * across), piece % (down * across))
            let (y, x) = (tile / across * tileRows, tile % across * tileColumns)
            run(
              codes.pointer + image * plane + y * stride + x, stride, values.pointer,
              min(tileRows, height - y), min(tileColumns, width - x),
              output.pointer + image * height * width + y * width + x, width)
          }
        }
      }
    }
  }

  /// One tile.
  private func run(
    _ codes: UnsafePointer<UInt8>, _ stride: Int, _ values: UnsafePointer<Float>, _ height: Int,
    _ width: Int, _ output: UnsafeMutablePointer<Float>, _ pitch: Int
  ) {
    let span = width + columns - 1
    withUnsafeTemporaryAllocation(of: Counts.self, capacity: 17 * span + 16 + 16) { memory in
      guard let coarse = memory.baseAddress else { return }
      memory.initialize(repeating: Counts(repeating: 0))
      // The lower bits' counts of all columns for each value of the upper bits; those of the box; and
      // what a sample adds to a cumulative count.
      let fine = coarse + span
      let box = fine + 16 * span
      let step = box + 16
      for bin in 0..<16 {
        for lane in bin..<16 { step[bin][lane] = 1 }
      }
      @inline(__always) func add(_ code: UInt8, _ column: Int) {
        let (high, low) = (Int(code >> 4), Int(code & 15))
        coarse[column] &+= step[high]
        fine[high &* span &+ column] &+= step[low]
      }
      for row in 0..<rows {
        for column in 0..<span { add(codes[row * stride + column], column) }
      }
      withUnsafeTemporaryAllocation(of: Int.self, capacity: 16) { known in
        for y in 0..<height {
          if y > 0 {
            let (old, new) = (codes + (y - 1) * stride, codes + (y - 1 + rows) * stride)
            for column in 0..<span where old[column] != new[column] {
              let (high, low) = (Int(old[column] >> 4), Int(old[column] & 15))
              coarse[column] &-= step[high]
              fine[high &* span &+ column] &-= step[low]
              add(new[column], column)
            }
          }
          // The column up to which each of the box's counts of lower bits is updated.
          known.initialize(repeating: -columns)
          var upper = Counts(repeating: 0)
          for column in 0..<columns { upper &+= coarse[column] }
          let line = output + y * pitch
          for x in 0..<width {
            if x > 0 { upper = upper &+ coarse[x &+ columns &- 1] &- coarse[x &- 1] }
            let high = Self.lanes(of: upper, upTo: Int16(truncatingIfNeeded: rank))
            let below = high > 0 ? Int(upper[high &- 1]) : 0
            let lower = fine + high &* span
            var counts = box[high]
            let gap = x &- known[high]
            if 2 &* gap >= columns {
              counts = Counts(repeating: 0)
              for column in x..<x &+ columns { counts &+= lower[column] }
            } else if gap > 0 {
              for column in x &- gap..<x {
                counts = counts &+ lower[column &+ columns] &- lower[column]
              }
            }
            box[high] = counts
            known[high] = x
            let low = Self.lanes(of: counts, upTo: Int16(truncatingIfNeeded: rank &- below))
            (line + x).initialize(to: values[high &* 16 &+ low])
          }
        }
      }
    }
  }

  /// How many counts are at most a number; counts ascend.
  @inline(__always)
  private static func lanes(of counts: Counts, upTo number: Int16) -> Int {
    let ones = Counts(repeating: 0).replacing(
      with: 1, where: counts .<= Counts(repeating: number))
    return Int(ones.wrappedSum())
  }
}
