import SIMDLoops
import Tensors

/// The kernel gradient of groups with few filters (depthwise layers above all), where blocks of 16
/// filters would be mostly empty: each tap is a product of whole rows of samples and gradients.
///
/// Small planes of their own under 3 × 3 taps are read in place, others by bands.
struct RowGradient {
  private let convolution: Convolution
  private let domain: ExtendedDomain
  private let band: PlanarBand

  init(_ convolution: Convolution, domain: ExtendedDomain, band: PlanarBand) {
    self.convolution = convolution
    self.domain = domain
    self.band = band
  }

  /// How many parts have sums of their own, whatever the number of threads.
  static func parts(_ convolution: Convolution, _ band: PlanarBand) -> Int {
    let pieces = convolution.input[0] * band.boxes.count
    return min(pieces, max(1, min(16, (4 << 20) / convolution.kernel.elementCount)))
  }

  private static func readsPlanes(_ convolution: Convolution, _ band: PlanarBand) -> Bool {
    convolution.readsPlanes && band.boxes.count == 1
  }

  static func cost(_ convolution: Convolution) -> Assessment {
    let band = PlanarBand(convolution)
    let counts = convolution.counts
    let table = CostTable.current
    // Rows shorter than a vector are summed sample by sample.
    let columns = convolution.output[convolution.output.rank - 1]
    let outputs =
      columns < Int(simd_float_lanes())
      ? 6 * convolution.output.elementCount / counts.filters : band.lanes(convolution)
    let products = Double(outputs * counts.filters) * Double(band.offsets.count)
    let copied =
      readsPlanes(convolution, band)
      ? 0
      : Double(counts.batch * counts.channels * band.boxes.count * band.channelCount)
    let sums = parts(convolution, band) * convolution.kernel.elementCount
    let scratch = band.channelCount * counts.channelsPerGroup * Threads.count + sums
    return .estimate(
      seconds: products * table.rowMultiplyAdd + (copied + Double(sums)) * table.copiedSample,
      scratch: scratch * MemoryLayout<Float>.stride)
  }

  /// - Parameter tables: Makes, or knows, what a box needs.
  func kernelGradient(
    _ tables: @Sendable (Int) -> (vectors: PlanarVectors, copy: BandCopy),
    _ input: UnsafePointer<Float>, _ outputGradient: UnsafePointer<Float>,
    _ kernelGradient: UnsafeMutablePointer<Float>
  ) {
    let counts = convolution.counts
    let (domain, band) = (domain, band)
    let boxes = band.boxes
    let groups = convolution.groups
    let imageCount = domain.extents.reduce(1, *)
    let outputCount = convolution.output.dimensions.dropFirst(2).reduce(1, *)
    let kernelCount = convolution.kernel.elementCount
    let depth = band.offsets.count
    let pieces = counts.batch * boxes.count
    let parts = Self.parts(convolution, band)
    let readsPlanes = Self.readsPlanes(convolution, band)
    // Each group has sums of its own, so their split may depend on the threads.
    let chunks = min(groups, (8 * Threads.count + parts - 1) / parts)
    let source = ReadOnlyPointer(input)
    let gradients = ReadOnlyPointer(outputGradient)
    withScratch(Float.self, count: parts * kernelCount) { sums in
      let sums = SharedPointer(sums)
      parallelFor(parts * chunks) { index in
        let (part, chunk) = (index / chunks, index % chunks)
        let range = groups * chunk / chunks..<groups * (chunk + 1) / chunks
        let perGroup = counts.filtersPerGroup * depth
        let partSums = sums.pointer + part * kernelCount
        (partSums + range.lowerBound * perGroup).update(
          repeating: 0, count: range.count * perGroup)
        if readsPlanes {
          for batch in pieces * part / parts..<pieces * (part + 1) / parts {
            for group in range {
              let plane = batch * groups + group
              planar_plane_products(
                gradients.pointer + plane * imageCount, source.pointer + plane * imageCount,
                domain.extents[0], domain.extents[1], partSums + group * depth)
            }
          }
          return
        }
        withScratch(Float.self, count: counts.channelsPerGroup * band.channelCount) { samples in
          var last: (box: Int, vectors: PlanarVectors, copy: BandCopy)?
          for piece in pieces * part / parts..<pieces * (part + 1) / parts {
            let (box, batch) = (piece / counts.batch, piece % counts.batch)
            if box != last?.box {
              let (vectors, copy) = tables(box)
              last = (box, vectors, copy)
            }
            guard let (_, vectors, copy) = last else { continue }
            for group in range {
              let first = batch * counts.channels + group * counts.channelsPerGroup
              copy.copy(
                channels: counts.channelsPerGroup, source.pointer + first * imageCount, imageCount,
                into: samples, band.channelCount)
              for filter in group * counts.filtersPerGroup..<(group + 1) * counts.filtersPerGroup {
                let gradient = gradients.pointer + (batch * counts.filters + filter) * outputCount
                band.offsets.withUnsafeBufferPointer { offsets in
                  planar_products(
                    gradient, vectors.rows, samples, vectors.bands, vectors.rows.count,
                    vectors.columns, offsets.baseAddress, depth, partSums + filter * depth)
                }
              }
            }
          }
        }
      }
      addParts(parts, of: sums.pointer, kernelCount, into: kernelGradient)
    }
  }
}
