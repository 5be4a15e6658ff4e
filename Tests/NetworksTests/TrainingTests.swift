import Convolutions
import DataFiles
import Foundation
import Tensors
import TestSupport
import Testing

@testable import Networks

/// Optimisers, schedules, metrics, and training as a whole.
@Suite struct TrainingTests {
  private func network() throws -> Network {
    try Network(input: [1, 8, 8]) {
      Conv(4, kernel: 3, padding: .same)
      BatchNormalization()
      ReLU()
      MaxPooling(2)
      Flatten()
      Dropout(0.2)
      Dense(2)
    }
  }

  /// Bars that stand or lie, with noise.
  private func bars(_ count: Int, seed: UInt64) throws -> Dataset {
    var source = RandomSource(seed: seed)
    let labels = (0..<count).map { _ in source.integer(below: 2) }
    let places = (0..<count).map { _ in source.integer(below: 8) }
    let images = Tensor<Float>(shape: [count, 1, 8, 8]) { index in
      let along = labels[index[0]] == 0 ? index[2] : index[3]
      return (along == places[index[0]] ? 1 : 0) + Float(0.15 * source.normal())
    }
    return try Dataset(images: images, labels: labels)
  }

  private func options(epochs: Int) -> TrainingOptions {
    TrainingOptions(
      losses: [LossTerm(.softmaxCrossEntropy())], epochs: epochs, batch: 32, learningRate: 0.01,
      schedule: LearningRateSchedule(.cosine(end: 0.1), warmUpSteps: 3), weightDecay: 1e-4,
      clipping: .norm(5), seed: 3)
  }

  @Test func barsAreLearnt() throws {
    var trainer = try Trainer(
      network(), data: bars(300, seed: 1), validation: bars(100, seed: 2),
      options: options(epochs: 10))
    try trainer.run()
    let last = try #require(trainer.state.history.last)
    #expect(trainer.state.history.count == 10)
    let measure = try #require(last.validationMeasure)
    #expect(measure > 0.95)
    #expect(last.loss < trainer.state.history[0].loss)
  }

  /// Averages of one step per epoch, by hand.
  @Test func averagesFollowTheWeights() throws {
    var chosen = options(epochs: 12)
    chosen.averaging = 0.5
    var trainer = try Trainer(network(), data: bars(20, seed: 1), options: chosen)
    var expected = trainer.state.weights.values
    try trainer.run(epochEnded: { (state: TrainingState) throws(FiltersmithError) in
      let step = Float(state.history.count)
      let kept = min(0.5, step / (step + 9))
      for place in expected.indices {
        expected[place] = kept * expected[place] + (1 - kept) * state.weights.values[place]
      }
    })
    let average = try #require(trainer.state.average)
    #expect(trainer.state.bestWeights == average)
    let apart = zip(expected, average.values).map { abs($0 - $1) }.max() ?? 1
    #expect(apart < 1e-6)
    #expect(zip(trainer.state.weights.values, average.values).contains { abs($0 - $1) > 1e-4 })
    // The average changes nothing about learning.
    chosen.averaging = nil
    var plain = try Trainer(network(), data: bars(20, seed: 1), options: chosen)
    try plain.run()
    #expect(plain.state.weights == trainer.state.weights)
    #expect(throws: FiltersmithError.self) { try plain.resume(from: trainer.state) }
  }

  /// A run that is cut off after any epoch and resumed from its file ends with the same bits.
  @Test(arguments: [nil, 0.9])
  func resumedTrainingEndsTheSame(averaging: Double?) throws {
    func options(epochs: Int) -> TrainingOptions {
      var options = self.options(epochs: epochs)
      options.averaging = averaging
      return options
    }
    try withScratchFolder { folder in
      let path = folder + "/checkpoint.safetensors"
      let (data, validation) = (try bars(150, seed: 1), try bars(40, seed: 2))
      var whole = try Trainer(
        network(), data: data, validation: validation, options: options(epochs: 4))
      try whole.run()
      var first = try Trainer(
        network(), data: data, validation: validation, options: options(epochs: 4))
      try? first.run(epochEnded: { (state: TrainingState) throws(FiltersmithError) in
        try state.write(to: path)
        if state.history.count == 2 { throw FiltersmithError(.limit, "killed") }
      })
      var second = try Trainer(
        network(), data: data, validation: validation, options: options(epochs: 4))
      try second.resume(from: TrainingState(contentsOf: path, for: network()))
      #expect(second.state.history.count == 2)
      try second.run()
      #expect(second.state.weights == whole.state.weights)
      #expect(second.state.optimizer == whole.state.optimizer)
      #expect(second.state.best == whole.state.best)
      #expect(second.state.average == whole.state.average)
      #expect((second.state.average == nil) == (averaging == nil))
      #expect(second.state.history.map(\.loss) == whole.state.history.map(\.loss))
    }
  }

