import Convolutions
import Tensors

/// The steps of a network for one batch size, and where every array is: the network's inputs where the
/// caller has them, what layers compute in one block of memory.
struct NetworkSchedule<Scalar: ConvolutionScalar>: Sendable {
  /// The purpose of the schedule.
  enum Purpose {
    case inference
    /// Training on the losses of some outputs, possibly with derivatives with respect to the inputs.
    case training(outputs: [String], inputGradients: Bool)

    var isTraining: Bool { if case .training = self { true } else { false } }

    var wantsInputGradients: Bool {
      if case .training(_, let inputGradients) = self { inputGradients } else { false }
    }
  }

  /// A layer, possibly with the activation that follows it.
  struct Step: Sendable {
    let name: String
    var plan: any LayerPlan<Scalar>
    /// The values it reads.
    let inputs: [Int]
    /// The value it computes.
    let output: Int
    /// The weights' slots it reads.
    let slots: Range<Int>
    /// Which of them learn.
    let learns: [Bool]
    /// What is applied to its output in the same pass.
    var activation = Activation.identity
    /// Whether frozen statistics stay unchanged.
    let keepsStatistics: Bool
    /// How many of its inputs have a derivative.
    let differentiableInputs: Int
    /// What it keeps for the backward pass.
    var saved: Int?
    /// The positions of its inputs in the table of addresses.
    var inputPlaces: [Int] = []
    /// The positions of its parameters in the table of addresses.
    var parameterPlaces: [Int] = []
  }

  /// An input, or the output of a layer.
  struct Value: Sendable {
    let shape: Shape
    let count: Int
    /// Whether its derivative is computed, because it depends on something that learns.
    let isDifferentiated: Bool
    /// The piece of memory that holds it.
    var piece: Int
    /// The piece of memory that holds its gradient.
    var gradient: Int?
  }

  /// The backward pass of a step.
  struct BackwardStep: Sendable {
    let step: Int
    /// Where the gradient of each input is written.
    var targets: [Int?]
    /// Gradients that are first written elsewhere and then added: input and piece.
    var additions: [(input: Int, piece: Int)]
    /// The positions in the table of addresses of the gradients of those parameters that learn.
    var parameterTargets: [Int?]
  }

  let batch: Int
  private(set) var steps: [Step] = []
  private(set) var backwardSteps: [BackwardStep] = []
  private(set) var values: [Value] = []
  private(set) var memory = MemoryPlan()
  /// The value of every input and node.
  private(set) var valueOfName: [String: Int] = [:]
  /// The number of parameters of the network.
  let slotCount: Int
  let inputs: [Int]
  let outputs: [Int]
  /// In inference, which outputs are computed where the caller has them; the others are copied there.
  private(set) var outputsOutside: [Bool] = []

