import Foundation
import Testing

/// `filtersmith summary` and `filtersmith models`.
@Suite struct SummaryTests {
  private struct Summary: Decodable {
    struct Layer: Decodable {
      let name: String
      let parameters: Int
      let outputShape: [Int]
    }
    let trainableParameters: Int
    let totalParameters: Int
    let multiplyAdds: Int
    let layers: [Layer]
  }

  @Test func vgg16() throws {
    try Command.inFreshFolder { command in
      let table = try command.run("summary vgg16")
      #expect(table.status == 0)
      for text in ["block1_conv1", "1,792", "(None, 224, 224, 64)", "4,097,000", "138,357,544"] {
        #expect(table.output.contains(text), "the table lacks \(text)")
      }
      let json = try command.run("summary vgg16 --json")
      let summary = try JSONDecoder().decode(Summary.self, from: Data(json.output.utf8))
      #expect(summary.trainableParameters == 138_357_544)
      #expect(summary.layers.last?.outputShape == [1000])
      #expect(summary.multiplyAdds == 15_470_264_320)
    }
  }

  @Test func sizesAreKerasOrder() throws {
    try Command.inFreshFolder { command in
      let run = try command.run("summary unet-same --input 64,96,3 --classes 1 --json")
      let summary = try JSONDecoder().decode(Summary.self, from: Data(run.output.utf8))
      #expect(summary.layers.first?.outputShape == [3, 64, 96])
      #expect(summary.layers.last?.outputShape == [1, 64, 96])
    }
  }

  @Test func mistakes() throws {
    try Command.inFreshFolder { command in
      for (line, status, expected) in [
        ("summary vgg", Int32(2), "there is no model 'vgg'"),
        ("summary lenet5 --input 8,8,1", 1, "layer"), ("summary lenet5 --input 8", 2, "--input 8"),
        ("summary none.json", 1, "there is no file none.json"),
        ("summary lenet5 --batch 0", 2, "--batch is 0"),
      ] {
        let run = try command.run(line)
        #expect(run.status == status, "\(line) ended with \(run.status): \(run.errors)")
        #expect(run.errors.contains(expected), "\(line) said \(run.errors)")
      }
    }
  }

  @Test func modelsAreListed() throws {
    try Command.inFreshFolder { command in
      let run = try command.run("models")
      #expect(run.status == 0)
      for name in ["lenet5", "vgg16", "resnet152", "unet3d"] { #expect(run.output.contains(name)) }
    }
  }
}
