import Tensors

/// One pass per axis, for kernels that are outer products of one-dimensional factors.
///
/// n₁ + n₂ + … products per sample instead of n₁ · n₂ · …. The factors are found in the coefficients
/// when planning, so the kernel has to be known then.
struct SeparableEngine<Scalar: ConvolutionScalar>: ConvolutionEngine {
  static var algorithm: Algorithm { .separable }

  let convolution: Convolution
  private let domain: ExtendedDomain
  /// Extents before the first pass, and after each: passes go from the last axis to the first.
  private let stages: [[Int]]
  /// The forward map in single precision and with stride 1.
  private let vectorPass: SeparablePass?

  init(_ convolution: Convolution, kernel: KernelFacts<Scalar>?) {
    self.convolution = convolution
    domain = ExtendedDomain(convolution)
    stages = Self.stages(convolution, extended: domain.extended)
    vectorPass = Self.vectorPass(convolution)
  }

  private static func vectorPass(_ convolution: Convolution) -> SeparablePass? {
    guard Scalar.self == Float.self, convolution.spatialRank > 1,
      convolution.stride.allSatisfy({ $0 == 1 })
    else { return nil }
    return SeparablePass(convolution, terms: convolution.kernel[1])
  }

  private static func stages(_ convolution: Convolution, extended: [Int]) -> [[Int]] {
    var stages = [extended]
    let outputs = convolution.output.dimensions.suffix(convolution.spatialRank)
    for axis in extended.indices.reversed() {
      var extents = stages[stages.count - 1]
      extents[axis] = outputs[outputs.startIndex + axis]
      stages.append(extents)
    }
    return stages
  }

  static func assess(
    _ convolution: Convolution, _ map: LinearMap, kernel: KernelFacts<Scalar>?
  ) -> Assessment {
    guard map != .kernelGradient else { return .declined("every tap has a gradient of its own") }
    guard let kernel else { return .declined("the kernel is not known when planning") }
    guard kernel.factors != nil else {
      return .declined("the kernel is not an outer product of one-dimensional factors")
    }
    guard convolution.spatialRank > 1 else {
      return .declined("one-dimensional kernels have nothing to separate")
    }
    let pairs = convolution.input[0] * convolution.kernel[0] * convolution.kernel[1]
    if map == .forward, let pass = vectorPass(convolution) {
      let outputs = Double(convolution.output.elementCount * convolution.spatialRank)
      return .estimate(
        seconds: Double(pass.products * pairs) * CostTable.current.separableVectorMultiplyAdd
          + outputs * Double(convolution.kernel[1]) * CostTable.current.separableVectorPerOutput,
        scratch: pass.scratchBytes(terms: convolution.kernel[1]) * Threads.count)
    }
    let stages = stages(convolution, extended: ExtendedDomain(convolution).extended)
    var products = 0
    for (pass, axis) in (0..<convolution.spatialRank).reversed().enumerated() {
      products += stages[pass + 1].reduce(1, *) * convolution.kernel[2 + axis]
    }
    let largest = stages.map { $0.reduce(1, *) }.max() ?? 0
    return .estimate(
      seconds: Double(products * pairs) * CostTable.current.separableMultiplyAdd,
      scratch: 2 * largest * MemoryLayout<Scalar>.stride * Threads.count)
  }

