import DataFiles
import Tensors

extension DataSplits {
  /// The four files of Fashion-MNIST and similar data.
  static func idx(
    _ folder: DataFolder, _ task: LearningTask?
  ) throws(FiltersmithError) -> DataSplits? {
    func part(_ names: [String]) throws(FiltersmithError) -> Dataset? {
      func file(_ what: String) -> String? {
        folder.files.first { file in names.contains { file.contains("\($0)-\(what)") } }
      }
      guard let images = file("images") else { return nil }
      guard let labels = file("labels") else {
        throw FiltersmithError(
          .file, "\(folder.path(of: images)) has no labels beside it: \(folder.summary)")
      }
      let imagePath = folder.path(of: images)
      let array = try IDXFile.read(imagePath)
      return try dataset(
        try grey(array, imagePath), try IDXFile.read(folder.path(of: labels)), task,
        path: folder.path(of: labels))
    }
    guard let training = try part(["train"]) else { return nil }
    return try aligned("IDX", training, try part(["val", "valid"]), try part(["t10k", "test"]))
  }

  /// Samples without a channel axis get one.
  private static func grey(
    _ array: DataArray, _ path: String
  ) throws(FiltersmithError) -> DataArray {
    guard (2...5).contains(array.shape.rank) else {
      throw FiltersmithError(
        .format, "\(path) holds \(array); images [samples, y, x] were expected")
    }
    var extents = array.shape.dimensions
    extents.insert(1, at: 1)
    return try reshaped(array, Shape(extents))
  }

  /// CIFAR's binary files.
  static func cifar(_ folder: DataFolder) throws(FiltersmithError) -> DataSplits? {
    let names = folder.files.filter { $0.lowercased().hasSuffix(".bin") }
    guard !names.isEmpty else {
      // The archives unpack to a folder of such a name.
      let inner = try folder.folder(named: ["cifar-10-batches-bin", "cifar-100-binary"])
      guard let inner else { return nil }
      return try cifar(inner)
    }
    func part(_ names: [String]) throws(FiltersmithError) -> Dataset? {
      var images: [Tensor<UInt8>] = []
      var labels: [Int] = []
      var variant: CIFARFile.Variant?
      for name in names {
        let file = try CIFARFile(contentsOf: folder.path(of: name), variant: variant)
        variant = file.variant
        images.append(file.images)
        labels += file.labels
      }
      guard let variant else { return nil }
      let listed = ["batches.meta.txt", "fine_label_names.txt"].first(where: folder.files.contains)
      var classNames =
        variant == .cifar10 ? CIFARFile.cifar10ClassNames : (0..<100).map(String.init)
      if let listed { classNames = try CIFARFile.classNames(contentsOf: folder.path(of: listed)) }
      return try Dataset(
        images: try Tensor.concatenated(images, axis: 0), labels: labels, classNames: classNames)
    }
    let tests = names.filter { $0.lowercased().contains("test") }
    let training = names.filter { !tests.contains($0) }
    guard let first = try part(training.isEmpty ? tests : training) else { return nil }
    return try DataSplits(
      "CIFAR", training: first, test: training.isEmpty ? nil : try part(tests))
  }

  /// The arrays of an NPZ file.
  static func npz(
    _ folder: DataFolder, _ task: LearningTask?
  ) throws(FiltersmithError) -> DataSplits? {
    let names = folder.files.filter { $0.lowercased().hasSuffix(".npz") }
    guard let name = names.first else { return nil }
    guard names.count == 1 else {
      throw FiltersmithError(
        .format, "\(folder.path) holds several NPZ files; point at one of \(names)")
    }
    let path = folder.path(of: name)
    let file = try NPZFile(contentsOf: path)
    func part(_ pairs: [(String, String)]) throws(FiltersmithError) -> Dataset? {
      guard let (images, labels) = pairs.first(where: { file.names.contains($0.0) }) else {
        return nil
      }
      return try dataset(
        try channelsFirst(try file.array(images), "\(images) in \(path)"), try file.array(labels),
        task, path: "\(labels) in \(path)")
    }
    let training = try part([
      ("x_train", "y_train"), ("train_images", "train_labels"), ("images", "labels"), ("x", "y"),
      ("X", "y"),
    ])
    guard let training else {
      throw FiltersmithError(
        .format,
        "\(path) holds none of the arrays x_train, train_images, images and x; it holds "
          + file.names.joined(separator: ", "))
    }
    return try aligned(
      "NPZ", training, try part([("x_val", "y_val"), ("val_images", "val_labels")]),
      try part([("x_test", "y_test"), ("test_images", "test_labels")]))
  }

