import SIMDLoops
import Tensors

/// Sums of products in the spatial domain, neighbouring outputs of a row in one vector: for layers with
/// few filters per group, depthwise ones above all, or few channels, where blocks of 16 filters would be
/// mostly empty or soon summed.
///
/// Up to six filters share each sample that is loaded. Boxes of the input are copied into the cache in
/// a layout that makes neighbours of what neighbouring outputs read; a table of offsets (one per channel
/// and tap) serves any rank, stride and dilation.
struct PlanarEngine: ConvolutionEngine {
  static var algorithm: Algorithm { .planar }

  let convolution: Convolution
  private let domain: ExtendedDomain
  private let band: PlanarBand
  private let adjoint: AdjointConvolution?

  /// Products that are worth a task of their own.
  private static let taskProducts = 400_000

  init(_ convolution: Convolution, kernel: KernelFacts<Float>?) {
    self.convolution = convolution
    domain = ExtendedDomain(convolution)
    band = PlanarBand(convolution)
    adjoint = AdjointConvolution(convolution)
  }

  static func assess(
    _ convolution: Convolution, _ map: LinearMap, kernel: KernelFacts<Float>?
  ) -> Assessment {
    var computed = convolution
    if map == .inputGradient {
      guard let adjoint = AdjointConvolution(convolution) else {
        return .declined("the input gradient of strides above 1 is not a convolution of this kind")
      }
      computed = adjoint.convolution
    }
    let band = PlanarBand(computed)
    let shape = computed.shapeNumbers
    let outputs = computed.output.dimensions.dropFirst(2)
    guard max(band.channelCount * shape.channelsPerGroup, outputs.reduce(1, *)) < Int(Int32.max)
    else {
      return .declined("one channel of the output, or one row of all channels, is too large")
    }
    let table = CostTable.current
    let lanes = Int(simd_float_lanes())
    let columns = outputs.last ?? 1
    // The adjoint may be that of one batch entry at a time.
    let batch = convolution.input[0]
    let rows = outputs.dropLast().reduce(batch, *) * computed.groups
    let lanesPerFilter = Double(rows * ((columns + lanes - 1) / lanes * lanes))
    let depth = Double(shape.channelsPerGroup * shape.taps)
    let filters = Double(shape.filtersPerGroup)
    var seconds =
      Double(batch * shape.channels * band.boxes.count * band.channelCount) * table.copiedSample
    var scratch = band.channelCount * shape.channelsPerGroup * Threads.count
    if map == .kernelGradient {
      seconds += lanesPerFilter * depth * filters * table.rowMultiplyAdd
      scratch += RowGradient.parts(computed, band) * computed.kernel.elementCount
    } else {
      let blocks = Double(PlanarWeights(computed).blocks)
      seconds +=
        lanesPerFilter * depth * (filters * table.planarMultiplyAdd + blocks * table.planarSample)
        + lanesPerFilter * filters * table.planarOutput
    }
    return .estimate(seconds: seconds, scratch: scratch * MemoryLayout<Float>.stride)
  }

  func fuses(_ epilogue: Epilogue<Float>) -> Bool { !epilogue.combinesPairs }

  func prepare(_ kernel: UnsafePointer<Float>, for map: LinearMap) -> PreparedKernel<Float> {
    let weights = PlanarWeights(convolution, isAdjoint: map == .inputGradient)
    return PreparedKernel(count: convolution.kernel.elementCount) { values, _ in
      weights.pack(kernel, into: values)
    }
  }

  func prepare(
    _ kernel: UnsafePointer<Float>, for map: LinearMap, into prepared: inout PreparedKernel<Float>
  ) {
    let weights = PlanarWeights(convolution, isAdjoint: map == .inputGradient)
    prepared.rewrite(count: convolution.kernel.elementCount) { values, _ in
      weights.pack(kernel, into: values)
    }
  }

