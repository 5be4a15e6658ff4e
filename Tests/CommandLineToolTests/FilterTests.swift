import Filtersmith
import Foundation
import Numerics
import TestSupport
import Testing

@Suite("filtersmith filter")
struct FilterTests {
  @Test("An image: responses as the library's, magnitude and orientation as pictures")
  func image() throws {
    try Command.inFreshFolder { command in
      try command.storePhotograph()
      expectSuccess(try command.run("design quadrature --size 7 -o bank.npz"))
      let result = try command.run(
        "filter image.png --bank bank.npz --border mirror -o responses.npz "
          + "--magnitude magnitude.png --orientation orientation.pdf")
      expectSuccess(result)
      #expect(result.output.isEmpty && result.errors.isEmpty)
      let file = try NPZFile(contentsOf: command.url("responses.npz").path)
      #expect(Set(file.names) == ["responses", "directions", "labels", "design"])
      let responses = try file.array("responses")
      #expect(responses.elementType == .complex64)
      #expect(responses.shape == [4, 40, 48])
      let bank = try FilterBank(contentsOf: command.url("bank.npz").path)
      let image = try Image(contentsOf: command.url("image.png").path).luminance()
      #expect(try responses.tensor(of: Complex<Float>.self) == bank.responses(to: image).values)
      #expect(try Image(contentsOf: command.url("magnitude.png").path).width > 100)
      expectSuccess(
        try command.run("filter image.png --bank bank.npz --only-magnitude -o magnitude.npz"))
      let magnitude = try #require(
        try NPZFile(contentsOf: command.url("magnitude.npz").path)
          .array("magnitude").tensor(of: Float.self))
      #expect(try magnitude == bank.magnitudes(of: image))
      let expected = try bank.responses(to: image).magnitude()
      #expect(largestDifference(magnitude, expected) <= 1e-6 * Double(expected.elements.max() ?? 0))
      try NIfTIVolume(data: .float32(image)).write(to: command.url("image.nii").path)
      expectSuccess(try command.run("filter image.nii --bank bank.npz -o same.npz"))
      let same = try NPZFile(contentsOf: command.url("same.npz").path).array("responses")
      #expect(try same.tensor(of: Complex<Float>.self) == bank.responses(to: image).values)
      #expect(try Data(contentsOf: command.url("orientation.pdf")).starts(with: Array("%PDF".utf8)))
    }
  }

  @Test("Magnitudes alone, of complex and real banks, and a picture from a pipe")
  func onlyMagnitude() throws {
    try Command.inFreshFolder { command in
      try command.storePhotograph()
      let image = try Image(contentsOf: command.url("image.png").path).luminance()
      for family in ["quadrature --size 5", "sobel"] {
        expectSuccess(try command.run("design \(family) -o bank.npz"))
        let bank = try FilterBank(contentsOf: command.url("bank.npz").path)
        let expected =
          bank.isComplex
          ? try bank.magnitudes(of: image) : try bank.responses(to: image).magnitude()
        let program = Command.program.path
        expectSuccess(
          try command.shell(
            "cat image.png | '\(program)' filter /dev/stdin --bank bank.npz --only-magnitude "
              + "-o out.npz --magnitude magnitude.png"))
        let file = try NPZFile(contentsOf: command.url("out.npz").path)
        #expect(Set(file.names) == ["magnitude", "directions", "labels", "design"])
        #expect(try file.array("magnitude").tensor(of: Float.self) == expected)
      }
    }
  }

  @Test("A rising ramp gives the Sobel filters its slope")
  func ramp() throws {
    try Command.inFreshFolder { command in
      let ramp = Tensor<Double>(shape: [12, 15]) { Double(3 * $0[0] - 2 * $0[1]) }
      try command.store(ramp, as: "ramp.npy")
      expectSuccess(try command.run("design sobel -o sobel.npz"))
      expectSuccess(
        try command.run("filter ramp.npy --bank sobel.npz --border valid -o slopes.npz"))
      let slopes = try NPZFile(contentsOf: command.url("slopes.npz").path).array("responses")
      #expect(slopes.elementType == .float64)
      #expect(slopes.shape == [2, 10, 13])
      let elements = try slopes.asDouble().elements
      #expect(elements.prefix(130).allSatisfy { abs($0 - 3) < 1e-12 })
      #expect(elements.suffix(130).allSatisfy { abs($0 + 2) < 1e-12 })
    }
  }

  @Test("A volume, with the orientation of a monomial bank")
  func volume() throws {
    try Command.inFreshFolder { command in
      let volume = Tensor<Float>(shape: [9, 10, 11]) {
        Float.sin(Float($0[2]) + 0.5 * Float($0[1]))
      }
      try command.storeElements(volume, as: "volume.npy")
      expectSuccess(try command.run("design monomial --size 5 --dimensions 3 -o bank.npz"))
      expectSuccess(
        try command.run(
          "filter volume.npy --bank bank.npz -o responses.npz --orientation orientation.png"))
      let file = try NPZFile(contentsOf: command.url("responses.npz").path)
      #expect(try file.array("responses").shape == [10, 9, 10, 11])
    }
  }

  @Test("The same bytes for any number of threads")
  func threads() throws {
    try Command.inFreshFolder { command in
      try command.storePhotograph()
      for threads in [1, 2, 3] {
        expectSuccess(
          try command.run("design quadrature --size 9 -o bank\(threads).npz --threads \(threads)"))
        expectSuccess(
          try command.run(
            "filter image.png --bank bank1.npz -o out\(threads).npz --threads \(threads)"))
      }
      for name in ["bank", "out"] {
        let first = try Data(contentsOf: command.url("\(name)1.npz"))
        #expect(try Data(contentsOf: command.url("\(name)2.npz")) == first)
        #expect(try Data(contentsOf: command.url("\(name)3.npz")) == first)
      }
    }
  }
}
