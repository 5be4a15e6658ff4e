import DataFiles
import Tensors

extension Dataset {
  /// Inputs that are decoded from files when they are needed; each sample has one file, or several
  /// whose channels are concatenated.
  struct FileInputs {
    let files: DecodedFiles<Float>
    let shape: Shape
    let spacing: [Double]?
  }

  /// Finds the shape that all files share, or are fitted to.
  ///
  /// - Throws: ``FiltersmithError`` that names the first file with another size or number of
  ///   channels.
  static func fileInputs(
    _ paths: [[String]], _ options: ReadingOptions
  ) throws(FiltersmithError) -> FileInputs {
    let forms = try parallelResults(paths.count) { index throws(FiltersmithError) in
      var channels: [Int] = []
      var first: (shape: Shape, spacing: [Double]?)?
      for path in paths[index] {
        let form = try SampleFile(path: path).form()
        channels.append(form.shape[0])
        first = first ?? (form.shape, form.spacing)
      }
      return (channels: channels, shape: first?.shape ?? [0], spacing: first?.spacing)
    }
    guard let first = forms.first else {
      throw FiltersmithError(.argument, "there are no files to read samples from")
    }
    let size = options.size ?? Shape(Array(first.shape.dropFirst()))
    let arePictures = paths.allSatisfy { $0.allSatisfy { $0.lowercased().hasSuffix(".png") } }
    // If grey and coloured pictures are mixed, all become coloured.
    let pictureChannels = options.channels ?? (forms.contains { $0.channels.contains(3) } ? 3 : 1)
    let each = arePictures ? pictureChannels : options.channels
    let channelCount = first.channels.reduce(0) { $0 + (each ?? $1) }
    for (form, paths) in zip(forms, paths) {
      let own = Shape(Array(form.shape.dropFirst()))
      guard own.rank == size.rank, options.fit != .exact || own == size else {
        throw FiltersmithError(
          .shape,
          "\(paths[0]) has extents \(own), where \(size) was expected; ask for samples to be resized "
            + "or cropped to one size")
      }
      guard form.channels.reduce(0, { $0 + (each ?? $1) }) == channelCount else {
        throw FiltersmithError(
          .shape,
          "\(paths[0]) has \(form.channels.reduce(0, +)) channels, where \(channelCount) "
            + "were expected")
      }
    }
    let fit = options.fit
    let files = DecodedFiles<Float>(count: paths.count, budget: options.memory) {
      index throws(FiltersmithError) in
      var parts: [Tensor<Float>] = []
      for path in paths[index] {
        let input = try SampleFile(path: path).input(channels: each)
        parts.append(
          try ImageFitting.fitted(
            input, to: size, fit, path: path, resize: ImageFitting.linear(_:to:)))
      }
      return parts.count == 1 ? parts[0] : try Tensor.concatenated(parts, axis: 0)
    }
    return FileInputs(files: files, shape: [channelCount] + size, spacing: first.spacing)
  }

  /// Reads one input as a set with samples of a given shape holds it: for prediction.
  ///
  /// - Parameters:
  ///   - path: A file of PNG, NIfTI or NPY.
  ///   - shape: The shape of the samples, `[channels, spatial…]`.
  ///   - fit: How other sizes are handled.
  /// - Returns: `[channels, spatial…]`, not normalised.
  /// - Throws: ``FiltersmithError`` when the file cannot be read or does not fit.
  public static func input(
    contentsOf path: String, shape: Shape, fit: ReadingOptions.Fit = .exact
  ) throws(FiltersmithError) -> Tensor<Float> {
    guard let channels = shape.first else {
      throw FiltersmithError(.shape, "samples are [channels, spatial…]; given \(shape)")
    }
    let input = try SampleFile(path: path).input(channels: channels)
    return try ImageFitting.fitted(
      input, to: shape.removing(axis: 0), fit, path: path, resize: ImageFitting.linear(_:to:))
  }

  /// Images in files with a class each.
  ///
  /// - Parameters:
  ///   - paths: The file of each sample: PNG, NIfTI or NPY.
  ///   - labels: The class of each, from 0 up.
  ///   - classNames: The names of the classes.
  ///   - options: Sizes and colours.
  /// - Throws: ``FiltersmithError`` when a file cannot be read or has another size, or a label has no
  ///   name.
  public init(
    files paths: [String], labels: [Int], classNames: [String],
    options: ReadingOptions = ReadingOptions()
  ) throws(FiltersmithError) {
    let inputs = try Self.fileInputs(paths.map { [$0] }, options)
    try self.init(
      .files(inputs.files), Shape([paths.count]) + inputs.shape, labels: labels,
      classNames: classNames)
    spacing = inputs.spacing
  }

