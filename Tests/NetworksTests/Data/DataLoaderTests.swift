import DataFiles
import Tensors
import TestSupport
import Testing

@testable import Networks

@Suite(.serialized) struct DataLoaderTests {
  private func dataset(_ count: Int = 50) throws -> Dataset {
    try Dataset(
      images: randomBytes([count, 1, 6, 5], seed: 1), labels: (0..<count).map { $0 % 5 % 3 },
      classNames: ["a", "b", "c"])
  }

  @Test("An epoch has every sample once, each epoch in another order")
  func order() throws {
    let loader = try DataLoader(try dataset(), batch: 8, seed: 3)
    #expect(loader.batchCount == 7)
    let batches = try (0..<7).map { try loader.batch(epoch: 2, index: $0) }
    #expect(batches.map(\.count) == [8, 8, 8, 8, 8, 8, 2])
    #expect(batches.flatMap(\.samples) == loader.order(epoch: 2))
    #expect(Set(loader.order(epoch: 2)) == Set(0..<50))
    #expect(loader.order(epoch: 2) != loader.order(epoch: 3))
    #expect(loader.order(epoch: 2) != Array(0..<50))
    let whole = try DataLoader(try dataset(), batch: 8, seed: 3, dropsIncomplete: true)
    #expect(whole.batchCount == 6)
    let plain = try DataLoader(evaluating: try dataset(), batch: 20)
    #expect(plain.order(epoch: 1) == Array(0..<50))
  }

