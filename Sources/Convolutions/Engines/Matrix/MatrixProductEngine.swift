import LinearAlgebra
import Tensors

/// Matrix products: the samples under every output become a column, which the kernel's matrix
/// multiplies (im2col).
///
/// Columns are made for tiles of outputs that stay in cache. Kernels of one tap need none: the input is
/// already their matrix. In single precision ``PanelProduct`` multiplies; in double precision BLAS does,
/// on the calling thread.
struct MatrixProductEngine<Scalar: ConvolutionScalar>: ConvolutionEngine, KernelGradientEngine {
  static var algorithm: Algorithm { .matrixProduct }

  let convolution: Convolution
  private let columns: ColumnMatrix
  private let tile: Int
  /// The tables of all tiles, if there are few.
  private let tiles: [ColumnMatrix.Tile]

  init(_ convolution: Convolution, kernel: KernelFacts<Scalar>?) {
    self.convolution = convolution
    let (columns, tile) = (ColumnMatrix(convolution), Self.tile(convolution))
    self.columns = columns
    self.tile = tile
    let count = columns.isInput ? 0 : (columns.outputCount + tile - 1) / tile
    tiles =
      count <= 1024
      ? (0..<count).map { columns.tile(Self.pixels($0, tile, columns.outputCount)) } : []
  }

  /// The outputs of a tile.
  private static func pixels(_ number: Int, _ tile: Int, _ outputs: Int) -> Range<Int> {
    number * tile..<min((number + 1) * tile, outputs)
  }

  /// The tables of the tile of some outputs.
  private func columnTile(_ number: Int) -> ColumnMatrix.Tile {
    tiles.isEmpty
      ? columns.tile(Self.pixels(number, tile, columns.outputCount)) : tiles[number]
  }

  /// Outputs of a tile: as many as make its columns take about 512 KiB.
  private static func tile(_ convolution: Convolution) -> Int {
    let depth = convolution.kernel[1] * convolution.counts.taps
    let outputs = convolution.output.dimensions.dropFirst(2).reduce(1, *)
    let wanted = min(max((128 << 10) / depth, 128), 4096)
    let tiles = (outputs + wanted - 1) / wanted
    return (outputs + tiles - 1) / tiles
  }

  static func assess(_ convolution: Convolution, kernel: KernelFacts<Scalar>?) -> Assessment {
    assess(convolution, isKernelGradient: false)
  }

  static func assessKernelGradient(of convolution: Convolution) -> Assessment {
    assess(convolution, isKernelGradient: true)
  }

  private static func assess(_ convolution: Convolution, isKernelGradient: Bool) -> Assessment {
    let counts = convolution.counts
    let depth = counts.channelsPerGroup * counts.taps
    let outputs = convolution.output.dimensions.dropFirst(2).reduce(1, *)
    let image = convolution.input.dimensions.dropFirst(2).reduce(1, *)
    guard max(outputs, image, depth * counts.filtersPerGroup) < Int(Int32.max) else {
      return .declined("matrices of this size exceed the range of the products")
    }
    let table = CostTable.current
    let precision = Double(MemoryLayout<Scalar>.stride) / 4
    let tile = tile(convolution)
    var seconds = productSeconds(convolution, isKernelGradient: isKernelGradient) * precision
    var scratch = 0
    if !ColumnMatrix(convolution).isInput {
      seconds +=
        Double(counts.batch * outputs * depth * convolution.groups) * table.columnSample * precision
      scratch = depth * tile * Threads.count
    }
    seconds +=
      Double(counts.batch * convolution.groups * ((outputs + tile - 1) / tile)) * table.matrixCall
    if isKernelGradient {
      let parts = KernelGradientParts(
        convolution, pieces: counts.batch * ((outputs + tile - 1) / tile))
      scratch += parts.count * parts.partCount
      seconds += Double(parts.count * parts.partCount) * table.copiedSample
    }
    return .estimate(seconds: seconds, scratch: scratch * MemoryLayout<Scalar>.stride)
  }

