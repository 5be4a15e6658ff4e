import Tensors

/// Sums of products in the spatial domain, for every convolution, in plain Swift.
///
/// Its inner loops run along the last axis. The faster engines are tested against it.
struct PlainEngine<Scalar: ConvolutionScalar>: ConvolutionEngine, KernelGradientEngine {
  static var algorithm: Algorithm { .plain }

  let convolution: Convolution
  private let geometry: RowGeometry
  private let domain: ExtendedDomain

  init(_ convolution: Convolution, kernel: KernelFacts<Scalar>?) {
    self.convolution = convolution
    domain = ExtendedDomain(convolution)
    geometry = RowGeometry(convolution, extended: domain.extended)
  }

  static func assess(_ convolution: Convolution, kernel: KernelFacts<Scalar>?) -> Assessment {
    assessKernelGradient(of: convolution)
  }

  static func assessKernelGradient(of convolution: Convolution) -> Assessment {
    let extended = ExtendedDomain(convolution).count
    let table = CostTable.current
    let columns = convolution.output[convolution.output.rank - 1]
    // Every tap runs along every row.
    let runs = Double(convolution.multiplyAdds / columns)
    // Inputs are extended, outputs cleared.
    let copied =
      Double(convolution.input[0] * convolution.input[1]) * Double(extended)
      + Double(convolution.output.elementCount)
    return .estimate(
      seconds: Double(convolution.multiplyAdds) * table.plainMultiplyAdd + runs * table.plainRun
        + copied * table.copiedSample,
      scratch: extended * convolution.kernel[1] * MemoryLayout<Scalar>.stride)
  }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func forward(
    _ input: UnsafePointer<Scalar>, _ kernel: PackedKernel<Scalar>,
    _ output: UnsafeMutablePointer<Scalar>, _ epilogue: Epilogue<Scalar>
  ) {
    let counts = convolution.counts
    let geometry = geometry
    let target = SharedPointer(output)
    let weights = ReadOnlyPointer(kernel.values)
    forEachExtendedGroup(input) { batch, group, extended in
      let source = SharedPointer(extended)
      parallelFor(counts.filtersPerGroup * geometry.rowCount) { piece in
        let filter = group * counts.filtersPerGroup + piece / geometry.rowCount
        let row = piece % geometry.rowCount
        let outputRow =
          target.pointer
          + ((batch * counts.filters + filter) * geometry.rowCount + row) * geometry.outputColumns
        outputRow.update(repeating: 0, count: geometry.outputColumns)
        for channel in 0..<counts.channelsPerGroup {
          let image = source.pointer + channel * geometry.extendedCount + geometry.rowStarts[row]
          var tap = weights.pointer + (filter * counts.channelsPerGroup + channel) * counts.taps
          for line in geometry.tapLines {
            for column in 0..<geometry.tapColumns {
              let samples = image + line + column * geometry.columnDilation
              let weight = tap[column]
              if geometry.columnStride == 1 {
                for x in 0..<geometry.outputColumns { outputRow[x] += weight * samples[x] }
              } else {
                for x in 0..<geometry.outputColumns {
                  outputRow[x] += weight * samples[x * geometry.columnStride]
                }
              }
            }
            tap += geometry.tapColumns
          }
        }
      }
    }
  }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func kernelGradient(
    _ input: UnsafePointer<Scalar>, _ outputGradient: UnsafePointer<Scalar>,
    _ kernelGradient: UnsafeMutablePointer<Scalar>
  ) {
    let counts = convolution.counts
    let geometry = geometry
    let target = SharedPointer(kernelGradient)
    let gradients = ReadOnlyPointer(outputGradient)
    kernelGradient.update(repeating: 0, count: convolution.kernel.elementCount)
    forEachExtendedGroup(input) { batch, group, extended in
      let source = SharedPointer(extended)
      parallelFor(counts.filtersPerGroup * counts.channelsPerGroup) { piece in
        let filter = group * counts.filtersPerGroup + piece / counts.channelsPerGroup
        let channel = piece % counts.channelsPerGroup
        let gradient =
          gradients.pointer
          + (batch * counts.filters + filter) * geometry.rowCount * geometry.outputColumns
        var tap = target.pointer + (filter * counts.channelsPerGroup + channel) * counts.taps
        let image = source.pointer + channel * geometry.extendedCount
        for line in geometry.tapLines {
          for column in 0..<geometry.tapColumns {
            let start = image + line + column * geometry.columnDilation
            var sum: Scalar = 0
            for row in 0..<geometry.rowCount {
              sum += dotProduct(
                gradient + row * geometry.outputColumns, start + geometry.rowStarts[row],
                count: geometry.outputColumns, stride: geometry.columnStride)
            }
            tap[column] += sum
          }
          tap += geometry.tapColumns
        }
      }
    }
  }