  @Test func modelsComeBackFromTheirFolder() throws {
    try withScratchFolder { folder in
      let files = ModelFolder(folder + "/run")
      var trainer = try Trainer(network(), data: bars(60, seed: 1), options: options(epochs: 1))
      let description = TrainedModel.Description(
        task: .classification, classNames: ["lying", "standing"], normalization: nil,
        options: options(epochs: 1))
      try files.begin(try network(), description)
      try trainer.run(epochEnded: { (state: TrainingState) throws(FiltersmithError) in
        try files.save(state, task: .classification)
      })
      let model = try TrainedModel(contentsOf: files.path)
      #expect(model.weights == trainer.state.bestWeights)
      #expect(model.description == description)
      let answer = try model.prediction(for: Tensor(zeros: [1, 8, 8]))
      #expect(answer.shape == [2])
      #expect(abs(answer.sum() - 1) < 1e-6)
      let rows = try String(contentsOfFile: files.history, encoding: .utf8).split(separator: "\n")
      #expect(rows.count == 2)
      let cells = rows.map { $0.split(separator: ",", omittingEmptySubsequences: false).count }
      #expect(cells == [8, 8])
      #expect(throws: FiltersmithError.self) {
        try TrainingState(contentsOf: files.weights, for: network())
      }
    }
  }

  @Test func wrongOptionsAreRefused() throws {
    var wrong = [TrainingOptions](repeating: options(epochs: 1), count: 7)
    wrong[0].epochs = 0
    wrong[1].batch = -1
    wrong[2].learningRate = .nan
    wrong[3].optimizer = .sgd(momentum: 1)
    wrong[4].schedule = LearningRateSchedule(.step(epochs: 0))
    wrong[5].clipping = .norm(0)
    wrong[6].averaging = 1
    for options in wrong {
      #expect(throws: FiltersmithError.self) {
        try Trainer(network(), data: bars(10, seed: 1), options: options)
      }
    }
  }

  /// One step of each optimiser from w = 1 with g = 0.5, by hand.
  @Test func firstStepsByHand() throws {
    let network = try Network(input: [1]) { Dense(1, hasBias: false) }
    let cases: [(Optimizer, Double)] = [
      (.sgd(), 1 - 0.1 * 0.5), (.sgd(momentum: 0.9, nesterov: true), 1 - 0.1 * (0.5 + 0.45)),
      (.rmsProp(epsilon: 0), 1 - 0.1 * 0.5 / (0.1 * 0.25).squareRoot()),
      (.adam(epsilon: 0), 1 - 0.1), (.adamW(epsilon: 0), 1 - 0.1),
    ]
    for (optimizer, expected) in cases {
      var weights = try Weights<Double>(zerosFor: network)
      var gradients = weights
      try weights.set("dense1.weight", to: Tensor(repeating: 1, shape: [1, 1]))
      try gradients.set("dense1.weight", to: Tensor(repeating: 0.5, shape: [1, 1]))
      var state = try OptimizerState<Double>(for: optimizer, network: network)
      try optimizer.step(
        network, weights: &weights, gradients: gradients, state: &state, learningRate: 0.1)
      #expect(abs(try weights.tensor("dense1.weight").elements[0] - expected) < 1e-12)
    }
    // Decay joins the gradient of Adam, which then only sees its sign, and shrinks AdamW's weights.
    for (optimizer, expected) in [(Optimizer.adam(epsilon: 0), 0.9), (.adamW(epsilon: 0), 0.85)] {
      var weights = try Weights<Double>(zerosFor: network)
      var gradients = weights
      try weights.set("dense1.weight", to: Tensor(repeating: 1, shape: [1, 1]))
      try gradients.set("dense1.weight", to: Tensor(repeating: 0.5, shape: [1, 1]))
      var state = try OptimizerState<Double>(for: optimizer, network: network)
      try optimizer.step(
        network, weights: &weights, gradients: gradients, state: &state, learningRate: 0.1,
        weightDecay: 0.5, clipping: .value(0.2))
      #expect(abs(try weights.tensor("dense1.weight").elements[0] - expected) < 1e-12)
    }
  }

  /// Single precision runs other loops than double precision, which the steps by hand check.
  ///
  /// In it 1 − 0.999 is off by 10⁻⁵ of itself, and a step of Adam by half as much.
  @Test(arguments: [
    Optimizer.sgd(), .sgd(momentum: 0.9), .sgd(momentum: 0.9, nesterov: true), .rmsProp(),
    .rmsProp(momentum: 0.5), .adam(), .adamW(),
  ])
  func stepsInSinglePrecision(_ optimizer: Optimizer) throws {
    let network = try Network(input: [37]) { Dense(3) }
    var source = RandomSource(seed: 9)
    let start = try Weights<Double>(initialFor: network, seed: 1)
    var gradients = try Weights<Double>(zerosFor: network)
    for place in gradients.values.indices { gradients.values[place] = source.uniform() - 0.5 }
    func steps<Scalar: ConvolutionScalar>(_: Scalar.Type) throws -> [Double] {
      var weights = start.converted(to: Scalar.self)
      let gradients = gradients.converted(to: Scalar.self)
      var state = try OptimizerState<Scalar>(for: optimizer, network: network)
      for clipping in [nil, GradientClipping.value(0.3), .norm(1)] {
        try optimizer.step(
          network, weights: &weights, gradients: gradients, state: &state, learningRate: 0.1,
          weightDecay: 0.2, clipping: clipping)
      }
      return weights.values.map { Double($0) }
    }
    let expected = try steps(Double.self)
    #expect(expected != start.values)
    try forEachSIMDLevel { level in
      for (single, double) in zip(try steps(Float.self), expected) {
        #expect(abs(single - double) <= 3e-6, "\(level)")
      }
    }
  }

  @Test func schedules() {
    func factor(_ course: LearningRateSchedule.Course, _ step: Int, _ watched: [Double] = [])
      -> Double
    {
      LearningRateSchedule(course).factor(step: step, of: 100, stepsPerEpoch: 10, watched: watched)
    }
    #expect(factor(.constant, 50) == 1)
    #expect(abs(factor(.step(epochs: 3, factor: 0.5), 65) - 0.25) < 1e-12)
    #expect(abs(factor(.cosine(end: 0.2), 50) - 0.6) < 1e-12)
    #expect(abs(factor(.oneCycle(), 30) - 1) < 1e-12)
    #expect(factor(.oneCycle(), 0) < 0.05)
    let plateau = LearningRateSchedule.Course.reduceOnPlateau(factor: 0.1, patience: 1)
    #expect(factor(plateau, 0, [3, 2, 2, 1]) == 1)
    #expect(abs(factor(plateau, 0, [3, 2, 2, 2, 1]) - 0.1) < 1e-12)
    let warm = LearningRateSchedule(warmUpSteps: 4)
    #expect(warm.factor(step: 0, of: 100, stepsPerEpoch: 10, watched: []) == 0.2)
    #expect(warm.factor(step: 4, of: 100, stepsPerEpoch: 10, watched: []) == 1)
  }

  @Test func classificationMeasures() {
    var metrics = ClassificationMetrics(classes: 3)
    let scores: [Float] = [3, 1, 0, 0, 2, 1, 1, 2, 0, 0, 1, 5]
    scores.withUnsafeBufferPointer { metrics.add(scores: $0, labels: [0, 1, 0, 2], outputs: 3) }
    #expect(metrics.accuracy == 0.75)
    #expect(metrics.topAccuracy(2) == 1)
    #expect(metrics.confusion == [[1, 1, 0], [0, 1, 0], [0, 0, 1]])
    #expect(metrics.precision(of: 1) == 0.5)
    #expect(metrics.recall(of: 0) == 0.5)
    #expect(abs(metrics.f1(of: 1) - 2.0 / 3) < 1e-12)
    #expect(metrics.areaUnderCurve(of: 2) == 1)
    // By the definition: the part of pairs in the right order, ties counting half.
    var binary = ClassificationMetrics(classes: 2)
    let logits: [Float] = [0.1, 0.4, 0.35, 0.8, 0.35]
    logits.withUnsafeBufferPointer { binary.add(scores: $0, labels: [0, 0, 1, 1, 0], outputs: 1) }
    #expect(abs(binary.areaUnderCurve(of: 1) - 4.5 / 6) < 1e-12)
  }

  @Test func segmentationMeasures() {
    var metrics = SegmentationMetrics(classes: 1)
    let scores: [Float] = [1, 1, -1, -1, 1, -1]
    scores.withUnsafeBufferPointer {
      metrics.add(scores: $0, labels: [1, 0, 1, 0, 1, -1], outputs: 1, pixels: 6)
    }
    #expect(abs(metrics.dice(of: 1) - 4.0 / 6) < 1e-12)
    #expect(metrics.intersectionOverUnion(of: 1) == 0.5)
    #expect(metrics.accuracy == 0.6)
  }

  /// Image by image: 1/2, 0 and, where both are empty, 1.
  @Test func diceOfSamples() {
    var metrics = SegmentationMetrics(classes: 1)
    let scores: [Float] = [1, 1, -1, -1, 1, 1, -1, -1, -1, -1, -1, -1]
    let labels: [Int32] = [1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    scores.withUnsafeBufferPointer {
      metrics.add(scores: $0, labels: labels, outputs: 1, pixels: 4)
    }
    #expect(metrics.samples == 3)
    #expect(abs(metrics.meanDiceOfSamples - (0.5 + 0 + 1) / 3) < 1e-12)
  }

  /// The check value of CRC-32C, and the shape of a record.
  @Test func eventLog() {
    #expect(EventLog.checksum(Array("123456789".utf8)) == 0xE306_9283)
    let bytes = EventLog.bytes([], measure: "accuracy")
    #expect(bytes.count == 8 + 4 + Int(bytes[0]) + 4)
  }
}
