import DataFiles
import Foundation
import Networks
import Tensors

/// Features that need computing only once: the output of an arm's fixed part for images.
///
/// They are kept in the user's cache folder (`filtersmith/features` in `XDG_CACHE_HOME`, or in
/// `~/.cache`), under a name made from the images and the network, so that any study with the same
/// ones finds them.
/// The oldest are removed when all together exceed a bound.
struct FeatureCache: Sendable {
  /// Where the features are kept; `nil` to keep none.
  let folder: String?
  /// The most bytes that all features together may occupy.
  var limit = 4 << 30

  /// The features of some images of a set, `[images, channels, y, x]`.
  ///
  /// - Throws: ``FiltersmithError`` when an image cannot be read.
  func features(
    of data: Dataset, fingerprint: UInt64, network: Network, normalization: InputNormalization?
  ) throws(FiltersmithError) -> Tensor<Float> {
    let shape = Shape([data.count]) + network.outputShapes[0]
    var key = Fingerprint()
    key.combine(fingerprint)
    key.combine(try network.json())
    if let normalization { key.combine(normalization.mean + normalization.deviation) }
    key.combine(shape.dimensions)
    let path = folder.map { "\($0)/\(String(key.value, radix: 16)).npy" }
    // A file that has changed is treated as missing.
    if let path, let array = try? NPYFile.read(path),
      let features = array.tensor(of: Float.self), features.shape == shape
    {
      return features
    }
    let features = try Self.computed(data, network, normalization, shape)
    if let path, let folder, features.count * 4 <= limit {
      // Features that cannot be written are computed again the next time.
      try? FileManager.default.createDirectory(
        atPath: folder, withIntermediateDirectories: true)
      makeRoom(for: features.count * 4, in: folder)
      try? NPYFile.write(features, to: path)
    }
    return features
  }

  private static func computed(
    _ data: Dataset, _ network: Network, _ normalization: InputNormalization?, _ shape: Shape
  ) throws(FiltersmithError) -> Tensor<Float> {
    let batch = min(64, max(data.count, 1))
    let weights = try Weights<Float>(initialFor: network, seed: 0)
    var plans: [Int: InferencePlan<Float>] = [:]
    let size = shape.removing(axis: 0).elementCount
    return try Tensor(uninitialized: shape) { target throws(FiltersmithError) in
      for start in stride(from: 0, to: data.count, by: batch) {
        let count = min(batch, data.count - start)
        var inputs: [Tensor<Float>] = []
        for index in start..<start + count { inputs.append(try data.input(at: index)) }
        var input = try Tensor.stacked(inputs)
        if let normalization { input = try normalization.applied(to: input, channelAxis: 1) }
        if plans[count] == nil { plans[count] = try network.inferencePlan(weights, batch: count) }
        guard let plan = plans[count] else { continue }
        let output = try plan.outputs(for: input)[0]
        _ = UnsafeMutableBufferPointer(
          rebasing: target[start * size..<(start + count) * size]
        ).initialize(from: output.elements)
      }
    }
  }

  /// Removes the oldest files until there is room.
  private func makeRoom(for bytes: Int, in folder: String) {
    let keys: [URLResourceKey] = [.contentModificationDateKey, .fileSizeKey]
    let files =
      (try? FileManager.default.contentsOfDirectory(
        at: URL(filePath: folder), includingPropertiesForKeys: keys)) ?? []
    var entries = files.filter { $0.pathExtension == "npy" }.map { file in
      let values = try? file.resourceValues(forKeys: Set(keys))
      return (
        file: file, date: values?.contentModificationDate ?? .distantPast,
        size: values?.fileSize ?? 0
      )
    }.sorted { $0.date < $1.date }
    var total = entries.reduce(bytes) { $0 + $1.size }
    while total > limit, !entries.isEmpty {
      let oldest = entries.removeFirst()
      try? FileManager.default.removeItem(at: oldest.file)
      total -= oldest.size
    }
  }

  /// The default folder.
  static var usualFolder: String { CacheFolder.path + "/features" }
}
