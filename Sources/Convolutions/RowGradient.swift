import SIMDLoops
import Tensors

/// The kernel gradient of groups with few filters (depthwise layers above all), where blocks of 16
/// filters would be mostly empty: each tap is a product of whole rows of samples and gradients.
struct RowGradient {
  private let convolution: Convolution
  private let domain: ExtendedDomain
  private let boxes: OutputBoxes
  /// Where the samples under each channel and tap lie in a band.
  private let offsets: [Int32]

  /// Whether this is faster than blocks of filters.
  static func serves(_ convolution: Convolution) -> Bool {
    let rank = convolution.spatialRank
    return convolution.kernel[0] / convolution.groups <= 8 && convolution.stride[rank - 1] == 1
      && convolution.output[1 + rank] >= 16
  }

  init(_ convolution: Convolution, domain: ExtendedDomain, boxes: OutputBoxes, offsets: [Int32]) {
    self.convolution = convolution
    self.domain = domain
    self.boxes = boxes
    self.offsets = offsets
  }

  func kernelGradient(
    _ input: UnsafePointer<Float>, _ outputGradient: UnsafePointer<Float>,
    _ kernelGradient: UnsafeMutablePointer<Float>
  ) {
    let shape = convolution.shapeNumbers
    let (domain, boxes, offsets) = (domain, boxes, offsets)
    let groups = convolution.groups
    let imageCount = domain.extents.reduce(1, *)
    let outputCount = convolution.output.dimensions.dropFirst(2).reduce(1, *)
    let kernelCount = convolution.kernel.elementCount
    let pieces = shape.batch * boxes.count
    // Parts with sums of their own, whatever the number of threads.
    let parts = min(pieces, max(1, min(32, (4 << 20) / kernelCount)))
    let bandCount = shape.channelsPerGroup * boxes.bandCount
    let source = SharedPointer(UnsafeMutablePointer(mutating: input))
    let gradients = SharedPointer(UnsafeMutablePointer(mutating: outputGradient))
    let only =
      boxes.count == 1 ? (boxes.tables(0, domain).1, boxes.rows(boxes.ranges(0))) : nil
    withScratch(Float.self, count: parts * kernelCount) { sums in
      sums.update(repeating: 0, count: parts * kernelCount)
      let sums = SharedPointer(sums)
      parallelFor(parts * groups) { index in
        let (part, group) = (index / groups, index % groups)
        let target =
          sums.pointer + part * kernelCount + group * shape.filtersPerGroup * offsets.count
        withScratch(Float.self, count: bandCount) { band in
          for piece in pieces * part / parts..<pieces * (part + 1) / parts {
            let (batch, box) = (piece / boxes.count, piece % boxes.count)
            let ranges = boxes.ranges(box)
            let (copy, rows) = only ?? (boxes.tables(box, domain).1, boxes.rows(ranges))
            let first = batch * shape.channels + group * shape.channelsPerGroup
            for channel in 0..<shape.channelsPerGroup {
              copy(
                source.pointer + (first + channel) * imageCount,
                into: band + channel * boxes.bandCount)
            }
            for filter in 0..<shape.filtersPerGroup {
              let plane = batch * shape.filters + group * shape.filtersPerGroup + filter
              offsets.withUnsafeBufferPointer { offsets in
                layer_row_products(
                  gradients.pointer + plane * outputCount, rows.outputs, band, rows.bands,
                  rows.bands.count, ranges[ranges.count - 1].count, offsets.baseAddress,
                  offsets.count, target + filter * offsets.count)
              }
            }
          }
        }
      }
      for position in 0..<kernelCount {
        var sum = sums[position]
        for part in 1..<parts { sum += sums[part * kernelCount + position] }
        kernelGradient[position] = sum
      }
    }
  }
}
