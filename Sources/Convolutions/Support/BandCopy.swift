import SIMDLoops
import Tensors

extension OutputBoxes {
  /// The tables that copy a box's input and locate the samples under its outputs in the copy.
  func tables(_ index: Int, _ domain: ExtendedDomain) -> (BoxPixels, BandCopy) {
    let ranges = ranges(index)
    return (
      pixels(ranges), BandCopy(domain, inputRanges(ranges), bandExtents: bandExtents)
    )
  }
}

/// Copies one box of the extended image for many channels: its tables are made once.
struct BandCopy: Sendable {
  private let rows: [LayerRow]
  private let columnSources: [Int]
  private let inside: Range<Int>
  private let fill: Float
  private let step: Int
  private let stepLength: Int

  /// - Parameters:
  ///   - ranges: Positions in the extended image, one range per axis.
  ///   - bandExtents: The extents of the block that the box is copied into the corner of.
  ///   - step: Samples this far apart along the last axis become neighbours: in a row those of remainder
  ///     0 come first, then those of remainder 1, each with an equal share of the row.
  init(_ domain: ExtendedDomain, _ ranges: [Range<Int>], bandExtents: [Int], step: Int = 1) {
    let last = ranges.count - 1
    let bandStrides = Shape(bandExtents).strides
    let imageStrides = Shape(domain.extents).strides
    var rows: [LayerRow] = []
    Shape(ranges.dropLast().map(\.count)).forEachIndex { index in
      var (band, source) = (0, 0)
      for axis in 0..<last {
        band += index[axis] * bandStrides[axis]
        let position = domain.sources[axis][ranges[axis].lowerBound + index[axis]]
        source = source < 0 || position < 0 ? -1 : source + position * imageStrides[axis]
      }
      rows.append(LayerRow(target: band, source: source))
    }
    self.rows = rows
    columnSources = Array(domain.sources[last][ranges[last]])
    let interior = ranges[last].clamped(to: domain.interior[last])
    let start =
      interior.isEmpty ? ranges[last].count : interior.lowerBound - ranges[last].lowerBound
    inside = start..<start + interior.count
    fill = Float(domain.fill)
    self.step = step
    stepLength = bandExtents[last] / step
  }

  /// Copies neighbouring channels.
  ///
  /// - Parameters:
  ///   - images: The first channel.
  ///   - imageCount: From one channel to the next.
  ///   - bands: Where the first channel goes.
  ///   - bandCount: From one channel's band to the next.
  ///   - continuing: How many more channels the next calls will copy.
  func copy(
    channels: Int, _ images: UnsafePointer<Float>, _ imageCount: Int,
    into bands: UnsafeMutablePointer<Float>, _ bandCount: Int, continuing: Int = 0
  ) {
    // Far enough ahead for memory to deliver in time, near enough to stay in the cache until then.
    let ahead = min(max(4096 / max(bandCount, 1), 1), 4)
    var planes = LayerPlanes(
      count: channels, image_step: imageCount, block_step: bandCount,
      asking: min(channels, max(channels + continuing - ahead, 0)), ahead: ahead)
    columnSources.withUnsafeBufferPointer { sources in
      var columns = LayerColumns(
        sources: sources.baseAddress, count: sources.count, first: inside.lowerBound,
        inside: inside.count, fill: fill, step: step, step_length: stepLength)
      rows.withUnsafeBufferPointer { rows in
        layer_copy_rows(images, &planes, rows.baseAddress, rows.count, &columns, bands)
      }
    }
  }

  /// Copies up to 16 neighbouring channels side by side, `[band][16]`; the lanes of channels that are
  /// missing hold zeros or the border's constant.
  ///
  /// - Parameter following: The distance to the channels that will be copied next; 0 if there are none.
  func interleave(
    channels: Int, _ images: UnsafePointer<Float>, _ imageCount: Int,
    into pixels: UnsafeMutablePointer<Float>, following: Int
  ) {
    for row in rows {
      let target = pixels + row.target * 16
      guard row.source >= 0 else {
        target.update(repeating: fill, count: columnSources.count * 16)
        continue
      }
      let source = images + row.source
      for column in columnSources.indices where !inside.contains(column) {
        let pixel = target + column * 16
        pixel.update(repeating: fill, count: 16)
        let sample = columnSources[column]
        guard sample >= 0 else { continue }
        for channel in 0..<channels { pixel[channel] = source[channel * imageCount + sample] }
      }
      guard !inside.isEmpty else { continue }
      layer_pack_transposed(
        source + columnSources[inside.lowerBound], imageCount, channels, inside.count,
        target + inside.lowerBound * 16, following)
    }
  }
}

/// The number of floats from one channel of a band to the next: an odd number of cache lines, so that
/// channels do not compete for the same cache lines.
func spread(_ count: Int) -> Int { (count + 31) / 32 * 32 + 16 }