  /// The time of the products alone, in single precision.
  private static func productSeconds(
    _ convolution: Convolution, isKernelGradient: Bool
  ) -> Double {
    let counts = convolution.counts
    let depth = counts.channelsPerGroup * counts.taps
    let outputs = convolution.output.dimensions.dropFirst(2).reduce(1, *)
    let matrices = counts.batch * convolution.groups
    let table = CostTable.current
    guard Scalar.self == Float.self else {
      // Matrices with a few rows cost as much as those with a block of them.
      let rows = (counts.filtersPerGroup + 7) / 8 * 8
      return Double(matrices * rows * outputs * depth) * table.matrixMultiplyAdd
    }
    let rows = counts.filtersPerGroup
    let (inner, columns) = isKernelGradient ? (outputs, depth) : (depth, outputs)
    let padded = (columns + 15) / 16 * 16
    // A short sum takes no less time than one of a few products: the result has to be written.
    return Double(matrices * max(rows, 4) * padded * max(inner, 8)) * table.panelMultiplyAdd
      + Double(matrices * padded * inner) * table.panelSample
      + Double(matrices * rows * padded * PanelProduct.passes(inner: inner)) * table.panelOutput
      + Double(convolution.kernel.elementCount) * CostTable.fetchedWeight
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  func forward(
    _ input: UnsafePointer<Scalar>, _ kernel: PackedKernel<Scalar>,
    _ output: UnsafeMutablePointer<Scalar>, _ epilogue: Epilogue<Scalar>
  ) {
    let counts = convolution.counts
    let (columns, tile) = (columns, tile)
    let depth = columns.depth
    let (imageCount, outputCount) = (columns.imageCount, columns.outputCount)
    let tiles = (outputCount + tile - 1) / tile
    let groups = convolution.groups
    let source = ReadOnlyPointer(input)
    let target = SharedPointer(output)
    let weights = ReadOnlyPointer(kernel.values)
    parallelFor(counts.batch * groups * tiles) { piece in
      let (place, step) = (piece / tiles, piece % tiles)
      let (batch, group) = (place / groups, place % groups)
      let pixels = Self.pixels(step, tile, outputCount)
      let images =
        source.pointer + (batch * counts.channels + group * counts.channelsPerGroup) * imageCount
      let matrix = weights.pointer + group * counts.filtersPerGroup * depth
      let outputs =
        target.pointer + (batch * counts.filters + group * counts.filtersPerGroup) * outputCount
        + pixels.lowerBound
      withScratch(Scalar.self, count: columns.isInput ? 1 : depth * pixels.count) { samples in
        if !columns.isInput {
          columns.gather(
            images, channels: counts.channelsPerGroup, columnTile(step), into: samples)
        }
        multiply(
          matrix, (counts.filtersPerGroup, depth), leading: depth,
          columns.isInput ? images + pixels.lowerBound : UnsafePointer(samples),
          columns: pixels.count,
          leading: columns.isInput ? imageCount : pixels.count, into: outputs,
          leading: outputCount)
      }
      for filter in 0..<counts.filtersPerGroup {
        epilogue.apply(
          to: outputs + filter * outputCount, count: pixels.count,
          filter: group * counts.filtersPerGroup + filter)
      }
    }
  }

  func fuses(_ epilogue: Epilogue<Scalar>) -> Bool { !epilogue.combinesPairs }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  func kernelGradient(
    _ input: UnsafePointer<Scalar>, _ outputGradient: UnsafePointer<Scalar>,
    _ kernelGradient: UnsafeMutablePointer<Scalar>
  ) {
    let counts = convolution.counts
    let (columns, tile) = (columns, tile)
    let depth = columns.depth
    let (imageCount, outputCount) = (columns.imageCount, columns.outputCount)
    let groups = convolution.groups
    let tiles = (outputCount + tile - 1) / tile
    let parts = KernelGradientParts(convolution, pieces: counts.batch * tiles)
    let count = convolution.kernel.elementCount
    let source = ReadOnlyPointer(input)
    let gradients = ReadOnlyPointer(outputGradient)
    withScratch(Scalar.self, count: parts.count * count) { sums in
      let sums = SharedPointer(sums)
      parallelFor(parts.count * groups * parts.filterParts) { index in
        let (part, rest) = (
          index / (groups * parts.filterParts), index % (groups * parts.filterParts)
        )
        let (group, filterPart) = (rest / parts.filterParts, rest % parts.filterParts)
        let blocks = parts.blocks(filterPart)
        let first = blocks.lowerBound * 16
        let filters = min(blocks.upperBound * 16, counts.filtersPerGroup) - first
        let matrix =
          sums.pointer + part * count + (group * counts.filtersPerGroup + first) * depth
        matrix.update(repeating: 0, count: filters * depth)
        withScratch(Scalar.self, count: columns.isInput ? 1 : depth * tile) { samples in
          for piece in parts.pieces(part) {
            let (batch, step) = (piece / tiles, piece % tiles)
            let pixels = Self.pixels(step, tile, outputCount)
            let images =
              source.pointer
              + (batch * counts.channels + group * counts.channelsPerGroup) * imageCount
            let gradient =
              gradients.pointer + pixels.lowerBound
              + (batch * counts.filters + group * counts.filtersPerGroup + first) * outputCount
            if !columns.isInput {
              columns.gather(
                images, channels: counts.channelsPerGroup, columnTile(step), into: samples)
            }
            multiplyTransposed(
              gradient, (filters, pixels.count), leading: outputCount,
              columns.isInput ? images + pixels.lowerBound : UnsafePointer(samples), columns: depth,
              leading: columns.isInput ? imageCount : pixels.count, addingTo: matrix,
              leading: depth)
          }
        }
      }
      addParts(parts.count, of: sums.pointer, count, into: kernelGradient)
    }
  }
}