  /// The factors of all kernels, one after the other: per filter and channel, axis by axis.
  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func prepare(_ kernel: UnsafePointer<Scalar>, for map: LinearMap) -> PreparedKernel<Scalar> {
    let taps = Array(convolution.kernel.dimensions.dropFirst(2))
    let size = taps.reduce(1, *)
    var values: [Scalar] = []
    for start in stride(from: 0, to: convolution.kernel.elementCount, by: size) {
      let coefficients = UnsafeBufferPointer(start: kernel + start, count: size)
      guard let factors = outerProductFactors(coefficients, taps: taps) else {
        preconditionFailure("planned for an outer product, prepared with a kernel that is none")
      }
      // The vector loops read all but the last axis from the last tap to the first.
      let isReversed = vectorPass != nil && map == .forward
      for (axis, factor) in factors.enumerated() {
        values += isReversed && axis < taps.count - 1 ? factor.reversed() : factor
      }
    }
    return PreparedKernel(values)
  }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func forward(
    _ input: UnsafePointer<Scalar>, _ kernel: PreparedKernel<Scalar>,
    _ output: UnsafeMutablePointer<Scalar>, _ epilogue: Epilogue<Scalar>
  ) {
    if let vectorPass { return forward(vectorPass, input, kernel, output, epilogue) }
    let shape = convolution.shapeNumbers
    let taps = Array(convolution.kernel.dimensions.dropFirst(2))
    let factorCount = taps.reduce(0, +)
    let stages = stages
    let counts = stages.map { $0.reduce(1, *) }
    let imageCount = domain.extents.reduce(1, *)
    let outputCount = counts[counts.count - 1]
    let largest = counts.max() ?? 0
    let whole = domain.extended.map { 0..<$0 }
    let (domain, convolution) = (domain, convolution)
    let source = SharedPointer(UnsafeMutablePointer(mutating: input))
    let target = SharedPointer(output)
    parallelFor(shape.batch * shape.filters) { piece in
      let (batch, filter) = (piece / shape.filters, piece % shape.filters)
      let group = filter / shape.filtersPerGroup
      withScratch(Scalar.self, count: 2 * largest) { scratch in
        for channel in 0..<shape.channelsPerGroup {
          var (current, next) = (scratch, scratch + largest)
          domain.copy(
            source.pointer
              + (batch * shape.channels + group * shape.channelsPerGroup + channel) * imageCount,
            whole, into: current)
          var factor = (filter * shape.channelsPerGroup + channel + 1) * factorCount
          for (pass, axis) in taps.indices.reversed().enumerated() {
            factor -= taps[axis]
            AxisPass(convolution, axis: axis, from: stages[pass], to: stages[pass + 1])
              .forward(current, kernel.values[factor..<factor + taps[axis]], next)
            swap(&current, &next)
          }
          let outputChannel = target.pointer + piece * outputCount
          if channel == 0 {
            outputChannel.update(from: current, count: outputCount)
          } else {
            for position in 0..<outputCount { outputChannel[position] += current[position] }
          }
        }
      }
    }
  }

  func fuses(_ epilogue: Epilogue<Scalar>) -> Bool {
    epilogue.isEmpty || (vectorPass != nil && !epilogue.combinesPairs)
  }

  private func forward(
    _ pass: SeparablePass, _ input: UnsafePointer<Scalar>, _ kernel: PreparedKernel<Scalar>,
    _ output: UnsafeMutablePointer<Scalar>, _ epilogue: Epilogue<Scalar>
  ) {
    let channels = convolution.kernel[1]
    let size = convolution.kernel.dimensions.dropFirst(2).reduce(0, +)
    let terms = (0..<convolution.kernel[0]).map { filter in
      (0..<channels).map { channel in
        SeparablePass.Term(channel: channel, factors: (filter * channels + channel) * size)
      }
    }
    guard let kernel = kernel as? PreparedKernel<Float>,
      let epilogue = epilogue as? Epilogue<Float>
    else { preconditionFailure("vector passes are made in single precision only") }
    kernel.values.withUnsafeBufferPointer { factors in
      guard let factors = factors.baseAddress else { return }
      // The same memory: Scalar is Float here.
      pass.run(
        UnsafeRawPointer(input).assumingMemoryBound(to: Float.self), factors: factors,
        terms: terms, UnsafeMutableRawPointer(output).assumingMemoryBound(to: Float.self), epilogue)
    }
  }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func inputGradient(
    _ outputGradient: UnsafePointer<Scalar>, _ kernel: PreparedKernel<Scalar>,
    _ inputGradient: UnsafeMutablePointer<Scalar>
  ) {
    let shape = convolution.shapeNumbers
    let taps = Array(convolution.kernel.dimensions.dropFirst(2))
    let factorCount = taps.reduce(0, +)
    let stages = stages
    let counts = stages.map { $0.reduce(1, *) }
    let imageCount = domain.extents.reduce(1, *)
    let outputCount = counts[counts.count - 1]
    let largest = counts.max() ?? 0
    let (domain, convolution) = (domain, convolution)
    let source = SharedPointer(UnsafeMutablePointer(mutating: outputGradient))
    let target = SharedPointer(inputGradient)
    parallelFor(shape.batch * shape.channels) { piece in
      let (batch, channel) = (piece / shape.channels, piece % shape.channels)
      let group = channel / shape.channelsPerGroup
      let image = target.pointer + piece * imageCount
      image.update(repeating: 0, count: imageCount)
      withScratch(Scalar.self, count: 2 * largest) { scratch in
        for filter in group * shape.filtersPerGroup..<(group + 1) * shape.filtersPerGroup {
          var (current, next) = (scratch, scratch + largest)
          current.update(
            from: source.pointer + (batch * shape.filters + filter) * outputCount,
            count: outputCount)
          var factor =
            (filter * shape.channelsPerGroup + channel % shape.channelsPerGroup) * factorCount
          for (pass, axis) in taps.indices.reversed().enumerated().reversed() {
            AxisPass(convolution, axis: axis, from: stages[pass], to: stages[pass + 1])
              .adjoint(current, kernel.values[factor..<factor + taps[axis]], next)
            factor += taps[axis]
            swap(&current, &next)
          }
          domain.fold(current, onto: image)
        }
      }
    }
  }
}

