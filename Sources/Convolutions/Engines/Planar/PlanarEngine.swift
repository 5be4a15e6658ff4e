import SIMDLoops
import Tensors

/// Sums of products in the spatial domain, neighbouring outputs of a row in one vector: for layers with
/// few filters per group, depthwise ones above all, or few channels, where blocks of 16 filters would be
/// mostly empty or soon summed.
///
/// Up to eight filters share each sample that is loaded; where a group is one filter, some of its rows
/// do. Boxes of the input are copied into the cache so that the samples of neighbouring outputs are
/// neighbours; a table of offsets (one per channel and tap) serves any rank, stride and dilation.
struct PlanarEngine: ConvolutionEngine, KernelGradientEngine {
  static var algorithm: Algorithm { .planar }

  let convolution: Convolution
  /// Where the loops find the channels of an image that is read in place; `nil` for others.
  let channelOffsets: [Int32]?
  private let domain: ExtendedDomain
  private let band: PlanarBand
  /// The tables of each box, if there are few.
  private let tables: [(vectors: PlanarVectors, copy: BandCopy)]

  /// Samples that stay in a first-level cache.
  private static let firstLevelSamples = 8192.0
  /// The multiply-adds that are worth a task of their own.
  private static let taskProducts = 400_000

  init(_ original: Convolution, kernel: KernelFacts<Float>?) {
    let convolution = original.merged
    self.convolution = convolution
    domain = ExtendedDomain(convolution)
    band = PlanarBand(convolution)
    channelOffsets = convolution.channelOffsets
    let (band, domain) = (band, domain)
    tables =
      band.boxes.isFew ? (0..<band.boxes.count).map { Self.tables($0, band, domain) } : []
  }

  private static func tables(
    _ box: Int, _ band: PlanarBand, _ domain: ExtendedDomain
  ) -> (vectors: PlanarVectors, copy: BandCopy) {
    let ranges = band.boxes.ranges(box)
    return (
      PlanarVectors(band, ranges, lanes: Int(simd_float_lanes())), band.copy(ranges, of: domain)
    )
  }

  static func assess(_ convolution: Convolution, kernel: KernelFacts<Float>?) -> Assessment {
    guard fitsOffsets(convolution) else { return .declined(tooLarge) }
    let (seconds, scratch) = cost(convolution)
    return .estimate(seconds: seconds, scratch: scratch)
  }

  static func assessKernelGradient(of convolution: Convolution) -> Assessment {
    fitsOffsets(convolution) ? RowGradient.cost(convolution.merged) : .declined(tooLarge)
  }

  private static let tooLarge =
    "one channel of the output, or one row of all channels, is too large"

  private static func fitsOffsets(_ convolution: Convolution) -> Bool {
    let band = PlanarBand(convolution.merged).channelCount * convolution.kernel[1]
    return max(convolution.counts.outputs, band) < Int(Int32.max)
  }

  private static func cost(_ original: Convolution) -> (seconds: Double, scratch: Int) {
    let convolution = original.merged
    let band = PlanarBand(convolution)
    let counts = convolution.counts
    let lanes = Double(band.lanes(convolution) * convolution.groups)
    let depth = Double(counts.channelsPerGroup * counts.taps)
    let filters = Double(counts.filtersPerGroup)
    let weights = PlanarWeights(convolution)
    // Rows that are summed together share the samples they load.
    let rows = Double(min(convolution.kernel[2], Int(StencilMaxRows)))
    let blocks =
      weights.form == .blocks ? Double(weights.blocks) : (2 * rows - 1) / (rows * rows)
    let isInPlace = weights.form == .planes || convolution.channelOffsets != nil
    let copied =
      isInPlace
      ? 0 : Double(counts.batch * counts.channels * band.boxes.count * band.channelCount)
    let table = CostTable.current
    // The samples that a block of three vectors reads.
    let rank = convolution.spatialRank
    let read =
      depth / Double(convolution.kernel[1 + rank])
      * Double(3 * Int(simd_float_lanes()) + convolution.kernel[1 + rank])
    let sample = read > firstLevelSamples ? table.planarFarSample : table.planarSample
    let seconds =
      lanes * depth * (filters * table.planarMultiplyAdd + blocks * sample)
      + lanes * filters * table.planarOutput + copied * table.copiedSample
      + Double(convolution.kernel.elementCount) * CostTable.fetchedWeight
    let scratch = isInPlace ? 0 : band.channelCount * counts.channelsPerGroup * Threads.count
    return (seconds, scratch * MemoryLayout<Float>.stride)
  }