  @Test("A batch holds the samples it names, and their targets")
  func contents() throws {
    let data = try dataset()
    let batch = try DataLoader(data, batch: 8, seed: 3).batch(epoch: 0, index: 1)
    #expect(batch.inputs.shape == [8, 1, 6, 5])
    for (place, sample) in batch.samples.enumerated() {
      #expect(try batch.inputs.selected(axis: 0, at: place) == data.input(at: sample))
    }
    #expect(batch.targets == .classes(batch.samples.map { data.labels[$0] }))
    let oneHot = batch.oneHot(classCount: 3)
    #expect(oneHot.shape == [8, 3] && oneHot.sum() == 8)
    for (place, sample) in batch.samples.enumerated() {
      #expect(oneHot[place, data.labels[sample]] == 1)
    }
    let maps = randomBytes([4, 3, 2], seed: 8, below: 3)
    let segmentation = try Dataset(images: randomFloats([4, 2, 3, 2], seed: 7), labelMaps: maps)
    let pairs = try DataLoader(evaluating: segmentation, batch: 3).batch(epoch: 0, index: 0)
    #expect(pairs.targets == .labelMaps(try maps.sliced(axis: 0, 0..<3)))
    let spread = pairs.oneHot(classCount: 3)
    #expect(spread.shape == [3, 3, 3, 2])
    #expect(
      spread
        == Tensor<Float>(shape: [3, 3, 3, 2]) { maps[$0[0], $0[2], $0[3]] == $0[1] ? 1 : 0 })
    let values = randomFloats([4, 2], seed: 9)
    let regression = try Dataset(images: randomFloats([4, 1, 5], seed: 7), values: values)
    let numbers = try DataLoader(evaluating: regression, batch: 2).batch(epoch: 0, index: 1)
    #expect(numbers.targets == .values(try values.sliced(axis: 0, 2..<4)))
  }

  @Test("Batches from the background are those asked for one by one, for any number of threads")
  func background() throws {
    let augmentation = try Augmentation(parsing: "flip,rotate=10,shift=0.1,noise=0.1")
    let data = try dataset()
    let normalization = try InputNormalization(of: data)
    let loader = try DataLoader(
      data, batch: 4, seed: 5, augmentation: augmentation, normalization: normalization)
    let expected = try (0..<loader.batchCount).map { try loader.batch(epoch: 1, index: $0) }
    let threads = Threads.count
    defer { Threads.count = threads }
    for (count, ahead) in [(1, 1), (2, 2), (4, 5)] {
      Threads.count = count
      #expect(try InputNormalization(of: data) == normalization)
      let stream = loader.batches(epoch: 1, ahead: ahead)
      var batches: [Batch] = []
      while let batch = try stream.next() { batches.append(batch) }
      #expect(batches == expected)
    }
    // Going on in the middle gives the rest.
    let rest = loader.batches(epoch: 1, from: 9)
    #expect(try rest.next() == expected[9])
    let other = try loader.batch(epoch: 2, index: 0)
    #expect(other.inputs != expected[0].inputs)
  }

  @Test("A stream that fails says so and ends; one that is left makes no trouble")
  func failing() throws {
    try withScratchFolder { folder in
      try makeFolder(folder + "/a")
      for index in 0..<6 {
        try writePicture(randomBytes([4, 4], seed: UInt64(index)), to: folder + "/a/\(index).png")
      }
      let data = try DataSplits(contentsOf: folder).training
      try AtomicFile.write("damaged", to: folder + "/a/3.png")
      let stream = try DataLoader(evaluating: data, batch: 2).batches(epoch: 0)
      #expect(try stream.next()?.count == 2)
      let error = refusal { _ = try stream.next() }
      #expect(error?.message.contains("3.png") == true)
      #expect(try stream.next() == nil)
      _ = try DataLoader(evaluating: data, batch: 2).batches(epoch: 0)
    }
  }

  @Test("Normalisation: mean 0 and deviation 1 for each channel, kept as JSON")
  func normalization() throws {
    let images = Tensor<Float>(shape: [20, 3, 4, 4]) { index in
      index[1] == 2 ? 7 : Float(index[1] * 100 + index[0] * 3 + index[2] * index[3])
    }
    let data = try Dataset(images: images, labels: [Int](repeating: 0, count: 20))
    let normalization = try InputNormalization(of: data)
    let normalized = try normalization.applied(to: images, channelAxis: 1)
    for channel in 0..<3 {
      let own = try normalized.selected(axis: 1, at: channel)
      #expect(abs(own.mean()) < 1e-5)
      // A constant channel keeps its scale.
      #expect(abs(own.variance() - (channel == 2 ? 0 : 1)) < 1e-4)
    }
    #expect(normalization.deviation[2] == 1)
    #expect(try normalization.applied(to: data.input(at: 3)) == normalized.selected(axis: 0, at: 3))
    #expect(refusal { _ = try normalization.applied(to: images) }?.kind == .shape)
    let wrong = refusal { _ = try InputNormalization(mean: [0], deviation: [0]) }
    #expect(wrong?.kind == .argument)
  }

  @Test("Splits keep each class in its share, and give the same for the same seed")
  func splitting() throws {
    let labels = (0..<1000).map { $0 % 10 == 0 ? 1 : 0 }
    let data = try Dataset(images: Tensor<Float>(zeros: [1000, 1, 2]), labels: labels)
    let (training, validation) = try data.split(validation: 0.1, seed: 4)
    #expect(validation.count == 100 && training.count == 900)
    #expect((9...11).contains(validation.samplesPerClass[1]))
    #expect(training.samplesPerClass[1] + validation.samplesPerClass[1] == 100)
    #expect(Set(training.rows).isDisjoint(with: validation.rows))
    #expect(try data.split(validation: 0.1, seed: 4).validation.rows == validation.rows)
    #expect(try data.split(validation: 0.1, seed: 5).validation.rows != validation.rows)
    #expect(try data.split(validation: 0, seed: 5).validation.count == 0)
    let small = try data.randomSubset(30, seed: 1)
    let large = try data.randomSubset(300, seed: 1)
    #expect(Set(small.rows).isSubset(of: large.rows))
    #expect((2...4).contains(small.samplesPerClass[1]))
    #expect(refusal { _ = try data.split(validation: 1, seed: 1) }?.kind == .argument)
    #expect(refusal { _ = try data.subset([1000]) }?.kind == .argument)
    #expect(refusal { _ = try data.randomSubset(1001, seed: 1) }?.kind == .argument)
  }

  @Test("What does not fit is refused in a sentence")
  func refusals() throws {
    let images = Tensor<Float>(zeros: [4, 1, 3, 3])
    func expect(_ problem: String, _ body: () throws -> Void) {
      let message = refusal(#_sourceLocation, body)?.message ?? ""
      #expect(message.contains(problem), "\(message)")
    }
    expect("4 images") { _ = try Dataset(images: images, labels: [1, 2]) }
    expect("label 2 of sample 3") {
      _ = try Dataset(images: images, labels: [0, 1, 0, 2], classNames: ["a", "b"])
    }
    expect("[samples, channels, spatial…]") {
      _ = try Dataset(images: Tensor<Float>(zeros: [4, 1]), labels: [0, 0, 0, 0])
    }
    expect("extents of images") {
      _ = try Dataset(images: images, labelMaps: Tensor(zeros: [4, 3, 2]))
    }
    let data = try Dataset(images: images, labels: [0, 1, 0, 1])
    expect("batches of 0") { _ = try DataLoader(data, batch: 0, seed: 0) }
    expect("do not fill") {
      _ = try DataLoader(data, batch: 5, seed: 0, dropsIncomplete: true)
    }
    expect("the normalisation has 2") {
      let two = try InputNormalization(mean: [0, 0], deviation: [1, 1])
      _ = try DataLoader(data, batch: 1, seed: 0, normalization: two)
    }
    expect("batch 4 of an epoch that has 4") {
      _ = try DataLoader(data, batch: 1, seed: 0).batch(epoch: 0, index: 4)
    }
  }
}
