import DataFiles
import Tensors
import TestSupport
import Testing

@testable import Networks

@Suite struct DataSplitsTests {
  private func expect(
    _ problem: String, _ location: SourceLocation = #_sourceLocation, _ body: () throws -> Void
  ) {
    let message = refusal(location, body)?.message ?? ""
    #expect(message.contains(problem), "\(message)", sourceLocation: location)
  }

  @Test("IDX: images and labels by their names, compressed or not, a file or its folder")
  func idx() throws {
    let images = randomBytes([6, 5, 4], seed: 1)
    let labels = Tensor<UInt8>([0, 1, 2, 1, 0, 2])
    try withScratchFolder { folder in
      try IDXFile.write(.uint8(images), to: folder + "/train-images-idx3-ubyte.gz")
      expect("no labels beside it") { _ = try DataSplits(contentsOf: folder) }
      try IDXFile.write(.uint8(labels), to: folder + "/train-labels-idx1-ubyte")
      try IDXFile.write(
        .uint8(try images.sliced(axis: 0, 0..<3)), to: folder + "/t10k-images-idx3-ubyte")
      try IDXFile.write(.uint8(Tensor([0, 3, 0])), to: folder + "/t10k-labels-idx1-ubyte.gz")
      let splits = try DataSplits(contentsOf: folder)
      #expect(splits.format == "IDX" && splits.validation == nil)
      #expect(splits.training.sampleShape == [1, 5, 4] && splits.training.count == 6)
      #expect(splits.training.labels == [0, 1, 2, 1, 0, 2])
      // The test set has a class that the training set lacks: both have four.
      #expect(splits.training.classCount == 4 && splits.test?.classCount == 4)
      let expected = try images.selected(axis: 0, at: 2).map { Float($0) / 255 }
      #expect(try splits.training.input(at: 2).elements == expected.elements)
      let one = try DataSplits(contentsOf: folder + "/train-images-idx3-ubyte.gz")
      #expect(one.training.count == 6)
      let regression = try DataSplits(contentsOf: folder, task: .regression)
      #expect(regression.training.targetShape == [1])
      #expect(regression.training.values(at: 2) == [2])
      expect("segmentation") { _ = try DataSplits(contentsOf: folder, task: .segmentation) }
    }
  }

  @Test("CIFAR: batches in turn, the test batch apart, names from the list")
  func cifar() throws {
    func records(_ labels: [UInt8], _ seed: UInt64) -> [UInt8] {
      labels.enumerated().flatMap { [$1] + randomBytes([3072], seed: seed + UInt64($0)).elements }
    }
    try withScratchFolder { folder in
      try AtomicFile.write(records([3, 1], 1), to: folder + "/data_batch_1.bin")
      try AtomicFile.write(records([9], 7), to: folder + "/data_batch_2.bin")
      try AtomicFile.write(records([0], 9), to: folder + "/test_batch.bin")
      let splits = try DataSplits(contentsOf: folder)
      #expect(splits.training.labels == [3, 1, 9] && splits.test?.labels == [0])
      #expect(splits.training.classNames[9] == "truck")
      #expect(splits.training.sampleShape == [3, 32, 32])
      let pixels = randomBytes([3072], seed: 7)
      #expect(try splits.training.input(at: 2).elements == pixels.elements.map { Float($0) / 255 })
      let one = try DataSplits(contentsOf: folder + "/data_batch_2.bin")
      #expect(one.training.labels == [9] && one.test == nil)
    }
  }

