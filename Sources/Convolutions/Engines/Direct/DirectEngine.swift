import SIMDLoops
import Tensors

/// Sums of products in the spatial domain, in blocks that stay in vector registers.
///
/// Made for images with few channels, and banks of filters that share them: one input sample serves
/// several rows or filters, one weight several columns, and pairs of even and odd filters share
/// sums and differences of mirrored samples. Single precision, stride 1.
struct DirectEngine: ConvolutionEngine {
  static var algorithm: Algorithm { .direct }

  let convolution: Convolution
  private let forwardPass: StencilPass

  init(_ convolution: Convolution, kernel: KernelFacts<Float>?) {
    self.convolution = convolution
    forwardPass = StencilPass(convolution)
  }

  static func assess(_ convolution: Convolution, kernel: KernelFacts<Float>?) -> Assessment {
    guard convolution.stride.allSatisfy({ $0 == 1 }) else {
      return .declined("its loops have stride 1, not \(convolution.stride)")
    }
    let costs = CostTable.current
    let counts = convolution.counts
    var paired = 0
    if let kernel {
      kernel.kernel.withUnsafeElements { elements in
        guard let start = elements.baseAddress else { return }
        for case .pairs(let even, let odd) in StencilKernel.jobs(
          for: start, convolution: convolution)
        {
          paired += even.count + odd.count
        }
      }
    }
    let share = Double(paired) / Double(counts.filters)
    let outputs = convolution.output.dimensions.dropFirst(2)
    let (filters, channels) = (counts.filters, counts.channelsPerGroup)
    let taps = TapGeometry(convolution)
    let height = outputs.count > 1 ? outputs[outputs.endIndex - 2] : 1
    let rows = min(height, taps.rows, Int(StencilMaxRows))
    let blocks = outputs.dropLast(2).reduce(counts.batch, *) * ((height + rows - 1) / rows)
    let lanes = Int(simd_float_lanes())
    let columns = ((outputs.last ?? 1) + lanes - 1) / lanes * lanes
    let products = Double(blocks * rows * columns * filters) * Double(channels * counts.taps)
    let lines = channels * taps.planes / convolution.kernel[1] * (taps.rows + rows - 1)
    // Wide images are read in place except for their edges.
    let extended = zip(outputs, convolution.reach).reduce(1) { $0 * ($1.0 + $1.1) }
    let copied =
      columns < StencilTiles.directColumns
      ? Double(counts.batch * channels * convolution.groups) * Double(extended) : 0
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

  func prepare(_ kernel: UnsafePointer<Float>, into prepared: inout PreparedKernel<Float>) {
    prepared = StencilKernel.encode(kernel, convolution: convolution)
  }

  // Pairs that lie in two groups are combined afterwards.
  func fuses(_ epilogue: Epilogue<Float>) -> Bool {
    !epilogue.combinesPairs || convolution.kernel[0] / convolution.groups % 2 == 0
  }

  func forward(
    _ input: UnsafePointer<Float>, _ kernel: PackedKernel<Float>,
    _ output: UnsafeMutablePointer<Float>, _ epilogue: Epilogue<Float>
  ) {
    forwardPass.run(
      input, weights: kernel.values, kernel: StencilKernel(layout: kernel.layout), output, epilogue)
  }
}
