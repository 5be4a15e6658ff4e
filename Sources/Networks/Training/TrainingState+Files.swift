import DataFiles
import Foundation
import Tensors

/// Checkpoints: one safetensors file with the weights, the optimiser's moments, the average and the best
/// weights if there are any and, as metadata, the progress of training.
extension TrainingState {
  private struct Progress: Codable {
    var steps: Int
    var moments: Int
    var bestEpoch: Int
    var hasBest: Bool
    var hasAverage: Bool?
    var history: [EpochRecord]
  }

  /// Writes a checkpoint: whole or not at all.
  ///
  /// - Throws: ``FiltersmithError`` of kind `file` when the system refuses.
  public func write(to path: String) throws(FiltersmithError) {
    var arrays = try weights.arrays(prefix: "weights/")
    for (index, moment) in optimizer.moments.enumerated() {
      arrays += try moment.arrays(prefix: "moment\(index)/")
    }
    if let average { arrays += try average.arrays(prefix: "average/") }
    if let best { arrays += try best.arrays(prefix: "best/") }
    let progress = Progress(
      steps: optimizer.steps, moments: optimizer.moments.count, bestEpoch: bestEpoch,
      hasBest: best != nil, hasAverage: average != nil, history: history)
    try SafetensorsFile.write(
      arrays, metadata: ["progress": try JSONFile.text(progress)], to: path)
  }

  /// Reads a checkpoint of a network's training.
  ///
  /// - Throws: ``FiltersmithError`` when the file is not a checkpoint, or is from another network.
  public init(contentsOf path: String, for network: Network) throws(FiltersmithError) {
    let file = try SafetensorsFile(contentsOf: path)
    guard let text = file.metadata["progress"] else {
      throw FiltersmithError(.format, "\(path) is not a checkpoint: its progress is missing")
    }
    let progress = try JSONFile.value(Progress.self, from: text, name: path)
    guard (0...2).contains(progress.moments), progress.steps >= 0,
      (0...progress.history.count).contains(progress.bestEpoch)
    else {
      throw FiltersmithError(.format, "\(path) is not a checkpoint: its progress is not plausible")
    }
    weights = try Weights(file, for: network, name: path) { "weights/" + $0 }
    optimizer = OptimizerState(steps: progress.steps, moments: [])
    for index in 0..<progress.moments {
      optimizer.moments.append(
        try Weights(file, for: network, name: path) { "moment\(index)/" + $0 })
    }
    if progress.hasAverage == true {
      average = try Weights(file, for: network, name: path) { "average/" + $0 }
    }
    if progress.hasBest {
      best = try Weights(file, for: network, name: path) { "best/" + $0 }
    }
    bestEpoch = progress.bestEpoch
    history = progress.history
  }
}
