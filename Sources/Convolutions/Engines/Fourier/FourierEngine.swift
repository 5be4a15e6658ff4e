import Fourier
import Numerics
import Tensors

/// Products in the frequency domain, of the whole extended image at once.
///
/// The image is transformed once for all filters. The transform is as long as the extended image, or
/// a little longer: positions where a circular correlation would wrap are never read.
struct FourierEngine<Scalar: ConvolutionScalar>: ConvolutionEngine, KernelGradientEngine {
  static var algorithm: Algorithm { .fourier }

  let convolution: Convolution
  private let domain: ExtendedDomain
  private let size: SpectrumSize
  private let forwardPlan: ParallelFourierPlan<Scalar>
  private let inversePlan: ParallelFourierPlan<Scalar>
  /// Where outputs, and taps, are in the extended image: offsets into the transformed block.
  private let outputOffsets: StridedBox
  private let tapOffsets: StridedBox

  /// Spectra of kernels are kept while they take no more than this, and recomputed otherwise.
  private static var keptSpectraBytes: Int { 64 << 20 }

  /// The extents of the transformed block.
  private struct SpectrumSize {
    let shape: Shape
    let real: Int
    let complex: Int
    /// The distance between spectra: each starts at a multiple of 64 bytes.
    let length: Int

    init(_ extended: [Int]) {
      var extents = extended.map { FourierSize.good(atLeast: $0) }
      extents[extents.count - 1] = FourierSize.goodEven(atLeast: extended[extended.count - 1])
      shape = Shape(extents)
      real = shape.elementCount
      complex = FourierTransform.halfSpectrum(of: shape).elementCount
      length = (2 * complex + 15) / 16 * 16
    }
  }

  init(_ convolution: Convolution, kernel: KernelFacts<Scalar>?) {
    self.convolution = convolution
    domain = ExtendedDomain(convolution)
    size = SpectrumSize(domain.extended)
    do {
      forwardPlan = try ParallelFourierPlan(.realToComplex, shape: size.shape)
      inversePlan = try ParallelFourierPlan(.complexToReal, shape: size.shape)
    } catch {
      preconditionFailure("a convolution has no empty extents: \(error)")
    }
    let rank = convolution.spatialRank
    outputOffsets = StridedBox(
      extents: Array(convolution.output.dimensions.suffix(rank)), steps: convolution.stride,
      in: size.shape)
    tapOffsets = StridedBox(
      extents: Array(convolution.kernel.dimensions.suffix(rank)), steps: convolution.dilation,
      in: size.shape)
  }

  static func assess(_ convolution: Convolution, kernel: KernelFacts<Scalar>?) -> Assessment {
    // Kernels known when planning are transformed at that time, if their spectra are kept.
    assess(convolution) { pairs, length in
      kernel != nil && pairs * length * MemoryLayout<Scalar>.stride <= keptSpectraBytes ? 0 : pairs
    }
  }

  static func assessKernelGradient(of convolution: Convolution) -> Assessment {
    assess(convolution) { pairs, _ in pairs }
  }

  /// - Parameter kernelTransforms: How many transforms the kernels of all pairs of filter and channel take.
  private static func assess(
    _ convolution: Convolution, kernelTransforms: (_ pairs: Int, _ length: Int) -> Int
  ) -> Assessment {
    let size = SpectrumSize(ExtendedDomain(convolution).extended)
    let counts = convolution.counts
    let pairs = counts.filters * counts.channelsPerGroup
    let samples = Double(size.real)
    let logarithm = Double(max(Int.bitWidth - size.real.leadingZeroBitCount, 1))
    let transforms =
      counts.batch * (counts.channels + counts.filters) + kernelTransforms(pairs, size.length)
    let costs = CostTable.current
    return .estimate(
      seconds: Double(transforms) * samples * logarithm * costs.fourierPerSample
        + Double(transforms) * costs.fourierCall
        + Double(counts.batch * pairs * size.complex) * costs.spectralMultiplyAdd,
      scratch: (max(counts.channelsPerGroup, counts.filtersPerGroup) + 2 * Threads.count)
        * (size.length + size.real) * MemoryLayout<Scalar>.stride)
  }

  /// The spectra of all kernels, or their coefficients when those would take too much memory.
  var packedCount: Int {
    keepsSpectra
      ? convolution.counts.filters * convolution.counts.channelsPerGroup * size.length
      : convolution.kernel.elementCount
  }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func pack(_ kernel: UnsafePointer<Scalar>, into packed: UnsafeMutablePointer<Scalar>) {
    guard keepsSpectra else { return packed.update(from: kernel, count: packedCount) }
    let counts = convolution.counts
    let (spectra, source) = (
      SharedPointer(packed), ReadOnlyPointer(kernel)
    )
    forEachPiece(counts.filters * counts.channelsPerGroup) { pair in
      // Transforms need memory that starts at a multiple of 64 bytes, which an array need not.
      withScratch(Scalar.self, count: size.length) { spectrum in
        transformKernel(source.pointer + pair * counts.taps, into: spectrum)
        (spectra.pointer + pair * size.length).update(from: spectrum, count: size.length)
      }
    }
  }

