import Tensors

/// Convolutions with kernels that are sums of outer products: one pass per term and axis.
///
/// In single precision and with stride 1 by ``SeparablePass``; otherwise by plain loops over whole
/// channels.
struct OuterProductMaps<Scalar: ConvolutionScalar>: Sendable {
  let convolution: Convolution
  private let domain: ExtendedDomain
  /// Extents before the first pass, and after each: passes go from the last axis to the first.
  private let stages: [[Int]]
  private let forwardPass: SeparablePass?

  /// - Parameter terms: The most outer products of one filter for one of its channels.
  init(_ convolution: Convolution, terms: Int) {
    self.convolution = convolution
    domain = ExtendedDomain(convolution)
    stages = Self.stages(convolution)
    let hasPasses = Self.hasPasses(convolution)
    forwardPass =
      hasPasses ? SeparablePass(convolution, terms: terms * convolution.kernel[1]) : nil
  }

  private static func hasPasses(_ convolution: Convolution) -> Bool {
    Scalar.self == Float.self && convolution.spatialRank > 1
      && convolution.stride.allSatisfy { $0 == 1 }
  }

  private static func stages(_ convolution: Convolution) -> [[Int]] {
    var stages = [ExtendedDomain(convolution).extended]
    let outputs = convolution.output.dimensions.suffix(convolution.spatialRank)
    for axis in (0..<convolution.spatialRank).reversed() {
      var extents = stages[stages.count - 1]
      extents[axis] = outputs[outputs.startIndex + axis]
      stages.append(extents)
    }
    return stages
  }

  /// What it costs.
  ///
  /// - Parameters:
  ///   - terms: The number of all outer products of all filters and channels.
  ///   - most: The most of one filter and channel.
  static func assess(_ convolution: Convolution, terms: Int, most: Int) -> Assessment {
    let costs = CostTable.current
    let products = terms * convolution.input[0]
    if hasPasses(convolution) {
      let pass = SeparablePass(convolution, terms: most * convolution.kernel[1])
      let outputs = Double(convolution.output.elementCount * convolution.spatialRank)
      let perOutput = Double(terms) / Double(convolution.kernel[0])
      let work = pass.work
      return .estimate(
        seconds: Double(work.products * products) * costs.separableVectorMultiplyAdd
          + Double(work.rows * products) * costs.separableVectorRow
          + outputs * perOutput * costs.separableVectorPerOutput,
        scratch: pass.scratchBytes(terms: most * convolution.kernel[1]) * Threads.count)
    }
    let stages = stages(convolution)
    var perTerm = 0
    for (pass, axis) in (0..<convolution.spatialRank).reversed().enumerated() {
      perTerm += stages[pass + 1].reduce(1, *) * convolution.kernel[2 + axis]
    }
    let largest = stages.map { $0.reduce(1, *) }.max() ?? 0
    return .estimate(
      seconds: Double(perTerm * products) * costs.separableMultiplyAdd,
      scratch: 2 * largest * MemoryLayout<Scalar>.stride * Threads.count)
  }

  /// The factors of all kernels as the maps read them.
  ///
  /// - Parameter terms: The outer products of each filter and channel.
  func prepare(_ terms: [[[[Scalar]]]]) -> PreparedKernel<Scalar> {
    var values: [Scalar] = []
    for factors in terms.joined() {
      for (axis, factor) in factors.enumerated() {
        // The vector loops read all axes except the last from the last tap to the first.
        let isReversed = forwardPass != nil && axis < factors.count - 1
        values += isReversed ? factor.reversed() : factor
      }
    }
    return PreparedKernel(values, layout: terms.map(\.count))
  }

  func fuses(_ epilogue: Epilogue<Scalar>) -> Bool {
    epilogue.isEmpty || (forwardPass != nil && !epilogue.combinesPairs)
  }

  /// Where the factors of each filter's and channel's terms start.
  private func starts(_ kernel: PackedKernel<Scalar>) -> [Range<Int>] {
    var first = 0
    return kernel.layout.map { count in
      defer { first += count }
      return first..<first + count
    }
  }

  /// The factors of one term.
  private var factorCount: Int { convolution.kernel.dimensions.dropFirst(2).reduce(0, +) }

  @_specialize(where Scalar == Float)
  @_specialize(where Scalar == Double)
  func forward(
    _ input: UnsafePointer<Scalar>, _ kernel: PackedKernel<Scalar>,
    _ output: UnsafeMutablePointer<Scalar>, _ epilogue: Epilogue<Scalar>
  ) {
    let counts = convolution.counts
    let starts = starts(kernel)
    if let forwardPass {
      let terms = (0..<counts.filters).map { filter in
        (0..<counts.channelsPerGroup).flatMap { channel in
          starts[filter * counts.channelsPerGroup + channel].map {
            SeparablePass.Term(channel: channel, factors: $0 * factorCount)
          }
        }
      }
      return forwardPass.run(
        floats(input), factors: floats(kernel.values), terms: terms, floats(output),
        floats(epilogue))
    }
    let imageCount = domain.extents.reduce(1, *)
    let outputCount = stages[stages.count - 1].reduce(1, *)
    let whole = domain.extended.map { 0..<$0 }
    let domain = domain
    let source = ReadOnlyPointer(input)
    let target = SharedPointer(output)
    parallelFor(counts.batch * counts.filters) { piece in
      let (batch, filter) = (piece / counts.filters, piece % counts.filters)
      let group = filter / counts.filtersPerGroup
      let outputChannel = target.pointer + piece * outputCount
      outputChannel.update(repeating: 0, count: outputCount)
      withBlocks { current, next in
        for channel in 0..<counts.channelsPerGroup {
          for term in starts[filter * counts.channelsPerGroup + channel] {
            domain.copy(
              source.pointer
                + (batch * counts.channels + group * counts.channelsPerGroup + channel)
                  * imageCount,
              whole, into: current)
            forEachPass { pass, factors in
              pass.forward(
                current, kernel.values + term * factorCount + factors.lowerBound,
                taps: factors.count,
                next)
              swap(&current, &next)
            }
            for position in 0..<outputCount { outputChannel[position] += current[position] }
          }
        }
      }
    }
  }

  /// Calls `body` with the pass along each axis, the last axis first, and the position of its factor
  /// among those of a term.
  private func forEachPass(_ body: (AxisPass, Range<Int>) -> Void) {
    let taps = convolution.tapExtents
    for pass in taps.indices {
      let axis = taps.count - 1 - pass
      let start = taps[..<axis].reduce(0, +)
      body(
        AxisPass(convolution, axis: axis, from: stages[pass], to: stages[pass + 1]),
        start..<start + taps[axis])
    }
  }

  /// Lends two blocks that hold a channel before and after any pass.
  private func withBlocks(
    _ body: (_ one: inout UnsafeMutablePointer<Scalar>, _ other: inout UnsafeMutablePointer<Scalar>)
      -> Void
  ) {
    let largest = stages.map { $0.reduce(1, *) }.max() ?? 0
    withScratch(Scalar.self, count: 2 * largest) { scratch in
      var (one, other) = (scratch, scratch + largest)
      body(&one, &other)
    }
  }
}
