import LinearAlgebra
import Tensors

/// Products of matrices: the samples under every output become a column, and the kernel's matrix
/// multiplies them (im2col).
///
/// Columns are made for tiles of outputs that stay in cache. Kernels of one tap need none: the input
/// is their matrix already. In single precision the products are those of ``PanelProduct``; in double
/// precision they are by BLAS, on the thread that calls it.
struct MatrixProductEngine<Scalar: ConvolutionScalar>: ConvolutionEngine {
  static var algorithm: Algorithm { .matrixProduct }

  let convolution: Convolution
  private let columns: ColumnMatrix
  private let tile: Int

  init(_ convolution: Convolution, kernel: KernelFacts<Scalar>?) {
    self.convolution = convolution
    columns = ColumnMatrix(convolution)
    tile = Self.tile(convolution)
  }

  /// Outputs of a tile, so that its columns take about 512 KiB.
  private static func tile(_ convolution: Convolution) -> Int {
    let depth = convolution.kernel[1] * convolution.shapeNumbers.taps
    let outputs = convolution.output.dimensions.dropFirst(2).reduce(1, *)
    let wanted = min(max((128 << 10) / depth, 128), 4096)
    let tiles = (outputs + wanted - 1) / wanted
    return (outputs + tiles - 1) / tiles
  }

  static func assess(
    _ convolution: Convolution, _ map: LinearMap, kernel: KernelFacts<Scalar>?
  ) -> Assessment {
    let shape = convolution.shapeNumbers
    let depth = shape.channelsPerGroup * shape.taps
    let outputs = convolution.output.dimensions.dropFirst(2).reduce(1, *)
    let image = convolution.input.dimensions.dropFirst(2).reduce(1, *)
    guard max(outputs, image, depth * shape.filtersPerGroup) < Int(Int32.max) else {
      return .declined("matrices of this size exceed the range of the products")
    }
    let table = CostTable.current
    let precision = Double(MemoryLayout<Scalar>.stride) / 4
    let tile = tile(convolution)
    var seconds = productSeconds(convolution, map) * precision
    var scratch = 0
    if !ColumnMatrix(convolution).isInput {
      seconds +=
        Double(shape.batch * outputs * depth * convolution.groups) * table.columnSample * precision
      scratch = depth * tile * Threads.count
    }
    seconds +=
      Double(shape.batch * convolution.groups * ((outputs + tile - 1) / tile)) * table.matrixCall
    if map == .kernelGradient {
      let parts = KernelGradientParts(
        convolution, pieces: shape.batch * ((outputs + tile - 1) / tile))
      scratch += parts.count * parts.partCount
      seconds += Double(parts.count * parts.partCount) * table.copiedSample
    }
    return .estimate(seconds: seconds, scratch: scratch * MemoryLayout<Scalar>.stride)
  }

  /// How many ranges of channels an input gradient is divided into.
  private static func channelParts(_ convolution: Convolution) -> Int {
    let shape = convolution.shapeNumbers
    return min(shape.channelsPerGroup, max(1, 16 / (shape.batch * convolution.groups)))
  }

  /// The time of the products alone, in single precision.
  private static func productSeconds(_ convolution: Convolution, _ map: LinearMap) -> Double {
    let shape = convolution.shapeNumbers
    let depth = shape.channelsPerGroup * shape.taps
    let outputs = convolution.output.dimensions.dropFirst(2).reduce(1, *)
    let matrices = shape.batch * convolution.groups
    let table = CostTable.current
    guard Scalar.self == Float.self else {
      // Matrices with a few rows cost as much as those with a block of them.
      let rows = (shape.filtersPerGroup + 7) / 8 * 8
      return Double(matrices * rows * outputs * depth) * table.matrixMultiplyAdd
    }
    let (rows, inner, columns) =
      switch map {
      case .forward: (shape.filtersPerGroup, depth, outputs)
      case .inputGradient: (depth, shape.filtersPerGroup, outputs)
      case .kernelGradient: (shape.filtersPerGroup, outputs, depth)
      }
    let padded = (columns + 15) / 16 * 16
    // Every range of channels brings the gradients into panels.
    let packings =
      map == .inputGradient && !ColumnMatrix(convolution).isInput ? channelParts(convolution) : 1
    // A short sum takes no less time than one of some products: the result has to be written.
    return Double(matrices * max(rows, 4) * padded * max(inner, 8)) * table.panelMultiplyAdd
      + Double(matrices * padded * inner * packings) * table.panelSample
      + Double(matrices * rows * padded * PanelProduct.passes(inner: inner)) * table.panelOutput
      + Double(convolution.kernel.elementCount) * CostTable.fetchedWeight
  }

