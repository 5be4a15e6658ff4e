import Synchronization
import Tensors

/// An engine that reads kernels packed, and whose input gradient is its own forward map of another
/// convolution, or of several: one for each phase of the stride.
protocol PackedEngine: ConvolutionEngine where Scalar == Float {
  /// The engines of the input gradient, once it is asked for.
  var gradientEngines: LazyGradientEngines<Self> { get }

  /// How many numbers the packed kernel of a convolution has.
  static func packedCount(_ convolution: Convolution) -> Int

  /// Packs the kernel of a convolution.
  ///
  /// - Parameter isExchanged: Whether `kernel` is that of the convolution whose input gradient this one
  ///   computes: its filters are this one's channels, and its taps are reflected.
  static func pack(
    _ kernel: UnsafePointer<Float>, of convolution: Convolution, isExchanged: Bool,
    into packed: UnsafeMutablePointer<Float>)

  /// The forward map.
  func forward(
    _ input: UnsafePointer<Float>, packed: UnsafePointer<Float>,
    _ output: UnsafeMutablePointer<Float>, _ epilogue: Epilogue<Float>)

  /// What the forward map of a convolution costs.
  static func cost(_ convolution: Convolution) -> (seconds: Double, scratch: Int)
}

/// The convolutions that compute an input gradient.
enum InputGradientPlan: Hashable, Sendable {
  /// One, for stride 1.
  case whole(AdjointConvolution)
  /// One for each phase of the stride.
  case phases(StridedAdjoint)

  /// `nil` for strides above 1 with borders that repeat samples.
  init?(_ convolution: Convolution) {
    if let adjoint = AdjointConvolution(convolution) {
      self = .whole(adjoint)
    } else if let strided = StridedAdjoint(convolution) {
      self = .phases(strided)
    } else {
      return nil
    }
  }

  /// Why an engine declines where there is no plan.
  static let reason = "the input gradient of strides above 1 with a border that repeats samples"

  /// All its convolutions.
  var convolutions: [Convolution] {
    switch self {
    case .whole(let adjoint): [adjoint.convolution]
    case .phases(let strided): strided.phases.compactMap(\.convolution)
    }
  }
}

extension PackedEngine {
  func fuses(_ epilogue: Epilogue<Float>) -> Bool { !epilogue.combinesPairs }

  /// What a map costs, without its kernel's gradient; `nil` where the input gradient has no plan.
  static func cost(
    _ convolution: Convolution, _ map: LinearMap
  ) -> (seconds: Double, scratch: Int)? {
    guard map == .inputGradient else { return cost(convolution) }
    guard let plan = InputGradientPlan(convolution) else { return nil }
    var total = (seconds: 0.0, scratch: 0)
    for part in plan.convolutions {
      let (seconds, scratch) = cost(part)
      // The adjoint may be that of one batch entry at a time.
      total.seconds += seconds * Double(convolution.input[0] / part.input[0])
      total.scratch = max(total.scratch, scratch)
    }
    let samples = Double(convolution.input.elementCount)
    let placed = CostTable.current.placedSample
    switch plan {
    case .whole(let adjoint):
      if adjoint.folds {
        total.seconds += samples * placed
        total.scratch += adjoint.convolution.output.elementCount * MemoryLayout<Float>.stride
      }
    case .phases(let strided):
      total.seconds += samples * placed
      total.scratch +=
        strided.scratchCount * min(Threads.count, convolution.input[0]) * MemoryLayout<Float>.stride
    }
    return total
  }

  func prepare(_ kernel: UnsafePointer<Float>, for map: LinearMap) -> PreparedKernel<Float> {
    PreparedKernel(count: packedCount(map)) { packed, _ in pack(kernel, for: map, into: packed) }
  }

  func prepare(
    _ kernel: UnsafePointer<Float>, for map: LinearMap, into prepared: inout PreparedKernel<Float>
  ) {
    prepared.rewrite(count: packedCount(map)) { packed, _ in pack(kernel, for: map, into: packed) }
  }