  @Test("NPZ: Keras', MedMNIST's and plain names; channels first, last or none")
  func npz() throws {
    let bytes = randomBytes([4, 6, 5, 3], seed: 1)
    let labels = Tensor<Int64>([0, 2, 1, 1])
    try withScratchFolder { folder in
      let path = folder + "/data.npz"
      try NPZFile.write(
        [
          ("x_train", .uint8(bytes)), ("y_train", .int64(labels)),
          ("x_test", .float32(try Tensor<Float>(bytes).permuted([0, 3, 1, 2]))),
          ("y_test", .int64(try labels.reshaped(to: [4, 1]))),
        ], to: path)
      let keras = try DataSplits(contentsOf: path)
      #expect(keras.training.sampleShape == [3, 6, 5] && keras.training.labels == [0, 2, 1, 1])
      let test = try #require(keras.test)
      // Floating-point numbers stay what they are.
      #expect(try test.input(at: 1) == keras.training.input(at: 1).map { ($0 * 255).rounded() })
      #expect(try keras.training.input(at: 1)[2, 5, 4] == Float(bytes[1, 5, 4, 2]) / 255)

      let volumes = randomBytes([3, 5, 6, 7], seed: 2)
      try NPZFile.write(
        [
          ("train_images", .uint8(volumes)), ("train_labels", .uint8(Tensor([0, 1, 0]))),
          ("val_images", .uint8(volumes)), ("val_labels", .uint8(Tensor([1, 1, 1]))),
        ], to: path)
      let med = try DataSplits(contentsOf: folder)
      #expect(med.training.sampleShape == [1, 5, 6, 7])
      #expect(med.validation?.labels == [1, 1, 1] && med.test == nil)

      let maps = randomBytes([3, 5, 6], seed: 3, below: 3)
      try NPZFile.write(
        [("images", .float64(Tensor(zeros: [3, 5, 6]))), ("labels", .uint8(maps))], to: path)
      let segmentation = try DataSplits(contentsOf: path).training
      #expect(segmentation.task == .segmentation && segmentation.classCount == 3)
      #expect(try segmentation.labelMap(at: 2) == maps.selected(axis: 0, at: 2))

      try NPZFile.write(
        [
          ("x", .float64(Tensor(zeros: [3, 1, 6]))),
          ("y", .float64(try Tensor(shape: [3, 2], elements: [0, 0.5, 1, 1.5, 2, 2.5]))),
        ], to: path)
      let regression = try DataSplits(contentsOf: path).training
      #expect(regression.task == .regression && regression.values(at: 1) == [1, 1.5])
      expect("one whole number from 0 up per sample") {
        _ = try DataSplits(contentsOf: path, task: .classification)
      }
      try NPZFile.write([("a", .float64(Tensor(zeros: [3])))], to: path)
      expect("it holds a") { _ = try DataSplits(contentsOf: path) }
    }
  }

  @Test("Class folders of PNG: grey and coloured, with and without parts")
  func classFolders() throws {
    try withScratchFolder { folder in
      for part in ["train", "val"] {
        for (index, name) in ["cat", "dog"].enumerated() {
          try makeFolder("\(folder)/\(part)/\(name)")
          for sample in 0..<3 {
            let shape: Shape = part == "train" && index == 1 ? [6, 5, 3] : [6, 5]
            try writePicture(
              randomBytes(shape, seed: UInt64(index * 3 + sample)),
              to: "\(folder)/\(part)/\(name)/\(sample).png")
          }
        }
      }
      let splits = try DataSplits(contentsOf: folder)
      #expect(splits.training.classNames == ["cat", "dog"])
      #expect(splits.training.labels == [0, 0, 0, 1, 1, 1])
      // One coloured picture makes all coloured, those of other parts too.
      #expect(splits.training.sampleShape == [3, 6, 5])
      #expect(splits.validation?.sampleShape == [3, 6, 5] && splits.test == nil)
      let grey = randomBytes([6, 5], seed: 1)
      let input = try splits.training.input(at: 1)
      #expect(input[0, 2, 3] == Float(Double(grey[2, 3]) / 255) && input[2, 2, 3] == input[0, 2, 3])
      #expect(try splits.training.allInputs().shape == [6, 3, 6, 5])
      var options = ReadingOptions()
      options.channels = 1
      options.memory = 200
      let small = try DataSplits(contentsOf: folder, options: options)
      #expect(small.training.sampleShape == [1, 6, 5])
      // With room for one sample only, all are still the same.
      #expect(try small.training.allInputs() == small.training.allInputs())

      try makeFolder(folder + "/val/bird")
      try writePicture(randomBytes([6, 5], seed: 9), to: folder + "/val/bird/0.png")
      expect("bird is a class that") { _ = try DataSplits(contentsOf: folder) }
      try makeFolder(folder + "/train/bird")
      expect("train/bird holds no PNG") { _ = try DataSplits(contentsOf: folder) }
      try writePicture(randomBytes([7, 5], seed: 9), to: folder + "/train/bird/0.png")
      expect("ask for samples to be resized or cropped") {
        _ = try DataSplits(contentsOf: folder)
      }
      for fit in [ReadingOptions.Fit.resize, .crop] {
        options.fit = fit
        options.size = [5, 4]
        let fitted = try DataSplits(contentsOf: folder, options: options)
        #expect(fitted.training.sampleShape == [1, 5, 4])
        #expect(try fitted.training.allInputs().shape == [7, 1, 5, 4])
      }
      options.size = [5, 6]
      let data = try DataSplits(contentsOf: folder, options: options).training
      expect("cannot be cropped to [5, 6]") { _ = try data.input(at: 0) }
    }
  }

