import Tensors

/// Sums of products in the spatial domain, for every convolution, in plain Swift.
///
/// Its inner loops run along the last axis. The faster engines are tested against it.
struct PlainEngine<Scalar: ConvolutionScalar>: ConvolutionEngine, KernelGradientEngine {
  static var algorithm: Algorithm { .plain }

  let convolution: Convolution
  private let domain: ExtendedDomain
  /// Where outputs lie in the extended image, and taps.
  private let outputs: StridedBox
  private let taps: StridedBox

  init(_ convolution: Convolution, kernel: KernelFacts<Scalar>?) {
    self.convolution = convolution
    domain = ExtendedDomain(convolution)
    let block = Shape(domain.extended)
    outputs = StridedBox(extents: convolution.outputExtents, steps: convolution.stride, in: block)
    taps = StridedBox(extents: convolution.tapExtents, steps: convolution.dilation, in: block)
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
    let (outputs, taps, extendedCount) = (outputs, taps, domain.count)
    let target = SharedPointer(output)
    let weights = ReadOnlyPointer(kernel.values)
    forEachExtendedGroup(input) { batch, group, extended in
      let source = SharedPointer(extended)
      parallelFor(counts.filtersPerGroup * outputs.rows.count) { piece in
        let filter = group * counts.filtersPerGroup + piece / outputs.rows.count
        let row = piece % outputs.rows.count
        let outputRow =
          target.pointer
          + ((batch * counts.filters + filter) * outputs.rows.count + row) * outputs.columns
        outputRow.update(repeating: 0, count: outputs.columns)
        for channel in 0..<counts.channelsPerGroup {
          let image = source.pointer + channel * extendedCount + outputs.rows[row]
          var tap = weights.pointer + (filter * counts.channelsPerGroup + channel) * counts.taps
          for line in taps.rows {
            for column in 0..<taps.columns {
              let samples = image + line + column * taps.columnStep
              let weight = tap[column]
              if outputs.columnStep == 1 {
                for x in 0..<outputs.columns { outputRow[x] += weight * samples[x] }
              } else {
                for x in 0..<outputs.columns {
                  outputRow[x] += weight * samples[x * outputs.columnStep]
                }
              }
            }
            tap += taps.columns
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
    let (outputs, taps, extendedCount) = (outputs, taps, domain.count)
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
          + (batch * counts.filters + filter) * outputs.rows.count * outputs.columns
        var tap = target.pointer + (filter * counts.channelsPerGroup + channel) * counts.taps
        let image = source.pointer + channel * extendedCount
        for line in taps.rows {
          for column in 0..<taps.columns {
            let start = image + line + column * taps.columnStep
            var sum: Scalar = 0
            for row in 0..<outputs.rows.count {
              sum += dotProduct(
                gradient + row * outputs.columns, start + outputs.rows[row],
                count: outputs.columns, stride: outputs.columnStep)
            }
            tap[column] += sum
          }
          tap += taps.columns
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
    let (domain, extendedCount) = (domain, domain.count)
    let source = ReadOnlyPointer(input)
    withScratch(Scalar.self, count: counts.channelsPerGroup * extendedCount) { extended in
      let block = SharedPointer(extended)
      for batch in 0..<counts.batch {
        for group in 0..<convolution.groups {
          let first = batch * counts.channels + group * counts.channelsPerGroup
          parallelFor(counts.channelsPerGroup) { channel in
            domain.copy(
              source.pointer + (first + channel) * counts.samples,
              into: block.pointer + channel * extendedCount)
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