  // Pairs that lie in two blocks are combined afterwards.
  func fuses(_ epilogue: Epilogue<Float>) -> Bool {
    !epilogue.combinesPairs || PlanarWeights(convolution).hasWholePairs
  }

  func pack(_ kernel: UnsafePointer<Float>, into packed: UnsafeMutablePointer<Float>) {
    PlanarWeights(convolution).pack(kernel, into: packed)
  }

  func forward(
    _ input: UnsafePointer<Float>, _ kernel: PackedKernel<Float>,
    _ output: UnsafeMutablePointer<Float>, _ epilogue: Epilogue<Float>
  ) {
    let counts = convolution.counts
    let (band, domain, tables) = (band, domain, tables)
    let weights = PlanarWeights(convolution)
    let boxes = band.boxes
    let lanes = Int(simd_float_lanes())
    let imageCount = domain.extents.reduce(1, *)
    let outputCount = convolution.output.dimensions.dropFirst(2).reduce(1, *)
    // Every output is summed in the same order on any thread, so this may depend on the threads.
    let groups = convolution.groups
    let planes = counts.batch * groups
    let values = ReadOnlyPointer(kernel.values)
    let source = ReadOnlyPointer(input)
    let target = SharedPointer(output)
    let wanted = min(6 * Threads.count, 1 + convolution.multiplyAdds / Self.taskProducts)
    if let channelOffsets {
      return filterChannels(source, channelOffsets, values, epilogue, into: target)
    }
    if weights.form == .planes {
      return filterPlanes(source, values, epilogue, into: target, pieces: wanted)
    }
    let chunks = min(planes, (wanted + boxes.count - 1) / boxes.count)
    let places = boxes.count * chunks
    // Where a few positions can be distributed evenly, each is copied once.
    let parts =
      places >= 2 * Threads.count && places % Threads.count == 0
      ? 1 : min(weights.blocks, (wanted + places - 1) / places)
    let bandCount = counts.channelsPerGroup * band.channelCount
    let perTarget = epilogue.combinesPairs ? 2 : 1
    parallelFor(places * parts) { task in
      let (place, part) = (task / parts, task % parts)
      let (box, chunk) = (place / chunks, place % chunks)
      let (vectors, copy) = tables.isEmpty ? Self.tables(box, band, domain) : tables[box]
      let narrowCount = vectors.isNarrow && weights.form == .blocks ? vectors.rows.count * lanes : 0
      // The last vector of a narrow row reads past its end.
      let total = bandCount + lanes + Int(PlanarMostFilters) * narrowCount
      withScratch(Float.self, count: total) { samples in
        // What is not copied to must hold ordinary values too: subnormal ones are slow.
        samples.update(repeating: 0, count: bandCount + lanes)
        let narrow = samples + bandCount + lanes
        for plane in planes * chunk / chunks..<planes * (chunk + 1) / chunks {
          let (batch, group) = (plane / groups, plane % groups)
          let first = batch * counts.channels + group * counts.channelsPerGroup
          copy.copy(
            channels: counts.channelsPerGroup, source.pointer + first * imageCount, imageCount,
            into: samples, band.channelCount,
            continuing: (planes * (chunk + 1) / chunks - plane - 1) * counts.channelsPerGroup)
          if weights.form == .rows {
            rowSums(
              vectors, of: samples, values.pointer + group * band.offsets.count,
              filter: group, epilogue, into: target.pointer + plane * outputCount)
            continue
          }
          for block in weights.blocks * part / parts..<weights.blocks * (part + 1) / parts {
            let range = weights.filters(group, block)
            let outputs =
              target.pointer
              + (batch * counts.filters + range.lowerBound) / perTarget * outputCount
            sums(
              vectors, of: samples, values.pointer + range.lowerBound * band.offsets.count,
              filters: range, epilogue, into: narrowCount > 0 ? narrow : outputs,
              plane: narrowCount > 0 ? narrowCount : outputCount)
            guard narrowCount > 0 else { continue }
            for filter in 0..<range.count / perTarget {
              for row in vectors.rows.indices {
                (outputs + filter * outputCount + vectors.rows[row]).update(
                  from: narrow + filter * narrowCount + row * lanes, count: vectors.columns)
              }
            }
          }
        }
      }
    }
  }

