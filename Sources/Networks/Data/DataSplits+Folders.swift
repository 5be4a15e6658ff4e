import DataFiles
import Tensors

extension DataSplits {
  /// Images and label maps of the same base names.
  static func pairs(
    _ folder: DataFolder, _ options: ReadingOptions
  ) throws(FiltersmithError) -> DataSplits? {
    typealias Pairs = [(images: [String], labels: String)]
    func pairs(_ folder: DataFolder) throws(FiltersmithError) -> Pairs? {
      if let images = try folder.folder(named: ["images", "imagestr", "image"]),
        let labels = try folder.folder(named: ["labels", "masks", "labelstr", "label", "mask"])
      {
        return try matched(images, labels)
      }
      return try matchedBySuffix(folder)
    }
    func pairs(of folder: DataFolder?) throws(FiltersmithError) -> Pairs? {
      guard let folder else { return nil }
      return try pairs(folder)
    }
    let parts = try folder.parts()
    guard let training = try pairs(parts.training) else { return nil }
    let first = try Dataset(pairs: training, options: options)
    func part(_ pairs: Pairs?) throws(FiltersmithError) -> Dataset? {
      guard let pairs else { return nil }
      var options = options
      options.size = options.size ?? Shape(Array(first.sampleShape.dropFirst()))
      return try Dataset(pairs: pairs, labelValues: first.labelValues, options: options)
    }
    var testPairs = try pairs(of: parts.test)
    // The Medical Segmentation Decathlon's names for the parts.
    if testPairs == nil, let images = try folder.folder(named: ["imagests"]),
      let labels = try folder.folder(named: ["labelsts"])
    {
      testPairs = try matched(images, labels)
    }
    let validation = try part(try pairs(of: parts.validation))
    return try DataSplits(
      "image and label pair", training: first, validation: validation,
      test: try part(testPairs))
  }

  /// Pairs from two folders.
  ///
  /// An image may have several files, numbered `name_0000`, `name_0001`, whose channels are concatenated.
  private static func matched(
    _ images: DataFolder, _ labels: DataFolder
  ) throws(FiltersmithError) -> [(images: [String], labels: String)] {
    var maps: [String: String] = [:]
    for name in labels.files {
      if let stem = SampleFile.stem(name) { maps[stem] = labels.path(of: name) }
    }
    var groups: [String: [String]] = [:]
    for name in images.files {
      guard let stem = SampleFile.stem(name) else { continue }
      var key = stem
      let digits = stem.suffix(4)
      if maps[stem] == nil, digits.allSatisfy(\.isNumber), stem.dropLast(4).hasSuffix("_") {
        key = String(stem.dropLast(5))
      }
      guard maps[key] != nil else {
        throw FiltersmithError(
          .file, "\(images.path(of: name)) has no label map of its name in \(labels.path)")
      }
      groups[key, default: []].append(images.path(of: name))
    }
    if let lonely = maps.keys.sorted().first(where: { groups[$0] == nil }) {
      throw FiltersmithError(
        .file, "\(maps[lonely] ?? lonely) has no image of its name in \(images.path)")
    }
    guard !groups.isEmpty else {
      throw FiltersmithError(
        .format, "\(images.path) holds no PNG, NIfTI or NPY files: \(images.summary)")
    }
    return groups.keys.sorted().map { (groups[$0] ?? [], maps[$0] ?? "") }
  }

  /// Pairs `name_image`, `name_label` (or `name_mask`) from one folder; `nil` when there are none.
  private static func matchedBySuffix(
    _ folder: DataFolder
  ) throws(FiltersmithError) -> [(images: [String], labels: String)]? {
    var stems: [String: String] = [:]
    for name in folder.files {
      if let stem = SampleFile.stem(name) { stems[stem] = folder.path(of: name) }
    }
    let images = stems.keys.filter { $0.hasSuffix("_image") }.sorted()
    guard !images.isEmpty else { return nil }
    var pairs: [(images: [String], labels: String)] = []
    for stem in images {
      let base = stem.dropLast("_image".count)
      guard
        let image = stems[stem],
        let labels = ["_label", "_labels", "_mask", "_seg"].lazy.compactMap({ stems[base + $0] })
          .first
      else {
        throw FiltersmithError(
          .file, "\(stems[stem] ?? stem) has no \(base)_label or \(base)_mask beside it")
      }
      pairs.append(([image], labels))
    }
    return pairs
  }

  /// One folder of files per class.
  static func classFolders(
    _ folder: DataFolder, _ options: ReadingOptions
  ) throws(FiltersmithError) -> DataSplits? {
    let parts = try folder.parts()
    let names = parts.training.folders
    guard !names.isEmpty else { return nil }
    func part(
      _ folder: DataFolder?, _ options: ReadingOptions
    ) throws(FiltersmithError) -> Dataset? {
      guard let folder else { return nil }
      var paths: [String] = []
      var labels: [Int] = []
      for name in folder.folders {
        let own = try DataFolder(folder.path(of: name))
        let files = own.files.filter { SampleFile.stem($0) != nil }
        guard !files.isEmpty else { continue }
        guard let label = names.firstIndex(of: name) else {
          throw FiltersmithError(
            .format,
            "\(own.path) is a class that \(parts.training.path) does not have: it has "
              + names.joined(separator: ", "))
        }
        paths += files.map { own.path(of: $0) }
        labels += [Int](repeating: label, count: files.count)
      }
      guard !paths.isEmpty else { return nil }
      return try Dataset(files: paths, labels: labels, classNames: names, options: options)
    }
    guard let training = try part(parts.training, options) else { return nil }
    if let empty = training.samplesPerClass.firstIndex(of: 0) {
      throw FiltersmithError(
        .format,
        "the class folder \(parts.training.path(of: names[empty])) holds no PNG, NIfTI or NPY files"
      )
    }
    var others = options
    others.size = options.size ?? Shape(Array(training.sampleShape.dropFirst()))
    // Grey and coloured pictures are converted to what the training set has.
    let channels = training.sampleShape[0]
    if channels == 1 || channels == 3 { others.channels = channels }
    return try DataSplits(
      "class folder", training: training, validation: try part(parts.validation, others),
      test: try part(parts.test, others))
  }
}