  func prepare(
    _ kernel: UnsafePointer<Scalar>, for map: LinearMap, into prepared: inout PreparedKernel<Scalar>
  ) {
    prepared.rewrite(count: convolution.kernel.elementCount) { $0.update(from: kernel, count: $1) }
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  func forward(
    _ input: UnsafePointer<Scalar>, _ kernel: PreparedKernel<Scalar>,
    _ output: UnsafeMutablePointer<Scalar>, _ epilogue: Epilogue<Scalar>
  ) {
    let shape = convolution.shapeNumbers
    let (columns, tile) = (columns, tile)
    let depth = columns.depth
    let (imageCount, outputCount) = (columns.imageCount, columns.outputCount)
    let tiles = (outputCount + tile - 1) / tile
    let groups = convolution.groups
    let source = SharedPointer(UnsafeMutablePointer(mutating: input))
    let target = SharedPointer(output)
    kernel.values.withUnsafeBufferPointer { weights in
      let weights = SharedPointer(reading: weights)
      parallelFor(shape.batch * groups * tiles) { piece in
        let (place, step) = (piece / tiles, piece % tiles)
        let (batch, group) = (place / groups, place % groups)
        let pixels = step * tile..<min((step + 1) * tile, outputCount)
        let images =
          source.pointer + (batch * shape.channels + group * shape.channelsPerGroup) * imageCount
        let matrix = weights.pointer + group * shape.filtersPerGroup * depth
        let outputs =
          target.pointer + (batch * shape.filters + group * shape.filtersPerGroup) * outputCount
          + pixels.lowerBound
        withScratch(Scalar.self, count: columns.isInput ? 1 : depth * pixels.count) { samples in
          if !columns.isInput {
            columns.gather(images, channels: shape.channelsPerGroup, pixels, into: samples)
          }
          multiply(
            matrix, (shape.filtersPerGroup, depth), leading: depth,
            columns.isInput ? images + pixels.lowerBound : samples, columns: pixels.count,
            leading: columns.isInput ? imageCount : pixels.count, into: outputs,
            leading: outputCount)
        }
        for filter in 0..<shape.filtersPerGroup {
          epilogue.apply(
            to: outputs + filter * outputCount, count: pixels.count,
            filter: group * shape.filtersPerGroup + filter)
        }
      }
    }
  }

  func fuses(_ epilogue: Epilogue<Scalar>) -> Bool { !epilogue.combinesPairs }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  func inputGradient(
    _ outputGradient: UnsafePointer<Scalar>, _ kernel: PreparedKernel<Scalar>,
    _ inputGradient: UnsafeMutablePointer<Scalar>
  ) {
    let shape = convolution.shapeNumbers
    let (columns, tile) = (columns, tile)
    let depth = columns.depth
    let (imageCount, outputCount) = (columns.imageCount, columns.outputCount)
    let groups = convolution.groups
    // Tiles overlap in the image, so pieces are ranges of channels; where they do not, ranges of pixels.
    let isInput = columns.isInput
    let parts =
      isInput ? (outputCount + tile - 1) / tile : Self.channelParts(convolution)
    let source = SharedPointer(UnsafeMutablePointer(mutating: outputGradient))
    let target = SharedPointer(inputGradient)
    kernel.values.withUnsafeBufferPointer { weights in
      let weights = SharedPointer(reading: weights)
      parallelFor(shape.batch * groups * parts) { piece in
        let (place, part) = (piece / parts, piece % parts)
        let (batch, group) = (place / groups, place % groups)
        if isInput {
          let start = part * tile
          multiply(
            weights.pointer + group * shape.filtersPerGroup * depth,
            (shape.channelsPerGroup, shape.filtersPerGroup), leading: depth, isTransposed: true,
            source.pointer + (batch * shape.filters + group * shape.filtersPerGroup) * outputCount
              + start, columns: min(tile, outputCount - start), leading: outputCount,
            into: target.pointer
              + (batch * shape.channels + group * shape.channelsPerGroup) * imageCount + start,
            leading: imageCount)
          return
        }
        let first = shape.channelsPerGroup * part / parts
        let channels = shape.channelsPerGroup * (part + 1) / parts - first
        let images =
          target.pointer
          + (batch * shape.channels + group * shape.channelsPerGroup + first) * imageCount
        let matrix = weights.pointer + group * shape.filtersPerGroup * depth + first * shape.taps
        let gradients =
          source.pointer + (batch * shape.filters + group * shape.filtersPerGroup) * outputCount
        let rows = channels * shape.taps
        images.update(repeating: 0, count: channels * imageCount)
        withScratch(Scalar.self, count: rows * tile) { samples in
          for start in stride(from: 0, to: outputCount, by: tile) {
            let pixels = start..<min(start + tile, outputCount)
            multiply(
              matrix, (rows, shape.filtersPerGroup), leading: depth, isTransposed: true,
              gradients + start, columns: pixels.count, leading: outputCount,
              into: samples, leading: pixels.count)
            columns.scatter(samples, pixels, onto: images, channels: channels)
          }
        }
      }
    }
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  func kernelGradient(
    _ input: UnsafePointer<Scalar>, _ outputGradient: UnsafePointer<Scalar>,
    _ kernelGradient: UnsafeMutablePointer<Scalar>
  ) {
    let shape = convolution.shapeNumbers
    let (columns, tile) = (columns, tile)
    let depth = columns.depth
    let (imageCount, outputCount) = (columns.imageCount, columns.outputCount)
    let groups = convolution.groups
    let tiles = (outputCount + tile - 1) / tile
    let parts = KernelGradientParts(convolution, pieces: shape.batch * tiles)
    let count = convolution.kernel.elementCount
    let source = SharedPointer(UnsafeMutablePointer(mutating: input))
    let gradients = SharedPointer(UnsafeMutablePointer(mutating: outputGradient))
    let target = SharedPointer(kernelGradient)
    withScratch(Scalar.self, count: parts.count * count) { sums in
      let sums = SharedPointer(sums)
      parallelFor(parts.count * groups * parts.filterParts) { index in
        let (part, rest) = (
          index / (groups * parts.filterParts), index % (groups * parts.filterParts)
        )
        let (group, filterPart) = (rest / parts.filterParts, rest % parts.filterParts)
        let blocks = parts.blocks(filterPart)
        let first = blocks.lowerBound * 16
        let filters = min(blocks.upperBound * 16, shape.filtersPerGroup) - first
        let matrix =
          sums.pointer + part * count + (group * shape.filtersPerGroup + first) * depth
        matrix.update(repeating: 0, count: filters * depth)
        withScratch(Scalar.self, count: columns.isInput ? 1 : depth * tile) { samples in
          for piece in parts.pieces(part) {
            let (batch, step) = (piece / tiles, piece % tiles)
            let pixels = step * tile..<min((step + 1) * tile, outputCount)
            let images =
              source.pointer
              + (batch * shape.channels + group * shape.channelsPerGroup) * imageCount
            let gradient =
              gradients.pointer + pixels.lowerBound
              + (batch * shape.filters + group * shape.filtersPerGroup + first) * outputCount
            if !columns.isInput {
              columns.gather(images, channels: shape.channelsPerGroup, pixels, into: samples)
            }
            multiplyTransposed(
              gradient, (filters, pixels.count), leading: outputCount,
              columns.isInput ? images + pixels.lowerBound : samples, columns: depth,
              leading: columns.isInput ? imageCount : pixels.count, addingTo: matrix,
              leading: depth)
          }
        }
      }
      let span = 4096
      parallelFor((count + span - 1) / span) { index in
        for position in index * span..<min((index + 1) * span, count) {
          var sum = sums[position]
          for part in 1..<max(parts.count, 1) { sum += sums[part * count + position] }
          target[position] = sum
        }
      }
    }
  }
}