  /// Planes that are filtered in place, in several pieces.
  private func filterPlanes(
    _ source: ReadOnlyPointer<Float>, _ weights: ReadOnlyPointer<Float>,
    _ epilogue: Epilogue<Float>,
    into target: SharedPointer<Float>, pieces: Int
  ) {
    let (rows, columns) = (domain.extents[0], domain.extents[1])
    let planes = convolution.input[0] * convolution.groups
    let groups = convolution.groups
    let (activation, slope) = epilogue.activation.loopArguments
    parallelFor(pieces) { piece in
      // Rows are counted through all planes.
      var row = planes * rows * piece / pieces
      let end = planes * rows * (piece + 1) / pieces
      while row < end {
        let (plane, first) = (row / rows, row % rows)
        let count = min(rows - first, end - row)
        let filter = plane % groups
        var work = PlanarPlane(
          source: source.pointer + plane * rows * columns, rows: rows, columns: columns,
          first: first, end: first + count, weights: weights.pointer + filter * 9,
          target: target.pointer + plane * rows * columns, bias: epilogue.bias?[filter] ?? 0,
          activation: activation, slope: slope)
        planar_plane(&work)
        row += count
      }
    }
  }

  /// The sums of one filter in a box, by rows.
  private func rowSums(
    _ vectors: PlanarVectors, of samples: UnsafePointer<Float>,
    _ weights: UnsafePointer<Float>, filter: Int, _ epilogue: Epilogue<Float>,
    into target: UnsafeMutablePointer<Float>
  ) {
    let (channels, taps) = (convolution.kernel[1], convolution.kernel[2])
    let (count, pitch) = (vectors.rows.count, band.pitch)
    let lineCount = count + taps - 1
    withUnsafeTemporaryAllocation(
      of: UnsafePointer<Float>?.self, capacity: channels * lineCount
    ) { lines in
      for line in 0..<channels * lineCount {
        lines[line] =
          samples + line / lineCount * band.channelCount + line % lineCount * pitch
      }
      withUnsafeTemporaryAllocation(
        of: UnsafeMutablePointer<Float>?.self, capacity: count
      ) { outputs in
        for row in 0..<count { outputs[row] = target + vectors.rows[row] }
        var work = StencilRows()
        work.lines = UnsafePointer(lines.baseAddress)
        work.plane_lines = lineCount
        work.weights = weights
        work.outputs = UnsafePointer(outputs.baseAddress)
        work.planes = channels
        work.tap_rows = taps
        work.tap_columns = convolution.kernel[3]
        work.column_step = convolution.dilation[1]
        work.rows = count
        work.count = vectors.columns
        work.readable = vectors.columns
        work.bias = epilogue.bias?[filter] ?? 0
        work.activation = StencilActivation(epilogue.activation)
        stencil_rows(&work)
      }
    }
  }

  /// The sums of some filters at all vectors of a box.
  private func sums(
    _ vectors: PlanarVectors, of samples: UnsafePointer<Float>, _ weights: UnsafePointer<Float>,
    filters: Range<Int>, _ epilogue: Epilogue<Float>, into target: UnsafeMutablePointer<Float>,
    plane: Int
  ) {
    let (activation, slope) = epilogue.activation.loopArguments
    vectors.positions.withUnsafeBufferPointer { positions in
      vectors.targets.withUnsafeBufferPointer { targets in
        band.offsets.withUnsafeBufferPointer { offsets in
          var work = PlanarSums(
            source: samples, positions: positions.baseAddress, outputs: targets.baseAddress,
            vectors: positions.count, offsets: offsets.baseAddress, count: offsets.count,
            weights: weights, filters: filters.count, target: target, plane: plane,
            bias: epilogue.bias.map { $0.pointer + filters.lowerBound },
            activation: activation, slope: slope,
            combines: epilogue.combinesPairs, following: nil,
            following_offsets: nil, asked: 0)
          planar_sums(&work)
        }
      }
    }
  }

  func kernelGradient(
    _ input: UnsafePointer<Float>, _ outputGradient: UnsafePointer<Float>,
    _ kernelGradient: UnsafeMutablePointer<Float>
  ) {
    RowGradient(convolution, domain: domain, band: band)
      .kernelGradient(input, outputGradient, kernelGradient)
  }
}