  func forward(
    _ input: UnsafePointer<Float>, _ kernel: PreparedKernel<Float>,
    _ output: UnsafeMutablePointer<Float>, _ epilogue: Epilogue<Float>
  ) {
    let shape = convolution.shapeNumbers
    let (band, domain) = (band, domain)
    let weights = PlanarWeights(convolution)
    let boxes = band.boxes
    let lanes = Int(simd_float_lanes())
    let imageCount = domain.extents.reduce(1, *)
    let outputCount = convolution.output.dimensions.dropFirst(2).reduce(1, *)
    // Every output is summed in the same order whoever computes it, so this may ask for the threads.
    let groups = convolution.groups
    let planes = shape.batch * groups
    let wanted = min(6 * Threads.count, 1 + convolution.multiplyAdds / Self.taskProducts)
    let chunks = min(planes, (wanted + boxes.count - 1) / boxes.count)
    let parts = min(weights.blocks, (wanted + boxes.count * chunks - 1) / (boxes.count * chunks))
    let source = SharedPointer(UnsafeMutablePointer(mutating: input))
    let target = SharedPointer(output)
    let bandCount = shape.channelsPerGroup * band.channelCount
    kernel.values.withUnsafeBufferPointer { values in
      let values = SharedPointer(reading: values)
      parallelFor(boxes.count * chunks * parts) { task in
        let (place, part) = (task / parts, task % parts)
        let (box, chunk) = (place / chunks, place % chunks)
        let ranges = boxes.ranges(box)
        let copy = band.copy(ranges, of: domain)
        let vectors = PlanarVectors(band, ranges, lanes: lanes)
        let narrowCount = vectors.isNarrow ? vectors.rows.count * lanes : 0
        // The last vector of a narrow row reads beyond it.
        let total = bandCount + lanes + Int(PlanarMostFilters) * narrowCount
        withScratch(Float.self, count: total) { samples in
          (samples + bandCount).update(repeating: 0, count: lanes)
          let narrow = samples + bandCount + lanes
          for plane in planes * chunk / chunks..<planes * (chunk + 1) / chunks {
            let (batch, group) = (plane / groups, plane % groups)
            let first = batch * shape.channels + group * shape.channelsPerGroup
            for channel in 0..<shape.channelsPerGroup {
              copy(
                source.pointer + (first + channel) * imageCount,
                into: samples + channel * band.channelCount)
            }
            for block in weights.blocks * part / parts..<weights.blocks * (part + 1) / parts {
              let range = weights.filters(group, block)
              let outputs =
                target.pointer + (batch * shape.filters + range.lowerBound) * outputCount
              sums(
                vectors, of: samples, values.pointer + range.lowerBound * band.offsets.count,
                filters: range, epilogue, into: narrowCount > 0 ? narrow : outputs,
                plane: narrowCount > 0 ? narrowCount : outputCount)
              guard narrowCount > 0 else { continue }
              for filter in range.indices {
                for row in vectors.rows.indices {
                  (outputs + (filter - range.lowerBound) * outputCount + vectors.rows[row]).update(
                    from: narrow + (filter - range.lowerBound) * narrowCount + row * lanes,
                    count: vectors.columns)
                }
              }
            }
          }
        }
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
            bias: epilogue.bias.map { UnsafePointer($0.pointer + filters.lowerBound) },
            activation: activation, slope: slope)
          planar_sums(&work)
        }
      }
    }
  }

  func inputGradient(
    _ outputGradient: UnsafePointer<Float>, _ kernel: PreparedKernel<Float>,
    _ inputGradient: UnsafeMutablePointer<Float>
  ) {
    guard let adjoint else { preconditionFailure("planar declined this input gradient") }
    let engine = PlanarEngine(adjoint.convolution, kernel: nil)
    adjoint.run(outputGradient, into: inputGradient) { source, target in
      engine.forward(source, kernel, target, Epilogue())
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

/// A kernel as the loops for few filters read it: `[group][block of filters][channel × tap][filter in
/// block]`.
struct PlanarWeights: Hashable, Sendable {
  private let groups: Int
  private let filtersPerGroup: Int
  private let channelsPerGroup: Int
  private let taps: Int
  private let isAdjoint: Bool

  /// The weights of a convolution's kernel, or of that of its input gradient at stride 1: the kernel
  /// reflected, its filters and channels exchanged.
  init(_ convolution: Convolution, isAdjoint: Bool = false) {
    let shape = convolution.shapeNumbers
    groups = convolution.groups
    filtersPerGroup = isAdjoint ? shape.channelsPerGroup : shape.filtersPerGroup
    channelsPerGroup = isAdjoint ? shape.filtersPerGroup : shape.channelsPerGroup
    taps = shape.taps
    self.isAdjoint = isAdjoint
  }

  /// Blocks of filters in a group, of equal size but for one.
  var blocks: Int { (filtersPerGroup + Int(PlanarMostFilters) - 1) / Int(PlanarMostFilters) }

  /// The filters of a block.
  func filters(_ group: Int, _ block: Int) -> Range<Int> {
    let first = group * filtersPerGroup
    return first + filtersPerGroup * block / blocks..<first + filtersPerGroup * (block + 1) / blocks
  }

  /// Packs a kernel, `[filters, channels / groups, spatial…]`.
  func pack(_ kernel: UnsafePointer<Float>, into values: UnsafeMutablePointer<Float>) {
    var value = values
    for group in 0..<groups {
      for block in 0..<blocks {
        let filters = filters(group, block)
        for channel in 0..<channelsPerGroup {
          for tap in 0..<taps {
            for filter in filters {
              if isAdjoint {
                let row = group * channelsPerGroup + channel
                let column = filter - group * filtersPerGroup
                value.pointee = kernel[(row * filtersPerGroup + column + 1) * taps - 1 - tap]
              } else {
                value.pointee = kernel[(filter * channelsPerGroup + channel) * taps + tap]
              }
              value += 1
            }
          }
        }
      }
    }
  }
}

extension Activation {
  /// What the loops take.
  var loopArguments: (activation: LayerActivation, slope: Float) {
    switch self {
    case .identity: (LAYER_IDENTITY, 1)
    case .relu: (LAYER_RELU, 0)
    case .leakyReLU(let slope): (LAYER_LEAKY_RELU, Float(slope))
    }
  }
}
