import Filtersmith
import Foundation
import TestSupport
import Testing

@Suite("filtersmith smooth")
struct SmoothTests {
  @Test("An impulse becomes a Gaussian, in the precision of the array")
  func impulse() throws {
    try Command.inFreshFolder { command in
      var image = Tensor<Float>(zeros: [3, 61, 61])
      for plane in 0..<3 { image[plane, 30, 30] = 1 }
      try command.storeElements(image, as: "image.npy")
      expectSuccess(
        try command.run("smooth image.npy --sigma 3,5 --border zero -o out.npy --threads 2"))
      let result = try command.array("out.npy")
      #expect(result.elementType == .float32)
      let smooth = try result.asDouble()
      let peak = 1 / (2 * Double.pi * 15)
      for (y, x) in [(30, 30), (27, 30), (30, 40), (21, 15), (5, 5)] {
        let (dy, dx) = (Double(y - 30) / 3, Double(x - 30) / 5)
        let expected = peak * exp(-0.5 * (dy * dy + dx * dx))
        for plane in 0..<3 { #expect(abs(smooth[plane, y, x] - expected) <= 3e-5 * peak) }
      }
    }
  }

  @Test("Wrong numbers and borders are bad usage")
  func refusals() throws {
    try Command.inFreshFolder { command in
      try command.storeElements(Tensor<Double>(repeating: 1, shape: [8, 9]), as: "image.npy")
      for arguments in [
        "--sigma 0.2", "--sigma -1", "--sigma 1 --border valid", "--sigma 1 --border none",
      ] {
        let result = try command.run("smooth image.npy \(arguments) -o out.npy")
        #expect(result.status == 2, "\(arguments): \(result.errors)")
      }
      let result = try command.run("smooth image.npy --sigma 1,1,1 -o out.npy")
      #expect(result.status == 1)
      #expect(!FileManager.default.fileExists(atPath: command.url("out.npy").path))
    }
  }

  @Test("A tolerance lets a kernel be replaced by fewer outer products")
  func tolerance() throws {
    try Command.inFreshFolder { command in
      let kernel = Tensor<Float>(shape: [15, 15]) { index in
        let (y, x) = (Float(index[0] - 7), Float(index[1] - 7))
        return exp(-(x * x + y * y) / 20) + (index[0] == index[1] ? 1e-4 : 0)
      }
      try command.storeElements(kernel, as: "kernel.npy")
      try command.storeElements(Tensor<Float>(repeating: 1, shape: [40, 40]), as: "image.npy")
      let explained = try command.run(
        "explain --input 1,1,512,512 --kernel-file kernel.npy --tolerance 0.001")
      expectSuccess(explained)
      let measured = try command.run(
        "explain --input 1,1,256,256 --kernel 1,1,9,9 --algorithm measured --json")
      expectSuccess(measured)
      #expect(measured.output.contains("\"measuredMilliseconds\""))
      #expect(explained.output.contains("1 outer product, kernel error"))
      expectSuccess(
        try command.run(
          "convolve image.npy kernel.npy -o out.npy --algorithm low-rank --tolerance 0.001"))
      expectSuccess(try command.run("convolve image.npy kernel.npy -o exact.npy"))
      let difference = try relativeDifference(
        command.array("out.npy").asDouble(), command.array("exact.npy").asDouble())
      #expect(difference < 1e-3)
      #expect(difference > 1e-7)
      let refused = try command.run("convolve image.npy kernel.npy -o out.npy --tolerance 2")
      #expect(refused.status == 2)
    }
  }
}
