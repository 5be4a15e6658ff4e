import Convolutions
import DataFiles
import Foundation
import Tensors
import TestSupport
import Testing

@testable import Networks

/// Residual networks with PyTorch's weights give PyTorch's logits.
@Suite struct ResidualReferenceTests {
  /// A network, its weights as PyTorch names them, CIFAR-10 records and the logits of the first.
  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let network: @Sendable () throws -> Network
    let weights: URL
    let records: URL
    let logits: URL
  }

  static let cases: [Case] = {
    let own = Case(
      testDescription: "a small one of our own", network: { try small() },
      weights: Fixtures.url("network/weights.safetensors"),
      records: Fixtures.url("records/cifar10/data_batch_1.bin"),
      logits: Fixtures.url("network/outputs.npy"))
    guard
      let folder = SharedData.url("pretrained/resnet-cifar10"),
      let records = SharedData.url("classification/cifar10/cifar10_train_0000-2999.bin")
    else { return [own] }
    let published = Case(
      testDescription: "ResNet-20 as published", network: { try Model.named("resnet20").network() },
      weights: folder.appendingPathComponent("resnet20-12fca82f.safetensors"), records: records,
      logits: folder.appendingPathComponent("resnet20_logits_lossless_first100.npy"))
    return [own, published]
  }()

  /// The network of `Tests/Fixtures/make_network.py`.
  static func small() throws -> Network {
    func normalized(_ layer: Conv) -> Sequential {
      Sequential {
        layer
        BatchNormalization()
      }
    }
    return try Network(input: [3, 32, 32]) {
      normalized(Conv(4, kernel: 3, padding: .symmetric([1]), hasBias: false))
      ReLU()
      for stage in 0..<3 {
        for block in 0..<2 {
          let (width, stride) = (4 << stage, stage > 0 && block == 0 ? 2 : 1)
          Scope("layer\(stage + 1).\(block)") {
            Residual {
              normalized(
                Conv(width, kernel: 3, stride: stride, padding: .symmetric([1]), hasBias: false))
              ReLU()
              normalized(Conv(width, kernel: 3, padding: .symmetric([1]), hasBias: false))
            } shortcut: {
              if stride > 1 { SubsampleAndPadChannels(stride: 2, channels: width) }
            }
            ReLU()
          }
        }
      }
      GlobalAveragePooling()
      Dense(10)
    }
  }

  @Test(arguments: cases)
  func logits(_ golden: Case) throws {
    let network = try golden.network()
    let weights = try Weights<Float>(contentsOf: golden.weights.path, for: network) { name in
      var name = name
      for (ours, theirs) in [
        ("batchNormalization", "bn"), (".scale", ".weight"), (".shift", ".bias"),
        (".mean", ".running_mean"), (".variance", ".running_var"), ("dense1", "linear"),
      ] { name = name.replacingOccurrences(of: ours, with: theirs) }
      return name
    }
    let expected = try NPYFile.read(golden.logits.path).asFloat()
    let count = expected.shape[0]
    let samples = try CIFARFile(contentsOf: golden.records.path).images
    let (mean, deviation): ([Float], [Float]) = ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
    let images = Tensor<Float>(shape: [count, 3, 32, 32]) { index in
      (Float(samples[index]) / 255 - mean[index[1]]) / deviation[index[1]]
    }
    let logits = try network.inferencePlan(weights, batch: count).outputs(for: images)[0]
    let error = zip(logits.elements, expected.elements).reduce(0) { max($0, abs($1.0 - $1.1)) }
    #expect(error <= 1e-4)
  }
}
