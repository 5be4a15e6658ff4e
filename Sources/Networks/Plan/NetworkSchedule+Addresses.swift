import Convolutions
import Tensors

/// The addresses of the arrays of a run: pieces of the block, parameters, gradients of parameters.
typealias Addresses<Scalar> = SharedPointer<UnsafeMutablePointer<Scalar>>

extension NetworkSchedule {
  /// Computes the addresses of all arrays for the duration of a call.
  ///
  /// - Parameters:
  ///   - block: Memory for ``memory``.
  ///   - inputs: The network's inputs, which are only read.
  ///   - slots: Where parameters are in `weights` and in `gradients`.
  func withAddresses<Result>(
    in block: UnsafeMutablePointer<Scalar>, _ inputs: [Tensor<Scalar>],
    _ slots: [Weights<Scalar>.Slot], weights: SharedPointer<Scalar>,
    gradients: SharedPointer<Scalar>? = nil, _ body: (Addresses<Scalar>) -> Result
  ) -> Result {
    let count = memory.pieces.count
    return withScratch(UnsafeMutablePointer<Scalar>.self, count: count + 2 * slotCount) { table in
      for piece in 0..<count { table[piece] = block + memory.pieces[piece].offset }
      for slot in 0..<slotCount {
        table[count + slot] = weights.pointer + slots[slot].offset
        if let gradients {
          table[count + slotCount + slot] = gradients.pointer + slots[slot].offset
        }
      }
      return withInputs(inputs, from: 0, in: table) { body(SharedPointer(table)) }
    }
  }

  private func withInputs<Result>(
    _ tensors: [Tensor<Scalar>], from first: Int,
    in table: UnsafeMutablePointer<UnsafeMutablePointer<Scalar>>, _ body: () -> Result
  ) -> Result {
    guard first < tensors.count else { return body() }
    return tensors[first].withUnsafeElements { elements in
      table[values[inputs[first]].piece] = SharedPointer(reading: elements).pointer
      return withInputs(tensors, from: first + 1, in: table, body)
    }
  }

  /// Runs the steps of inference with the outputs in the caller's tensors.
  func withOutputs(
    _ tensors: inout [Tensor<Scalar>], _ addresses: Addresses<Scalar>, _ body: () -> Void
  ) {
    guard var tensor = tensors.popLast() else { return body() }
    let (value, isOutside) = (outputs[tensors.count], outputsOutside[tensors.count])
    tensor.withUnsafeMutableElements { elements in
      let target = SharedPointer(elements).pointer
      if isOutside { addresses[values[value].piece] = target }
      withOutputs(&tensors, addresses, body)
      if !isOutside {
        target.update(from: pointer(value, addresses).pointer, count: elements.count)
      }
    }
    tensors.append(tensor)
  }

  /// Where a value lies.
  func pointer(_ value: Int, _ addresses: Addresses<Scalar>) -> SharedPointer<Scalar> {
    SharedPointer(addresses[values[value].piece])
  }

  /// The forward pass of a step.
  func forwardPass(
    _ index: Int, _ addresses: Addresses<Scalar>, isTraining: Bool, random: RandomSource,
    kernels: KernelMemory<Scalar>? = nil
  ) -> ForwardPass<Scalar> {
    let step = steps[index]
    return ForwardPass(
      inputs: LentArrays(addresses: addresses, places: step.inputPlaces),
      output: pointer(step.output, addresses),
      parameters: LentArrays(addresses: addresses, places: step.parameterPlaces),
      saved: step.saved.map { SharedPointer(addresses[$0]) },
      isTraining: isTraining && !step.keepsStatistics, random: random, kernels: kernels)
  }

  /// The backward pass of a step, whose output has a gradient.
  func backwardPass(
    _ backward: BackwardStep, _ addresses: Addresses<Scalar>, gradient: SharedPointer<Scalar>,
    kernels: KernelMemory<Scalar>
  ) -> BackwardPass<Scalar> {
    let step = steps[backward.step]
    return BackwardPass(
      inputs: LentArrays(addresses: addresses, places: step.inputPlaces),
      output: pointer(step.output, addresses),
      parameters: LentArrays(addresses: addresses, places: step.parameterPlaces),
      saved: step.saved.map { SharedPointer(addresses[$0]) }, outputGradient: gradient,
      inputGradients: LentGradients(addresses: addresses, places: backward.targets),
      parameterGradients: LentGradients(addresses: addresses, places: backward.parameterTargets),
      isTraining: !step.keepsStatistics, kernels: kernels)
  }
}
