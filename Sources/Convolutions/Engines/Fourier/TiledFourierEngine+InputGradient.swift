import SIMDLoops
import Tensors

/// The input's gradient: the transposed products of spectra, tile by tile of the extended input.
///
/// Where the border repeats samples, tiles would have to add to samples of other tiles: the gradient
/// of the extended input is computed then, as a forward map, and folded.
extension TiledFourierEngine {
  /// The forward map of the adjoint, for every batch entry, and folding what lies beyond the edges.
  static func assess(
    folding adjoint: AdjointConvolution, _ convolution: Convolution, kernel: KernelFacts<Float>?
  ) -> Assessment {
    guard
      case .estimate(let seconds, let scratch) = assess(
        adjoint.convolution, .forward, kernel: kernel)
    else { return assess(adjoint.convolution, .forward, kernel: kernel) }
    let extended = adjoint.convolution.output.elementCount
    let batch = Double(convolution.input[0])
    return .estimate(
      seconds: batch * (seconds + Double(extended) * CostTable.current.copiedSample),
      scratch: scratch + extended * MemoryLayout<Float>.stride)
  }

  func inputGradient(
    _ outputGradient: UnsafePointer<Float>, _ kernel: PreparedKernel<Float>,
    _ inputGradient: UnsafeMutablePointer<Float>
  ) {
    if let folded {
      return folded.adjoint.run(outputGradient, into: inputGradient) { source, target in
        folded.engine.forward(source, kernel, target, Epilogue())
      }
    }
    let target = SharedPointer(inputGradient)
    let source = SharedPointer(UnsafeMutablePointer(mutating: outputGradient))
    let pass = pass(.inputGradient)
    let shape = convolution.shapeNumbers
    let strides = Shape(domain.extents).strides
    let imageCount = domain.extents.reduce(1, *)
    let reach = zip(convolution.kernel.dropFirst(2), convolution.dilation).map { ($0 - 1) * $1 }
    let origin = zip(reach, pass.tile.strides).reduce(0) { $0 + $1.0 * $1.1 }
    // Cropped samples, and those behind the last output, have no gradient.
    if zip(pass.tiling.total, domain.interior).contains(where: { $0 < $1.upperBound })
      || convolution.before.contains(where: { $0 < 0 })
      || convolution.after.contains(where: { $0 < 0 })
    {
      inputGradient.update(repeating: 0, count: convolution.input.elementCount)
    }
    forEachBlock(
      pass, kernel, combinesPairs: false,
      load: { group, member, entry, block in
        let start = pass.tiling.range(ofTile: entry.tile).indices.map { axis in
          pass.tiling.range(ofTile: entry.tile)[axis].lowerBound - reach[axis]
        }
        let filter = entry.batch * shape.filters + group * shape.filtersPerGroup + member
        loadGradient(source.pointer, filter: filter, start: start, pass.tile, block)
      },
      store: { group, channel, entry, block in
        let ranges = pass.tiling.range(ofTile: entry.tile)
        let inside = zip(ranges, domain.interior).map { $0.clamped(to: $1) }
        guard inside.allSatisfy({ !$0.isEmpty }) else { return }
        var (from, to) = (origin, 0)
        for axis in inside.indices {
          from += (inside[axis].lowerBound - ranges[axis].lowerBound) * pass.tile.strides[axis]
          to += (inside[axis].lowerBound - convolution.before[axis]) * strides[axis]
        }
        let image =
          target.pointer
          + (entry.batch * shape.channels + group * shape.channelsPerGroup + channel) * imageCount
        forEachRow(inside.map(\.count), first: pass.tile.strides, second: strides) { row, line in
          (image + to + line).update(
            from: block + from + row, count: inside[inside.count - 1].count)
        }
      })
  }
}
