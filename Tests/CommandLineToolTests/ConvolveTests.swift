import Filtersmith
import Foundation
import Numerics
import TestSupport
import Testing

@Suite("filtersmith convolve")
struct ConvolveTests {
  @Test("The lecture's example: −24 at the centre of the convolution, 24 of the correlation")
  func lecture() throws {
    try Command.inFreshFolder { command in
      try command.storeLecture()
      expectSuccess(try command.run("convolve image.npy kernel.npy -o out.npy"))
      #expect(try command.array("out.npy").asDouble()[1, 1] == -24)
      expectSuccess(try command.run("convolve image.npy kernel.npy -o out.npy --correlate"))
      #expect(try command.array("out.npy").asDouble()[1, 1] == 24)
      expectSuccess(try command.run("convolve image.npy kernel.npy -o out.npy --border valid"))
      #expect(try command.array("out.npy") == .float64(Tensor(shape: [1, 1], elements: [-24])))
      expectSuccess(try command.run("convolve image.npy kernel.npy -o out.npy --border zero"))
      let same = [-13.0, -20, -17, -18, -24, -18, 13, 20, 17]
      #expect(try command.array("out.npy") == .float64(Tensor(shape: [3, 3], elements: same)))
    }
  }

  @Test(
    "Every algorithm gives the same numbers",
    arguments: ["auto", "direct", "separable", "fourier"])
  func algorithms(name: String) throws {
    try Command.inFreshFolder { command in
      try command.storeLecture()
      expectSuccess(
        try command.run("convolve image.npy kernel.npy -o out.npy --algorithm \(name)"))
      expectSuccess(
        try command.run("convolve image.npy kernel.npy -o direct.npy --algorithm direct"))
      let difference = try relativeDifference(
        command.array("out.npy").asDouble(), command.array("direct.npy").asDouble())
      #expect(difference < 1e-12)
    }
  }

  @Test("The result has the precision of the arrays")
  func precision() throws {
    try Command.inFreshFolder { command in
      try command.storeLecture()
      try command.storeElements(Tensor<Float>(repeating: 0.5, shape: [3, 3]), as: "single.npy")
      try command.storeElements(Tensor<UInt8>(repeating: 2, shape: [3, 3]), as: "bytes.npy")
      let i = Complex<Double>(0, 1)
      try command.storeElements(Tensor(repeating: i, shape: [3, 3]), as: "complex.npy")
      func type(_ input: String, _ kernel: String) throws -> ElementType {
        expectSuccess(try command.run("convolve \(input).npy \(kernel).npy -o out.npy"))
        return try command.array("out.npy").elementType
      }
      #expect(try type("image", "kernel") == .float64)
      #expect(try type("single", "single") == .float32)
      #expect(try type("single", "bytes") == .float32)
      #expect(try type("single", "kernel") == .float64)
      #expect(try type("bytes", "bytes") == .float64)
      #expect(try type("image", "complex") == .complex128)
      #expect(try type("complex", "kernel") == .complex128)
      // Σ of nine i · i
      #expect(try type("complex", "complex") == .complex128)
      #expect(try command.array("out.npy").asComplex()[1, 1] == Complex(-9, 0))
    }
  }

  /// The calls of SciPy that `convolve` expresses: the golden file, the arrays and our options.
  static let scipyCases: [(golden: String, arrays: String, options: String)] = {
    let borders = [
      "reflect": "symmetric", "constant": "constant:0.5", "nearest": "nearest",
      "mirror": "mirror", "wrap": "wrap",
    ]
    var cases = borders.sorted(by: <).flatMap { name, border in
      [
        ("nd_correlate_\(name)", "in_random in_kernel5x3", "--correlate --border \(border)"),
        ("nd_convolve_\(name)", "in_random in_kernel5x3", "--border \(border)"),
      ]
    }
    for size in ["full", "same", "valid"] {
      let border = size == "same" ? "zero" : size
      cases += [
        ("sg_convolve2d_\(size)", "in_random in_kernel5x3", "--border \(border)"),
        ("sg_correlate2d_\(size)", "in_random in_kernel5x3", "--correlate --border \(border)"),
        // SciPy's `same` takes tap (n − 1)/2 of an even kernel for its center.
        (
          "sg_fftconvolve_\(size)", "in_random in_kernel4x4",
          "--border \(border)\(size == "same" ? " --center 1,1" : "")"
        ),
      ]
    }
    cases += [
      ("nd_correlate_even_reflect", "in_random in_kernel4x4", "--correlate --border symmetric"),
      ("nd_convolve_even_reflect", "in_random in_kernel4x4", "--border symmetric"),
      ("nd3_convolve_wrap", "in_volume in_kernel3x5x3", "--border wrap"),
    ]
    return cases.map { (golden: $0.0, arrays: $0.1, options: $0.2) }
  }()

  @Test("SciPy's numbers", arguments: ReferenceArrays.all, scipyCases)
  func scipy(
    source: ReferenceArrays, golden: (golden: String, arrays: String, options: String)
  ) throws {
    // Not every file of the other pictures is kept.
    guard source.has(golden.golden) else { return }
    try Command.inFreshFolder { command in
      let inputs = golden.arrays.split(separator: " ").map(String.init)
      for name in inputs { try command.store(source(name), as: "\(name).npy") }
      let words = golden.options.split(separator: " ").map(String.init)
      expectSuccess(
        try command.run(["convolve"] + inputs.map { "\($0).npy" } + ["-o", "out.npy"] + words))
      let difference = try relativeDifference(
        command.array("out.npy").asDouble(), source(golden.golden))
      #expect(difference < 1e-12)
    }
  }

  @Test("What does not fit is refused before anything is written")
  func refusals() throws {
    try Command.inFreshFolder { command in
      try command.storeLecture()
      try command.store(Tensor<Double>(zeros: [3]), as: "row.npy")
      let before = try command.files()
      func refuse(_ line: String, _ status: Int32, _ words: String...) throws {
        expectRefusal(try command.run("convolve " + line), status: status, words: words)
      }
      try refuse("image.npy row.npy -o out.npy", 1, "[3]", "[3, 3]", "rank")
      try refuse("image.npy kernel.npy -o out.npy --border reflect", 2, "reflect", "symmetric")
      try refuse("image.npy kernel.npy -o out.npy --border constant:x", 2, "constant:3")
      try refuse("image.npy kernel.npy -o out.npy --algorithm magic", 2, "magic", "fourier")
      try refuse("image.npy kernel.npy -o out.npy --center 3,1", 2, "center [3, 1]")
      try refuse("image.npy kernel.npy -o out.npy --stride 2", 2, "--stride", "--channels")
      try refuse("image.npy kernel.npy -o out.npy --channels --border wrap", 2, "--padding")
      try refuse("image.npy -o out.npy", 2, "<kernel.npy>")
      try refuse("image.npy kernel.npy", 2, "--output")
      try refuse("image.npy kernel.npy -o out.npy --threads 0", 2, "--threads")
      #expect(try command.files() == before)
    }
  }
}