/// A one-dimensional correlation along one axis of a block seen as `[outer, axis, inner]`.
private struct AxisPass {
  let outer: Int
  let inner: Int
  let inputs: Int
  let outputs: Int
  let step: Int
  let dilation: Int

  init(_ convolution: Convolution, axis: Int, from: [Int], to: [Int]) {
    outer = from[..<axis].reduce(1, *)
    inner = from[(axis + 1)...].reduce(1, *)
    inputs = from[axis]
    outputs = to[axis]
    step = convolution.stride[axis]
    dilation = convolution.dilation[axis]
  }

  func forward<Scalar: ConvolutionScalar>(
    _ source: UnsafePointer<Scalar>, _ factor: ArraySlice<Scalar>,
    _ target: UnsafeMutablePointer<Scalar>
  ) {
    target.update(repeating: 0, count: outer * outputs * inner)
    forEachRun(taps: factor.count) { tap, inputRow, outputRow, count, inputStep in
      let weight = factor[factor.startIndex + tap]
      let (input, output) = (source + inputRow, target + outputRow)
      if inputStep == 1 {
        for x in 0..<count { output[x] += weight * input[x] }
      } else {
        for x in 0..<count { output[x] += weight * input[x * inputStep] }
      }
    }
  }

  func adjoint<Scalar: ConvolutionScalar>(
    _ source: UnsafePointer<Scalar>, _ factor: ArraySlice<Scalar>,
    _ target: UnsafeMutablePointer<Scalar>
  ) {
    target.update(repeating: 0, count: outer * inputs * inner)
    forEachRun(taps: factor.count) { tap, inputRow, outputRow, count, inputStep in
      let weight = factor[factor.startIndex + tap]
      let (input, output) = (target + inputRow, source + outputRow)
      if inputStep == 1 {
        for x in 0..<count { input[x] += weight * output[x] }
      } else {
        for x in 0..<count { input[x * inputStep] += weight * output[x] }
      }
    }
  }

  /// Calls `body` for every run of samples that one tap connects.
  private func forEachRun(
    taps: Int,
    _ body: (_ tap: Int, _ inputRow: Int, _ outputRow: Int, _ count: Int, _ inputStep: Int) -> Void
  ) {
    for block in 0..<outer {
      if inner == 1 {
        for tap in 0..<taps {
          body(tap, block * inputs + tap * dilation, block * outputs, outputs, step)
        }
      } else {
        for position in 0..<outputs {
          for tap in 0..<taps {
            body(
              tap, (block * inputs + position * step + tap * dilation) * inner,
              (block * outputs + position) * inner, inner, 1)
          }
        }
      }
    }
  }
}
