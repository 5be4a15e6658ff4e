import Tensors

/// An input gradient ready to run: an engine for every box of every phase.
struct InputGradientPlan<Scalar: ConvolutionScalar>: Sendable {
  /// One box.
  struct Part: Sendable {
    /// The index of its phase.
    let phase: Int
    let isFolded: Bool
    let placement: BoxPlacement
    /// What computes it; `nil` where no tap reaches it, and the gradient is 0.
    let engine: (any ConvolutionEngine<Scalar>)?
  }

  private let description: InputGradientParts
  /// Boxes that are written, then those that are added.
  private let parts: [Part]

  /// - Parameter engines: Per phase and box.
  init(_ description: InputGradientParts, engines: [[(any ConvolutionEngine<Scalar>)?]]) {
    self.description = description
    var parts: [Part] = []
    for (number, phase) in description.phases.enumerated() {
      for (box, engine) in zip(phase.boxes, engines[number]) {
        parts.append(
          Part(
            phase: number, isFolded: box.isFolded,
            placement: BoxPlacement(box, of: description.convolution),
            engine: engine))
      }
    }
    self.parts = parts.filter { !$0.isFolded } + parts.filter(\.isFolded)
  }

  /// Whether one engine writes the whole gradient to its place.
  private var isWhole: Bool {
    parts.count == 1 && !parts[0].isFolded && description.convolution.isDense
      && parts[0].engine != nil
  }

  // MARK: Kernels

  /// Packs a kernel as the engines read it, reusing the memory of one prepared before as far as possible.
  func prepare(_ kernel: UnsafePointer<Scalar>, into prepared: inout PreparedKernel<Scalar>) {
    if !isWhole, prepared.parts.count != parts.count {
      prepared.parts = [PreparedKernel<Scalar>](repeating: PreparedKernel([]), count: parts.count)
    }
    let counts = description.convolution.counts
    for (number, phase) in description.phases.enumerated() where !phase.taps.isEmpty {
      let count = counts.filters * counts.channelsPerGroup * phase.taps.count
      withScratch(Scalar.self, count: count) { exchanged in
        description.exchange(kernel, phase, into: exchanged)
        for (index, part) in parts.enumerated() where part.phase == number {
          if isWhole {
            part.engine?.prepare(exchanged, into: &prepared)
          } else {
            part.engine?.prepare(exchanged, into: &prepared.parts[index])
          }
        }
      }
    }
  }

  // MARK: Running

  /// The gradient, and an epilogue whose filters are the channels of the gradient.
  func run(
    _ outputGradient: UnsafePointer<Scalar>, _ kernel: PreparedKernel<Scalar>,
    _ epilogue: Epilogue<Scalar>, into inputGradient: UnsafeMutablePointer<Scalar>
  ) {
    if isWhole, let engine = parts[0].engine {
      return engine.run(outputGradient, kernel, epilogue, into: inputGradient)
    }
    let counts = description.convolution.counts
    let batch = description.batch
    let source = ReadOnlyPointer(outputGradient)
    let target = SharedPointer(inputGradient)
    @Sendable func compute(_ entry: Int) {
      run(
        entry: source.pointer + entry * batch * counts.filters * counts.outputs, kernel, epilogue,
        into: target.pointer + entry * batch * counts.channels * counts.samples)
    }
    // Entries in parallel, or the threads within each where there are few.
    let entries = counts.batch / batch
    if entries >= Threads.count {
      parallelFor(entries) { compute($0) }
    } else {
      for entry in 0..<entries { compute(entry) }
    }
  }

  /// The gradient of the entries of the batch that are computed at a time.
  private func run(
    entry outputGradient: UnsafePointer<Scalar>, _ kernel: PreparedKernel<Scalar>,
    _ epilogue: Epilogue<Scalar>, into image: UnsafeMutablePointer<Scalar>
  ) {
    let counts = description.convolution.counts
    let channels = description.batch * counts.channels
    let folds = parts.contains(where: \.isFolded)
    let ownEpilogue = folds ? Epilogue<Scalar>() : epilogue
    if parts.first?.isFolded ?? true {
      image.update(repeating: 0, count: channels * counts.samples)
    }
    for (index, part) in parts.enumerated() {
      guard let engine = part.engine else {
        fill(part.placement, ownEpilogue, in: image)
        continue
      }
      if !part.isFolded, description.convolution.isDense {
        engine.run(outputGradient, kernel.parts[index], ownEpilogue, into: image)
        continue
      }
      withScratch(Scalar.self, count: channels * part.placement.count) { values in
        engine.run(
          outputGradient, kernel.parts[index], part.isFolded ? Epilogue() : ownEpilogue,
          into: values)
        place(part, values, into: image)
      }
    }
    if folds, !epilogue.isEmpty {
      epilogue.apply(
        to: image, batch: description.batch, filters: counts.channels, count: counts.samples,
        into: image)
    }
  }

  /// Writes or adds the channels of a box.
  private func place(
    _ part: Part, _ values: UnsafePointer<Scalar>, into image: UnsafeMutablePointer<Scalar>
  ) {
    let samples = description.convolution.counts.samples
    let (source, target) = (
      ReadOnlyPointer(values), SharedPointer(image)
    )
    let placement = part.placement
    parallelFor(
      description.batch * description.convolution.input[1],
      grain: max(1, (1 << 15) / placement.count)
    ) { channel in
      let box = source.pointer + channel * placement.count
      let channelImage = target.pointer + channel * samples
      if part.isFolded {
        placement.fold(box, onto: channelImage)
      } else {
        placement.write(box, to: channelImage)
      }
    }
  }

  /// Writes what the epilogue makes of 0.
  private func fill(
    _ placement: BoxPlacement, _ epilogue: Epilogue<Scalar>, in image: UnsafeMutablePointer<Scalar>
  ) {
    let counts = description.convolution.counts
    let target = SharedPointer(image)
    parallelFor(
      description.batch * counts.channels, grain: max(1, (1 << 15) / placement.count)
    ) { channel in
      placement.fill(
        epilogue.activation(epilogue.bias?[channel % counts.channels] ?? 0),
        in: target.pointer + channel * counts.samples)
    }
  }
}