  /// Calls `body` with the extended channels of every batch entry and group, one after another.
  private func forEachExtendedGroup(
    _ input: UnsafePointer<Scalar>,
    _ body: (_ batch: Int, _ group: Int, _ extended: UnsafeMutablePointer<Scalar>) -> Void
  ) {
    let counts = convolution.counts
    let geometry = geometry
    let domain = domain
    let whole = domain.extended.map { 0..<$0 }
    let source = ReadOnlyPointer(input)
    withScratch(Scalar.self, count: counts.channelsPerGroup * geometry.extendedCount) { extended in
      let block = SharedPointer(extended)
      for batch in 0..<counts.batch {
        for group in 0..<convolution.groups {
          let first = batch * counts.channels + group * counts.channelsPerGroup
          parallelFor(counts.channelsPerGroup) { channel in
            domain.copy(
              source.pointer + (first + channel) * geometry.imageCount, whole,
              into: block.pointer + channel * geometry.extendedCount)
          }
          body(batch, group, extended)
        }
      }
    }
  }
}

/// Σ left[i] · right[i · stride], in eight partial sums.
func dotProduct<Scalar: ConvolutionScalar>(
  _ left: UnsafePointer<Scalar>, _ right: UnsafePointer<Scalar>, count: Int, stride: Int
) -> Scalar {
  var partial = SIMD8<Scalar>(repeating: 0)
  var position = 0
  while position + 8 <= count {
    for lane in 0..<8 {
      partial[lane] += left[position + lane] * right[(position + lane) * stride]
    }
    position += 8
  }
  var sum = partial.sum()
  while position < count {
    sum += left[position] * right[position * stride]
    position += 1
  }
  return sum
}

/// The rows of output, image and kernel as offsets into the extended image.
struct RowGeometry: Hashable, Sendable {
  /// Rows of one output channel.
  let rowCount: Int
  /// Where the samples under each output row start in the extended image.
  let rowStarts: [Int]
  /// Where each line of kernel taps is, relative to that.
  let tapLines: [Int]
  let outputColumns: Int
  let tapColumns: Int
  let columnStride: Int
  let columnDilation: Int
  /// Samples of one channel of the extended image.
  let extendedCount: Int
  /// Samples of one channel of the image.
  let imageCount: Int

  init(_ convolution: Convolution, extended: [Int]) {
    let rank = convolution.spatialRank
    let outputs = Array(convolution.output.dimensions.suffix(rank))
    let taps = Array(convolution.kernel.dimensions.suffix(rank))
    let strides = Shape(extended).strides
    func offsets(_ extents: [Int], _ step: [Int]) -> [Int] {
      var offsets: [Int] = []
      Shape(Array(extents.dropLast())).forEachIndex { index in
        offsets.append(index.indices.reduce(0) { $0 + index[$1] * step[$1] * strides[$1] })
      }
      return offsets
    }
    rowStarts = offsets(outputs, convolution.stride)
    tapLines = offsets(taps, convolution.dilation)
    rowCount = rowStarts.count
    outputColumns = outputs[rank - 1]
    tapColumns = taps[rank - 1]
    columnStride = convolution.stride[rank - 1]
    columnDilation = convolution.dilation[rank - 1]
    extendedCount = extended.reduce(1, *)
    imageCount = convolution.input.dimensions.suffix(rank).reduce(1, *)
  }
}