  private var keepsSpectra: Bool {
    let counts = convolution.counts
    return counts.filters * counts.channelsPerGroup * size.length * MemoryLayout<Scalar>.stride
      <= Self.keptSpectraBytes
  }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func forward(
    _ input: UnsafePointer<Scalar>, _ kernel: PackedKernel<Scalar>,
    _ output: UnsafeMutablePointer<Scalar>, _ epilogue: Epilogue<Scalar>
  ) {
    let counts = convolution.counts
    let target = SharedPointer(output)
    forEachInputSpectrum(input) { batch, group, spectra in
      let spectra = SharedPointer(spectra)
      forEachPiece(counts.filtersPerGroup) { member in
        let filter = group * counts.filtersPerGroup + member
        withBlock { real, sum in
          for channel in 0..<counts.channelsPerGroup {
            withSpectrum(of: kernel, filter * counts.channelsPerGroup + channel) { weights in
              SpectralLoops.correlate(
                spectra.pointer + channel * size.length, weights, sum,
                count: size.complex, adding: channel > 0)
            }
          }
          inversePlan.execute(input: sum, output: real)
          outputOffsets.gather(
            real, scale: 1 / Scalar(size.real),
            into: target.pointer + (batch * counts.filters + filter) * outputOffsets.count)
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
    let length = size.length
    let target = SharedPointer(kernelGradient)
    kernelGradient.update(repeating: 0, count: convolution.kernel.elementCount)
    forEachInputSpectrum(input) { batch, group, inputs in
      let inputs = SharedPointer(inputs)
      withScratch(Scalar.self, count: counts.filtersPerGroup * length) { gradients in
        transformGradients(outputGradient, batch: batch, group: group, into: gradients)
        let gradients = SharedPointer(gradients)
        forEachPiece(counts.filtersPerGroup * counts.channelsPerGroup) { pair in
          let (member, channel) = (pair / counts.channelsPerGroup, pair % counts.channelsPerGroup)
          withBlock { real, sum in
            SpectralLoops.correlate(
              inputs.pointer + channel * length, gradients.pointer + member * length, sum,
              count: size.complex, adding: false)
            inversePlan.execute(input: sum, output: real)
            let index =
              (group * counts.filtersPerGroup + member) * counts.channelsPerGroup + channel
            tapOffsets.gather(
              real, scale: 1 / Scalar(size.real), into: target.pointer + index * counts.taps,
              adding: true)
          }
        }
      }
    }
  }

  // MARK: Spectra

  /// Calls `body` with the spectra of the extended channels of every batch entry and group.
  private func forEachInputSpectrum(
    _ input: UnsafePointer<Scalar>,
    _ body: (_ batch: Int, _ group: Int, _ spectra: UnsafeMutablePointer<Scalar>) -> Void
  ) {
    let counts = convolution.counts
    let imageCount = domain.extents.reduce(1, *)
    let source = ReadOnlyPointer(input)
    withScratch(Scalar.self, count: counts.channelsPerGroup * size.length) { spectra in
      let spectra = SharedPointer(spectra)
      for batch in 0..<counts.batch {
        for group in 0..<convolution.groups {
          let first = batch * counts.channels + group * counts.channelsPerGroup
          forEachPiece(counts.channelsPerGroup) { channel in
            withScratch(Scalar.self, count: size.real) { real in
              real.update(repeating: 0, count: size.real)
              domain.copy(
                source.pointer + (first + channel) * imageCount, into: real,
                blockExtents: size.shape.dimensions)
              forwardPlan.execute(
                input: real, output: spectra.pointer + channel * size.length)
            }
          }
          body(batch, group, spectra.pointer)
        }
      }
    }
  }

  /// Transforms the gradients of one group's filters, each spread out by the stride.
  private func transformGradients(
    _ outputGradient: UnsafePointer<Scalar>, batch: Int, group: Int,
    into spectra: UnsafeMutablePointer<Scalar>
  ) {
    let counts = convolution.counts
    let source = ReadOnlyPointer(outputGradient)
    let spectra = SharedPointer(spectra)
    let first = batch * counts.filters + group * counts.filtersPerGroup
    forEachPiece(counts.filtersPerGroup) { member in
      withScratch(Scalar.self, count: size.real) { real in
        real.update(repeating: 0, count: size.real)
        outputOffsets.scatter(source.pointer + (first + member) * outputOffsets.count, onto: real)
        forwardPlan.execute(input: real, output: spectra.pointer + member * size.length)
      }
    }
  }

  private func transformKernel(
    _ kernel: UnsafePointer<Scalar>, into spectrum: UnsafeMutablePointer<Scalar>
  ) {
    withScratch(Scalar.self, count: size.real) { real in
      real.update(repeating: 0, count: size.real)
      tapOffsets.scatter(kernel, onto: real)
      forwardPlan.execute(input: real, output: spectrum)
    }
  }

  /// Lends the spectrum of one kernel, transformed now if it was not kept.
  private func withSpectrum(
    of kernel: PackedKernel<Scalar>, _ pair: Int, _ body: (UnsafePointer<Scalar>) -> Void
  ) {
    if keepsSpectra {
      body(kernel.values + pair * size.length)
    } else {
      withScratch(Scalar.self, count: size.length) { spectrum in
        transformKernel(kernel.values + pair * convolution.counts.taps, into: spectrum)
        body(spectrum)
      }
    }
  }

  /// Lends a real block and a half spectrum.
  private func withBlock(
    _ body: (_ real: UnsafeMutablePointer<Scalar>, _ spectrum: UnsafeMutablePointer<Scalar>) -> Void
  ) {
    withScratch(Scalar.self, count: size.real) { real in
      withScratch(Scalar.self, count: size.length) { spectrum in body(real, spectrum) }
    }
  }

  /// Many pieces are spread over the threads; few run one after the other, each on all threads.
  private func forEachPiece(_ count: Int, _ body: @Sendable (Int) -> Void) {
    if count >= Threads.count {
      parallelFor(count, body)
    } else {
      for piece in 0..<count { body(piece) }
    }
  }
}