  @Test("Resizing: constants stay, a ramp stays a ramp, halving takes means, the middle is cropped")
  func fitting() throws {
    let ramp = Tensor<Float>(shape: [1, 8]) { Float($0[1]) }
    let twice = try ImageFitting.linear(ramp, to: [1, 16])
    for x in 1..<15 { #expect(abs(twice[0, x] - (Float(x) / 2 - 0.25)) < 1e-6) }
    let ones = Tensor<Float>(repeating: 3, shape: [7, 9])
    let smaller = try ImageFitting.linear(ones, to: [3, 4])
    #expect(smaller.shape == [3, 4] && smaller.elements.allSatisfy { abs($0 - 3) < 1e-6 })
    // Alternating pixels become their mean: nothing is aliased.
    let stripes = Tensor<Float>(shape: [1, 64]) { Float($0[1] % 2) }
    let half = try ImageFitting.linear(stripes, to: [1, 16])
    for x in 1..<15 { #expect(abs(half[0, x] - 0.5) < 0.05) }
    let map = randomBytes([4, 4], seed: 1)
    let enlarged = try ImageFitting.nearest(map, to: [8, 8])
    #expect(enlarged == Tensor<UInt8>(shape: [8, 8]) { map[$0[0] / 2, $0[1] / 2] })
    let cropped = try ImageFitting.fitted(
      map, to: [2, 2], .crop, path: "a.png", resize: ImageFitting.nearest(_:to:))
    #expect(cropped == Tensor<UInt8>(shape: [2, 2]) { map[$0[0] + 1, $0[1] + 1] })
  }

  @Test("Pairs of PNG: masks of 0 and 255, classes by their numbers, objects of 16 bits")
  func picturePairs() throws {
    try withScratchFolder { folder in
      try makeFolder(folder + "/images")
      try makeFolder(folder + "/masks")
      let image = randomBytes([6, 5], seed: 1)
      let mask = randomBytes([6, 5], seed: 2, below: 2).map { $0 * 255 }
      for name in ["a", "b"] {
        try writePicture(image, to: folder + "/images/\(name).png")
        try writePicture(mask, to: folder + "/masks/\(name).png")
      }
      let data = try DataSplits(contentsOf: folder).training
      #expect(data.task == .segmentation && data.labelValues == [0, 255])
      #expect(data.classNames == ["0", "255"])
      #expect(data.sampleShape == [1, 6, 5] && data.targetShape == [6, 5])
      #expect(try data.labelMap(at: 1) == mask.map { $0 / 255 })
      try writePicture(mask, to: folder + "/masks/c.png")
      expect("c.png has no image") { _ = try DataSplits(contentsOf: folder) }
      try writePicture(image, to: folder + "/images/c.png")
      try writePicture(image, to: folder + "/images/d.png")
      expect("d.png has no label map") { _ = try DataSplits(contentsOf: folder) }
      try writePicture(randomBytes([6, 4], seed: 1), to: folder + "/masks/d.png")
      expect("d.png has extents [6, 4]; its image") { _ = try DataSplits(contentsOf: folder) }
      try writePicture(randomBytes([6, 5, 3], seed: 1), to: folder + "/masks/d.png")
      expect("has colours") { _ = try DataSplits(contentsOf: folder) }
    }
    try withScratchFolder { folder in
      let objects = randomBytes([6, 5], seed: 2, below: 9)
      try writePicture(randomBytes([6, 5], seed: 1), to: folder + "/0_image.png")
      try writePicture(objects, to: folder + "/0_label.png", bitDepth: 16)
      let data = try DataSplits(contentsOf: folder).training
      #expect(data.classNames == ["background", "foreground"])
      #expect(try data.labelMap(at: 0) == objects.map { $0 == 0 ? 0 : 1 })
      var options = ReadingOptions()
      options.labelMeaning = .classes
      #expect(try DataSplits(contentsOf: folder, options: options).training.classCount == 9)
    }
  }

  @Test("Pairs of NIfTI: spacing, several files of channels, the decathlon's names")
  func volumePairs() throws {
    try withScratchFolder { folder in
      for part in ["Tr", "Ts"] {
        try makeFolder(folder + "/images\(part)")
        try makeFolder(folder + "/labels\(part)")
        for name in ["p1", "p2"] {
          for channel in 0..<2 {
            let values = randomFloats([4, 5, 6], seed: UInt64(channel + 1))
            try NIfTIVolume(data: .float32(values), spacing: [3, 2, 1])
              .write(to: folder + "/images\(part)/\(name)_000\(channel).nii.gz")
          }
          try NIfTIVolume(data: .uint8(randomBytes([4, 5, 6], seed: 3, below: 3)))
            .write(to: folder + "/labels\(part)/\(name).nii.gz")
        }
      }
      let splits = try DataSplits(contentsOf: folder)
      #expect(splits.training.sampleShape == [2, 4, 5, 6] && splits.training.count == 2)
      #expect(splits.training.spacing == [3, 2, 1] && splits.training.classCount == 3)
      #expect(splits.test?.count == 2)
      let input = try splits.training.input(at: 1)
      #expect(try input.selected(axis: 0, at: 1) == randomFloats([4, 5, 6], seed: 2))
      #expect(
        try splits.training.labelMap(at: 0) == randomBytes([4, 5, 6], seed: 3, below: 3))
    }
  }

  @Test("Files with numbers each in a table")
  func valueTables() throws {
    try withScratchFolder { folder in
      for index in 0..<3 {
        try writePicture(randomBytes([6, 5], seed: UInt64(index)), to: folder + "/\(index).png")
      }
      let table = folder + "/values.csv"
      try AtomicFile.write("file,top,left\r\n2.png, 1, -2.5\r\n0.png,3,4e1\r\n\r\n", to: table)
      let data = try DataSplits(contentsOf: folder, task: .regression).training
      #expect(data.count == 2 && data.sampleShape == [1, 6, 5] && data.targetShape == [2])
      #expect(data.values(at: 0) == [1, -2.5] && data.values(at: 1) == [3, 40])
      let second = try Dataset.input(contentsOf: folder + "/2.png", shape: [1, 6, 5])
      #expect(try data.input(at: 0) == second)
      let colored = try Dataset.input(
        contentsOf: folder + "/2.png", shape: [3, 4, 4], fit: .resize)
      #expect(colored.shape == [3, 4, 4])
      for (text, problem) in [
        ("a.png,1\nb.png,1,2\n", "line 2"), ("a.png,1\nb.png,x\n", "line 2"),
        ("a.png,nan\n", "line 1"), ("\n", "no lines"), ("../a.png,1\n", "outside"),
        ("9.png,1\n", "9.png"),
      ] {
        try AtomicFile.write(text, to: table)
        expect(problem) { _ = try DataSplits(contentsOf: folder) }
      }
    }
  }

  @Test("Nothing known, nothing there")
  func refusals() throws {
    expect("no file or folder") { _ = try DataSplits(contentsOf: "/nowhere/at/all") }
    try withScratchFolder { folder in
      expect("it holds nothing") { _ = try DataSplits(contentsOf: folder) }
      try AtomicFile.write("x", to: folder + "/readme.txt")
      expect("it holds readme.txt") { _ = try DataSplits(contentsOf: folder) }
    }
  }
}