  /// Finds the channels of arrays in Keras' order, in ours, or without any.
  private static func channelsFirst(
    _ array: DataArray, _ name: String
  ) throws(FiltersmithError) -> DataArray {
    let shape = array.shape
    guard (2...6).contains(shape.rank) else {
      throw FiltersmithError(
        .format, "\(name) holds \(array); images [samples, y, x, channels] were expected")
    }
    let isShort = { (extent: Int) in [1, 3, 4].contains(extent) }
    guard shape.rank >= 4, isShort(shape[shape.rank - 1]) || isShort(shape[1]) else {
      return try grey(array, name)
    }
    // Keras' order first: its images are rarely 1 to 4 pixels wide.
    guard isShort(shape[shape.rank - 1]) else { return array }
    let axes = [0, shape.rank - 1] + (1..<shape.rank - 1)
    switch array {
    case .uint8(let tensor): return .uint8(try tensor.permuted(axes))
    default: return .float32(try unit(array).permuted(axes))
    }
  }

  /// Whole numbers of 16 bits scaled to 0 to 1; others unchanged.
  private static func unit(_ array: DataArray) throws(FiltersmithError) -> Tensor<Float> {
    let values = try array.asFloat()
    guard case .uint16 = array else { return values }
    return values.map { $0 / 65535 }
  }

  private static func reshaped(
    _ array: DataArray, _ shape: Shape
  ) throws(FiltersmithError) -> DataArray {
    guard case .uint8(let bytes) = array else {
      return .float32(try unit(array).reshaped(to: shape))
    }
    return .uint8(try bytes.reshaped(to: shape))
  }

  /// A set from images `[samples, channels, spatial…]` and labels of any kind.
  private static func dataset(
    _ images: DataArray, _ labels: DataArray, _ task: LearningTask?, path: String
  ) throws(FiltersmithError) -> Dataset {
    let inputs: Dataset.Inputs
    if case .uint8(let bytes) = images {
      inputs = .bytes(bytes)
    } else {
      let floats = try images.asFloat()
      try floats.requireFinite(path)
      inputs = .floats(floats)
    }
    let count = labels.shape.first ?? 0
    let width = labels.shape.elementCount / max(count, 1)
    let numbers = try labels.asDouble()
    let isWhole = numbers.withUnsafeElements {
      $0.allSatisfy { $0 >= 0 && $0 < 0x1p31 && $0 == $0.rounded() }
    }
    let isMap = labels.shape.rank > 2 && labels.shape.rank + 1 >= images.shape.rank
    switch task ?? (isMap ? .segmentation : width == 1 && isWhole ? .classification : .regression) {
    case .classification:
      guard width == 1, isWhole else {
        throw FiltersmithError(
          .format, "\(path) holds \(labels); one whole number from 0 up per sample was expected")
      }
      return try Dataset(
        inputs, images.shape, labels: numbers.elements.map { Int($0) }, classNames: nil)
    case .segmentation:
      let shape = Shape([images.shape[0]] + images.shape.dropFirst(2))
      guard isWhole, numbers.max() ?? 0 < 256, numbers.count == shape.elementCount else {
        throw FiltersmithError(
          .format,
          "\(path) holds \(labels); for segmentation, label maps \(shape) of whole numbers below 256 "
            + "were expected")
      }
      let maps = try numbers.reshaped(to: shape)
      let floats: Tensor<Float> =
        switch inputs {
        case .bytes(let bytes): bytes.map { Float($0) / 255 }
        default: try images.asFloat()
        }
      return try Dataset(images: floats, labelMaps: maps.map { UInt8($0) })
    case .regression:
      try numbers.requireFinite(path)
      let values = try Tensor<Float>(numbers).reshaped(to: [count, width])
      return try Dataset(inputs, images.shape, values: values)
    }
  }

  /// Splits that all have the classes of the part with the most.
  private static func aligned(
    _ format: String, _ training: Dataset, _ validation: Dataset?, _ test: Dataset?
  ) throws(FiltersmithError) -> DataSplits {
    let most = [training, validation, test].compactMap { $0?.classNames }.max {
      $0.count < $1.count
    }
    func named(_ part: Dataset?) -> Dataset? { part.map { $0.renamed(most ?? []) } }
    return try DataSplits(
      format, training: training.renamed(most ?? []), validation: named(validation),
      test: named(test))
  }
}

extension Dataset {
  /// The same set with other names for its classes.
  fileprivate func renamed(_ names: [String]) -> Dataset {
    var renamed = Dataset(
      inputs: inputs, targets: targets, sampleShape: sampleShape, count: 0,
      classNames: task == .regression ? [] : names, spacing: spacing)
    renamed.rows = rows
    return renamed
  }
}
