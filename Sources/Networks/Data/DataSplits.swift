import DataFiles
import Foundation
import Tensors

/// The data sets that belong together: for training, for validation and for the final test.
public struct DataSplits: Sendable {
  /// The samples that a network is trained on.
  public var training: Dataset
  /// The samples that settings are chosen by, if the data have such a part.
  public var validation: Dataset?
  /// The samples that the result is measured on, if the data have such a part.
  public var test: Dataset?
  /// What was read, such as `IDX` or `PNG class folders`.
  public let format: String

  init(
    _ format: String, training: Dataset, validation: Dataset? = nil, test: Dataset? = nil
  ) throws(FiltersmithError) {
    self.format = format
    self.training = training
    self.validation = validation
    self.test = test
    for (part, name) in [(validation, "validation"), (test, "test")] {
      guard let part, part.sampleShape != training.sampleShape else { continue }
      throw FiltersmithError(
        .shape,
        "the \(name) samples \(part.sampleShape) have another shape than those for training "
          + "\(training.sampleShape)")
    }
  }

  /// Reads data in any of the known layouts.
  ///
  /// - IDX: `train-images…`, `train-labels…` and perhaps `t10k-images…`, `t10k-labels…`, plain or
  ///   compressed.
  /// - CIFAR-10 and CIFAR-100 binary: `data_batch_1.bin` … and `test_batch.bin`, `train.bin` and
  ///   `test.bin`, or any `.bin` files of such records.
  /// - NPZ: `x_train`, `y_train`, `x_test`, `y_test` (Keras), `train_images`, `train_labels`,
  ///   `val_images` … (MedMNIST), or `images` and `labels`.
  /// - Pairs of images and label maps, PNG, NIfTI or NPY: folders `images` and `labels` (or `masks`)
  ///   with the same base names, `imagesTr` and `labelsTr`, or one folder of `…_image.png` and
  ///   `…_label.png`.
  /// - Files and a table `values.csv` with a file's name and its numbers per line, for regression.
  /// - One folder per class with files of PNG, NIfTI or NPY.
  ///
  /// The last three may lie below `train`, `val` and `test`. Sizes, colours and the
  /// meaning of labels are set by ``ReadingOptions``.
  ///
  /// - Parameters:
  ///   - path: A folder, or one file of the data.
  ///   - task: What to learn; unless given, what the data suggest.
  ///   - options: Sizes, colours and the meaning of labels.
  /// - Throws: ``FiltersmithError`` that says what was found, or names the file that is damaged or
  ///   does not fit.
  public init(
    contentsOf path: String, task: LearningTask? = nil, options: ReadingOptions = ReadingOptions()
  ) throws(FiltersmithError) {
    let folder = try DataFolder(path)
    let found =
      if let splits = try Self.idx(folder, task) {
        splits
      } else if let splits = try Self.cifar(folder) {
        splits
      } else if let splits = try Self.npz(folder, task) {
        splits
      } else if let splits = try Self.valueTables(folder, options) {
        splits
      } else if let splits = try Self.pairs(folder, options) {
        splits
      } else {
        try Self.classFolders(folder, options)
      }
    guard let found else {
      throw FiltersmithError(
        .format,
        "\(path) holds no data that are known: IDX files, CIFAR binary files, NPZ arrays such as "
          + "x_train and y_train, folders images and labels, or one folder of pictures per class were "
          + "expected; it holds \(folder.summary)")
    }
    if let task, found.training.task != task {
      throw FiltersmithError(
        .format,
        "\(path) holds \(found.format) data for \(found.training.task.rawValue), not for "
          + "\(task.rawValue)")
    }
    self = found
  }
}

/// The names in a folder of data, and one that was pointed at.
struct DataFolder {
  /// The folder's path.
  let path: String
  /// The names of its visible files, in order.
  let files: [String]
  /// The names of its visible folders, in order.
  let folders: [String]

  /// Lists a folder, or only the file that a path points at; for IDX files the folder that contains it.
  ///
  /// - Throws: ``FiltersmithError`` of kind `file` when there is nothing or it cannot be read.
  init(_ path: String) throws(FiltersmithError) {
    var isFolder: ObjCBool = false
    guard !path.isEmpty, FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw FiltersmithError(.file, "there is no file or folder \(path)")
    }
    let url = URL(filePath: path)
    if !isFolder.boolValue {
      let name = url.lastPathComponent
      let parent = url.deletingLastPathComponent().path
      if name.contains("-images") || name.contains("-labels") {
        try self.init(parent)
      } else {
        self.init(path: parent, files: [name], folders: [])
      }
      return
    }
    let names: [String]
    do {
      names = try FileManager.default.contentsOfDirectory(atPath: path).sorted()
    } catch {
      throw FiltersmithError(.file, "cannot read the folder \(path)")
    }
    var (files, folders): ([String], [String]) = ([], [])
    for name in names where !name.hasPrefix(".") && !name.hasPrefix("__") {
      var isFolder: ObjCBool = false
      _ = FileManager.default.fileExists(atPath: path + "/" + name, isDirectory: &isFolder)
      if isFolder.boolValue { folders.append(name) } else { files.append(name) }
    }
    self.init(path: path, files: files, folders: folders)
  }

  private init(path: String, files: [String], folders: [String]) {
    self.path = path
    self.files = files
    self.folders = folders
  }

  /// The path of a name in the folder.
  func path(of name: String) -> String { path + "/" + name }

  /// A folder in the folder; `nil` when there is none of these names.
  func folder(named names: [String]) throws(FiltersmithError) -> DataFolder? {
    guard let name = folders.first(where: { names.contains($0.lowercased()) }) else { return nil }
    return try DataFolder(path(of: name))
  }

  /// The contents of `train`, `val` and `test`; the folder itself where there are none.
  func parts() throws(FiltersmithError) -> (
    training: DataFolder, validation: DataFolder?, test: DataFolder?
  ) {
    guard let training = try folder(named: ["train", "training"]) else { return (self, nil, nil) }
    return (
      training, try folder(named: ["val", "valid", "validation"]),
      try folder(named: ["test", "testing"])
    )
  }

  /// The folder's contents, for messages.
  var summary: String {
    let names = folders.map { $0 + "/" } + files
    let shown = names.prefix(5).joined(separator: ", ")
    return names.isEmpty
      ? "nothing" : names.count > 5 ? "\(shown) and \(names.count - 5) more" : shown
  }
}