  /// Images in files, each with values.
  ///
  /// - Parameters:
  ///   - paths: The file of each sample: PNG, NIfTI or NPY.
  ///   - values: The values, `[samples, values]`.
  ///   - options: Sizes and colours.
  /// - Throws: ``FiltersmithError`` when a file cannot be read or has another size, or the numbers of
  ///   samples differ.
  public init(
    files paths: [String], values: Tensor<Float>, options: ReadingOptions = ReadingOptions()
  ) throws(FiltersmithError) {
    let inputs = try Self.fileInputs(paths.map { [$0] }, options)
    try self.init(.files(inputs.files), Shape([paths.count]) + inputs.shape, values: values)
    spacing = inputs.spacing
  }

  /// Images in files with a label map each.
  ///
  /// All label maps are read once to find which numbers they have.
  ///
  /// - Parameters:
  ///   - pairs: The files of each sample's image, whose channels are concatenated, and of its label
  ///     map: PNG, NIfTI or NPY.
  ///   - labelValues: The numbers that stand for the classes; unless given, those that occur.
  ///   - options: Sizes, colours and the meaning of labels.
  /// - Throws: ``FiltersmithError`` when a file cannot be read or has another size, or label maps have
  ///   more than 256 different numbers or one that is not among those given.
  public init(
    pairs: [(images: [String], labels: String)], labelValues: [Int]? = nil,
    options: ReadingOptions = ReadingOptions()
  ) throws(FiltersmithError) {
    let inputs = try Self.fileInputs(pairs.map(\.images), options)
    let size = Shape(Array(inputs.shape.dropFirst()))
    let labelPaths = pairs.map(\.labels)
    let isForeground = try Self.isForeground(labelPaths, options)
    let fit = options.fit

    let found = try parallelResults(labelPaths.count) { index throws(FiltersmithError) in
      let labels = try SampleFile(path: labelPaths[index]).labels()
      let own = try SampleFile(path: pairs[index].images[0]).form().shape.dropFirst()
      guard labels.shape.dimensions == Array(own) else {
        throw FiltersmithError(
          .shape,
          "\(labelPaths[index]) has extents \(labels.shape); its image \(pairs[index].images[0]) has "
            + "\(Array(own))")
      }
      return Set(labels.elements)
    }
    let occurring = found.reduce(into: Set<Int>()) { $0.formUnion($1.map { Int($0) }) }
    let values = isForeground ? [0, 1] : labelValues ?? occurring.sorted()
    guard values.count <= 256 else {
      throw FiltersmithError(
        .format,
        "the label maps beside \(labelPaths[0]) have \(values.count) different numbers; at most 256 "
          + "classes are read (or objects, when asked for the foreground)")
    }
    if !isForeground {
      for (numbers, path) in zip(found, labelPaths) {
        if let strange = numbers.first(where: { !values.contains(Int($0)) }) {
          throw FiltersmithError(
            .format, "\(path) has the label \(strange), which is none of the classes \(values)")
        }
      }
    }
    let classes = Dictionary(uniqueKeysWithValues: values.enumerated().map { (Int32($1), $0) })
    let maps = DecodedFiles<UInt8>(count: pairs.count, budget: options.memory) {
      index throws(FiltersmithError) in
      let labels = try SampleFile(path: labelPaths[index]).labels()
      let map = labels.map { label -> UInt8 in
        isForeground ? (label == 0 ? 0 : 1) : UInt8(classes[label] ?? 0)
      }
      return try ImageFitting.fitted(
        map, to: size, fit, path: labelPaths[index], resize: ImageFitting.nearest(_:to:))
    }
    self.init(
      inputs: .files(inputs.files), targets: .labelFiles(maps), sampleShape: inputs.shape,
      count: pairs.count,
      classNames: isForeground ? ["background", "foreground"] : values.map(String.init),
      labelValues: values, spacing: inputs.spacing)
  }

  /// Whether the numbers of label maps are objects.
  private static func isForeground(
    _ paths: [String], _ options: ReadingOptions
  ) throws(FiltersmithError) -> Bool {
    switch options.labelMeaning {
    case .classes: return false
    case .foreground: return true
    case .automatic:
      guard let first = paths.first else { return false }
      return try SampleFile(path: first).form().bitDepth == 16
    }
  }
}
