import SIMDLoops
import Tensors

/// Sums of products in the spatial domain, in blocks that stay in vector registers.
///
/// Made for images with few channels, and banks of filters that share them: one input sample serves
/// several rows or filters, one weight several columns, and pairs of even and odd filters share
/// sums and differences of mirrored samples. Single precision, stride 1.
///
/// The input gradient is the same correlation of the output's gradient, continued by zeros, with the
/// reflected kernel; what falls beyond the image's edges is folded back.
struct DirectEngine: ConvolutionEngine {
  static var algorithm: Algorithm { .direct }

  let convolution: Convolution
  private let forwardPass: StencilPass
  private let adjoint: FoldedAdjoint<StencilPass>

  init(_ convolution: Convolution, kernel: KernelFacts<Float>?) {
    self.convolution = convolution
    forwardPass = StencilPass(convolution)
    adjoint = FoldedAdjoint(convolution) { StencilPass($0) }
  }

  static func assess(
    _ convolution: Convolution, _ map: LinearMap, kernel: KernelFacts<Float>?
  ) -> Assessment {
    guard convolution.stride.allSatisfy({ $0 == 1 }) else {
      return .declined("its loops have stride 1, not \(convolution.stride)")
    }
    guard map != .kernelGradient else {
      return .declined("its loops have no kernel gradient")
    }
    let costs = CostTable.current
    let shape = convolution.shapeNumbers
    let isForward = map == .forward
    var paired = 0
    if isForward, let kernel {
      kernel.kernel.withUnsafeElements { elements in
        guard let start = elements.baseAddress else { return }
        for case .pairs(let even, let odd) in StencilKernel.jobs(
          for: start, convolution: convolution)
        {
          paired += even.count + odd.count
        }
      }
    }
    let share = Double(paired) / Double(shape.filters)
    // The input gradient is such a correlation too, with filters and channels exchanged.
    let outputs = (isForward ? convolution.output : convolution.input).dimensions.dropFirst(2)
    let filters = isForward ? shape.filters : shape.channels
    let channels = isForward ? shape.channelsPerGroup : shape.filtersPerGroup
    let taps = TapGeometry(convolution)
    let height = outputs.count > 1 ? outputs[outputs.endIndex - 2] : 1
    let rows = min(height, taps.rows, Int(StencilMaxRows))
    let blocks = outputs.dropLast(2).reduce(shape.batch, *) * ((height + rows - 1) / rows)
    let lanes = Int(simd_float_lanes())
    let columns = ((outputs.last ?? 1) + lanes - 1) / lanes * lanes
    let products = Double(blocks * rows * columns * filters) * Double(channels * shape.taps)
    let lines = channels * taps.planes / convolution.kernel[1] * (taps.rows + rows - 1)
    // Wide images are read in place but for their edges.
    let reach = zip(convolution.kernel.dimensions.dropFirst(2), convolution.dilation)
      .map { ($0 - 1) * $1 }
    let extended = zip(outputs, reach).reduce(1) { $0 * ($1.0 + $1.1) }
    let copied =
      columns < StencilTiles.directColumns
      ? Double(shape.batch * channels * convolution.groups) * Double(extended) : 0
    let single =
      products * costs.directMultiplyAdd + products / Double(rows) * costs.directSample
    let seconds =
      products * share * costs.directPairMultiplyAdd + single * (1 - share)
      + Double(blocks * rows * columns * filters) * costs.directPerOutput
      + Double(blocks * filters) * Double(lines + convolution.groups) * costs.directLine
      + copied * costs.copiedSample
    return .estimate(
      seconds: seconds, scratch: StencilPass(convolution).scratchBytes * Threads.count)
  }

  func prepare(_ kernel: UnsafePointer<Float>, for map: LinearMap) -> PreparedKernel<Float> {
    guard map == .inputGradient else {
      return StencilKernel.encode(kernel, convolution: convolution)
    }
    let exchanged = AdjointConvolution.exchanged(kernel, of: convolution)
    return exchanged.withUnsafeBufferPointer { exchanged in
      guard let start = exchanged.baseAddress else { return PreparedKernel([]) }
      return StencilKernel.encode(start, convolution: adjoint.convolution)
    }
  }

  // Pairs that lie in two groups are combined afterwards.
  func fuses(_ epilogue: Epilogue<Float>) -> Bool {
    !epilogue.combinesPairs || convolution.kernel[0] / convolution.groups % 2 == 0
  }

  func forward(
    _ input: UnsafePointer<Float>, _ kernel: PreparedKernel<Float>,
    _ output: UnsafeMutablePointer<Float>, _ epilogue: Epilogue<Float>
  ) {
    kernel.values.withUnsafeBufferPointer { values in
      guard let weights = values.baseAddress else { return }
      forwardPass.run(
        input, weights: weights, kernel: StencilKernel(layout: kernel.layout), output, epilogue)
    }
  }

  func inputGradient(
    _ outputGradient: UnsafePointer<Float>, _ kernel: PreparedKernel<Float>,
    _ inputGradient: UnsafeMutablePointer<Float>
  ) {
    kernel.values.withUnsafeBufferPointer { values in
      guard let weights = values.baseAddress else { return }
      let kernel = StencilKernel(layout: kernel.layout)
      adjoint.run(into: inputGradient) { pass, target in
        pass.run(outputGradient, weights: weights, kernel: kernel, target, Epilogue())
      }
    }
  }
}