  private func packedCount(_ map: LinearMap) -> Int {
    map == .inputGradient ? engines.packedCount : Self.packedCount(convolution)
  }

  private func pack(
    _ kernel: UnsafePointer<Float>, for map: LinearMap, into packed: UnsafeMutablePointer<Float>
  ) {
    guard map == .inputGradient else {
      return Self.pack(kernel, of: convolution, isExchanged: false, into: packed)
    }
    let engines = engines
    switch engines.plan {
    case .whole(let adjoint):
      Self.pack(kernel, of: adjoint.convolution, isExchanged: true, into: packed)
    case .phases(let strided):
      withScratch(Float.self, count: convolution.kernel.elementCount) { selected in
        for (phase, part) in zip(strided.phases, engines.parts) {
          guard let part else { continue }
          strided.select(phase, of: kernel, into: selected)
          Self.pack(
            selected, of: part.engine.convolution, isExchanged: true, into: packed + part.start)
        }
      }
    }
  }

  private var engines: GradientEngines<Self> { gradientEngines.value(of: convolution) }

  func forward(
    _ input: UnsafePointer<Float>, _ kernel: PreparedKernel<Float>,
    _ output: UnsafeMutablePointer<Float>, _ epilogue: Epilogue<Float>
  ) {
    kernel.values.withUnsafeBufferPointer { packed in
      guard let packed = packed.baseAddress else { return }
      forward(input, packed: packed, output, epilogue)
    }
  }

  func inputGradient(
    _ outputGradient: UnsafePointer<Float>, _ kernel: PreparedKernel<Float>,
    _ inputGradient: UnsafeMutablePointer<Float>
  ) {
    let engines = engines
    kernel.values.withUnsafeBufferPointer { packed in
      let packed = SharedPointer(reading: packed)
      @Sendable func forward(
        _ part: Int, _ source: UnsafePointer<Float>, _ target: UnsafeMutablePointer<Float>
      ) {
        guard let (engine, start) = engines.parts[part] else { return }
        engine.forward(source, packed: packed.pointer + start, target, Epilogue())
      }
      switch engines.plan {
      case .whole(let adjoint):
        adjoint.run(outputGradient, into: inputGradient) { forward(0, $0, $1) }
      case .phases(let strided):
        strided.run(outputGradient, into: inputGradient, forward)
      }
    }
  }
}

/// The engines whose forward maps compute an input gradient.
struct GradientEngines<Engine: PackedEngine>: Sendable {
  let plan: InputGradientPlan
  /// One per convolution of the plan, and where its packed kernel starts; `nil` for phases without taps.
  let parts: [(engine: Engine, start: Int)?]
  /// Numbers in all packed kernels.
  let packedCount: Int

  init(_ convolution: Convolution) {
    guard let plan = InputGradientPlan(convolution) else {
      preconditionFailure("\(Engine.algorithm) declined this input gradient")
    }
    var count = 0
    func part(_ convolution: Convolution) -> (engine: Engine, start: Int) {
      defer { count += Engine.packedCount(convolution) }
      return (Engine(convolution, kernel: nil), count)
    }
    parts =
      switch plan {
      case .whole(let adjoint): [part(adjoint.convolution)]
      case .phases(let strided): strided.phases.map { $0.convolution.map(part) }
      }
    self.plan = plan
    packedCount = count
  }
}

/// Makes the engines of an input gradient when they are first needed: a plan's other maps never are.
final class LazyGradientEngines<Engine: PackedEngine>: Sendable {
  private let made = Mutex<GradientEngines<Engine>?>(nil)

  func value(of convolution: Convolution) -> GradientEngines<Engine> {
    made.withLock { made in
      if let made { return made }
      let engines = GradientEngines<Engine>(convolution)
      made = engines
      return engines
    }
  }
}
