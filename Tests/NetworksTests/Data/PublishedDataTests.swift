import Foundation
import Tensors
import TestSupport
import Testing

@testable import Networks

/// Data sets as others publish them.
@Suite struct PublishedDataTests {
  /// A data set in IDX files as others publish theirs, and its training samples' statistics.
  struct Published: Sendable, CustomTestStringConvertible {
    let folder: URL
    let trainingCount: Int
    let testCount: Int
    let mean: Double
    let deviation: Double
    let tolerance: Double
    var testDescription: String { folder.lastPathComponent }
  }

  /// `Tests/Fixtures/make_records.py`'s with the numbers it prints and, where it lies beside the
  /// package, half of Fashion-MNIST with the whole set's.
  static let published: [Published] =
    [
      Published(
        folder: Fixtures.url("records/fashion"), trainingCount: 30, testCount: 10,
        mean: 0.431819, deviation: 0.098019, tolerance: 2e-6)
    ]
    + [SharedData.url("classification/fashion-mnist")].compactMap {
      $0.map {
        Published(
          folder: $0, trainingCount: 30_000, testCount: 5_000, mean: 0.286, deviation: 0.353,
          tolerance: 0.002)
      }
    }

  @Test("IDX files that others wrote", arguments: published)
  func idx(_ published: Published) throws {
    let data = try DataSplits(contentsOf: published.folder.path)
    #expect(data.training.count == published.trainingCount)
    #expect(data.test?.count == published.testCount)
    #expect(data.training.sampleShape == [1, 28, 28] && data.training.classCount == 10)
    let normalization = try InputNormalization(of: data.training)
    #expect(abs(Double(normalization.mean[0]) - published.mean) < published.tolerance)
    #expect(abs(Double(normalization.deviation[0]) - published.deviation) < published.tolerance)
  }

  /// As above, of CIFAR-10's records.
  @Test(
    "Records that others wrote",
    arguments: [(Fixtures.url("records/cifar10"), 20)]
      + [SharedData.url("classification/cifar10")].compactMap { $0.map { ($0, 3_000) } })
  func records(folder: URL, count: Int) throws {
    let data = try DataSplits(contentsOf: folder.path)
    #expect(data.training.count == count && data.training.sampleShape == [3, 32, 32])
    #expect(data.training.classNames[6] == "frog")
  }

  @Test(
    "Other data sets",
    .enabled(if: SharedData.has("segmentation"), "others' images in ../shared/data"))
  func shared() throws {
    func load(_ path: String) throws -> DataSplits {
      try DataSplits(contentsOf: #require(SharedData.url(path)).path)
    }
    let pneumonia = try load("classification/pneumoniamnist")
    #expect(pneumonia.training.count == 3_882 && pneumonia.validation?.count == 524)
    #expect(pneumonia.training.sampleShape == [1, 28, 28] && pneumonia.training.classCount == 2)
    let nuclei = try load("segmentation/nuclei")
    #expect(nuclei.training.count == 250 && nuclei.training.sampleShape == [1, 256, 256])
    #expect(nuclei.training.classNames == ["background", "foreground"])
    let batch = try DataLoader(nuclei.training, batch: 2, seed: 1).batch(epoch: 0, index: 0)
    #expect(batch.inputs.shape == [2, 1, 256, 256])
  }
}