  init(_ network: Network, batch: Int, for purpose: Purpose) throws(FiltersmithError) {
    guard (1...1 << 20).contains(batch) else {
      throw FiltersmithError(
        .argument, "batch size \(batch) is not from 1 to \(1 << 20)")
    }
    self.batch = batch
    var valueOfName: [String: Int] = [:]
    var values: [Value] = []
    for input in network.inputs {
      valueOfName[input.name] = values.count
      values.append(
        Value(
          shape: input.shape, count: batch * input.shape.elementCount,
          isDifferentiated: purpose.wantsInputGradients, piece: -1))
    }
    inputs = Array(values.indices)

    var readers: [String: Int] = [:]
    for node in network.nodes { for input in node.inputs { readers[input, default: 0] += 1 } }
    var steps: [Step] = []
    var slot = 0
    for node in network.nodes {
      let shapes = network.inputShapes(of: node)
      let parameters = node.layer.parameters(for: shapes)
      defer { slot += parameters.count }
      // An activation joins the step before it when nothing else reads its output.
      if let activation = node.layer.activation, let source = node.inputs.first,
        readers[source] == 1, !network.outputs.contains(source),
        let producer = steps.lastIndex(where: { $0.output == valueOfName[source] }),
        steps[producer].activation == .identity,
        let fused = steps[producer].plan.fusing(activation)
      {
        steps[producer].plan = fused
        steps[producer].activation = activation
        valueOfName[node.name] = steps[producer].output
        continue
      }
      let shape = network.shapes[node.name] ?? []
      let learns = parameters.map { $0.isTrainable && !node.isFrozen }
      let differentiableInputs = node.layer.differentiableInputs ?? node.inputs.count
      let needsInputGradients = node.inputs.prefix(differentiableInputs)
        .contains { valueOfName[$0].map { values[$0].isDifferentiated } ?? false }
      let context = LayerContext(
        inputs: shapes, output: shape, batch: batch,
        needsInputGradients: needsInputGradients,
        needsParameterGradients: purpose.isTraining && learns.contains(true))
      let plan: any LayerPlan<Scalar>
      do {
        plan = try node.layer.plan(in: context, as: Scalar.self)
      } catch {
        throw FiltersmithError(error.kind, "layer '\(node.name)': \(error.message)")
      }
      valueOfName[node.name] = values.count
      values.append(
        Value(
          shape: shape, count: context.outputCount,
          isDifferentiated: needsInputGradients || context.needsParameterGradients, piece: -1))
      steps.append(
        Step(
          name: node.name, plan: plan, inputs: node.inputs.compactMap { valueOfName[$0] },
          output: values.count - 1, slots: slot..<slot + parameters.count,
          learns: learns,
          keepsStatistics: node.isFrozen && !parameters.isEmpty,
          differentiableInputs: differentiableInputs))
    }
    outputs = network.outputs.compactMap { valueOfName[$0] }
    slotCount = slot
    self.valueOfName = valueOfName
    self.values = values
    self.steps = steps

    switch purpose {
    case .inference:
      placeValues(isTraining: false)
      placeOutputsOutside()
    case .training(let lossOutputs, let inputGradients):
      placeValues(isTraining: true)
      placeGradients(
        lossOutputs: Set(lossOutputs.compactMap { valueOfName[$0] }),
        wantsInputGradients: inputGradients)
    }
    memory.place()
    // Addresses come in the order of pieces, parameters, gradients of parameters.
    let first = memory.pieces.count
    for index in steps.indices {
      self.steps[index].inputPlaces = steps[index].inputs.map { self.values[$0].piece }
      self.steps[index].parameterPlaces = steps[index].slots.map { first + $0 }
    }
    for index in backwardSteps.indices {
      let step = steps[backwardSteps[index].step]
      backwardSteps[index].parameterTargets = zip(step.slots, step.learns).map {
        $1 ? first + slotCount + $0 : nil
      }
    }
  }

  /// The moment of a step's backward pass; forward passes come at the moments 0, 1, …, the losses at
  /// the moment `steps.count`.
  private func backwardTime(_ step: Int) -> Int { 2 * steps.count - step }

  /// Gives every value a piece of memory for as long as it is read.
  private mutating func placeValues(isTraining: Bool) {
    var readers = [Int](repeating: 0, count: values.count)
    for step in steps { for input in Set(step.inputs) { readers[input] += 1 } }
    for output in outputs { readers[output] += 1 }
    // Whether anything in the piece that holds a value is read after the next step.
    var isReadAgain = [Bool](repeating: false, count: values.count)
    // The first pieces are the inputs, which are never overwritten: they need no room in the block.
    for input in inputs {
      values[input].piece = memory.add(count: 0, at: 0)
      isReadAgain[input] = true
    }
    for index in steps.indices {
      let step = steps[index]
      for input in step.inputs { memory.use(values[input].piece, at: index) }
      let reads = step.plan.backwardReads
      if isTraining, reads.contains(.inputs) {
        for input in step.inputs {
          memory.use(values[input].piece, at: backwardTime(index))
          isReadAgain[input] = true
        }
      }
      let first = step.inputs.first
      let isAlone = first.map { readers[$0] == 1 && !isReadAgain[$0] } ?? false
      if let first, step.plan.isView {
        values[step.output].piece = values[first].piece
        isReadAgain[step.output] = !isAlone
      } else if let first, step.plan.canRunInPlace, isAlone,
        step.inputs.filter({ $0 == first }).count == 1
      {
        values[step.output].piece = values[first].piece
      } else {
        values[step.output].piece = memory.add(count: values[step.output].count, at: index)
      }
      if isTraining, reads.contains(.output) || step.activation != .identity {
        memory.use(values[step.output].piece, at: backwardTime(index))
        isReadAgain[step.output] = true
      }
      if isTraining, step.plan.savedCount > 0 {
        let piece = memory.add(count: step.plan.savedCount, at: index)
        memory.use(piece, at: backwardTime(index))
        steps[index].saved = piece
      }
    }
    for output in outputs { memory.use(values[output].piece, at: steps.count) }
  }

  /// Has outputs lie where the caller wants them, unless they share a piece with an input or another output.
  private mutating func placeOutputsOutside() {
    var taken = Set(inputs.map { values[$0].piece })
    for output in outputs {
      let value = values[output]
      let isOutside =
        taken.insert(value.piece).inserted && memory.pieces[value.piece].count == value.count
      outputsOutside.append(isOutside)
      if isOutside { memory.moveOutside(value.piece) }
    }
  }

  /// Finds what the backward pass has to compute, and gives every gradient a piece of memory.
  private mutating func placeGradients(lossOutputs: Set<Int>, wantsInputGradients: Bool) {
    for output in lossOutputs where values[output].isDifferentiated {
      values[output].gradient = memory.add(count: values[output].count, at: steps.count)
    }
    var contributors = [Int](repeating: 0, count: values.count)
    for output in lossOutputs { contributors[output] += 1 }
    for step in steps {
      for input in step.inputs.prefix(step.differentiableInputs) { contributors[input] += 1 }
    }
    for index in steps.indices.reversed() {
      let step = steps[index]
      guard values[step.output].isDifferentiated, let gradient = values[step.output].gradient else {
        continue
      }
      let time = backwardTime(index)
      memory.use(gradient, at: time)
      var backward = BackwardStep(step: index, targets: [], additions: [], parameterTargets: [])
      var passesOn = step.plan.canPassGradientInPlace
      for (position, input) in step.inputs.enumerated() {
        guard position < step.differentiableInputs, values[input].isDifferentiated else {
          backward.targets.append(nil)
          continue
        }
        if let place = values[input].gradient {
          memory.use(place, at: time)
          let beside = memory.add(count: values[input].count, at: time)
          backward.targets.append(beside)
          backward.additions.append((position, place))
        } else if passesOn, contributors[input] == 1 {
          values[input].gradient = gradient
          backward.targets.append(gradient)
          passesOn = false
        } else {
          let place = memory.add(count: values[input].count, at: time)
          values[input].gradient = place
          backward.targets.append(place)
        }
      }
      backwardSteps.append(backward)
    }
    if wantsInputGradients {
      for input in inputs {
        if let gradient = values[input].gradient { memory.use(gradient, at: 2 * steps.count + 1) }
      }
    }
  }

  /// Packs the parameters of all steps as the steps read them.
  mutating func fix(_ parameters: (Int) -> UnsafePointer<Scalar>) {
    for index in steps.indices {
      steps[index].plan = fixed(steps[index].plan, steps[index].slots.map(parameters))
    }
  }

  private func fixed(
    _ plan: any LayerPlan<Scalar>, _ parameters: [UnsafePointer<Scalar>]
  ) -> any LayerPlan<Scalar> {
    plan.fixing(parameters)
  }
}
