import Filtersmith
import Foundation
import Testing

@Suite("Phase, orientation, enhancement and registration on the command line")
struct QuadratureCommandTests {
  /// Smooth noise, and the same moved by 2.5 rows up and 1.25 columns to the left.
  static func storePair(_ command: Command) throws {
    var random = RandomSource(seed: 5)
    let large = try GaussianSmoothing(sigma: [2])(
      Tensor<Float>.normal(shape: [90, 100], using: &random))
    let moving = try large.sliced([10..<80, 10..<90])
    let field = Tensor<Float>(shape: [2, 70, 80]) { $0[0] == 0 ? 12.5 : 11.25 }
    try command.storeElements(moving, as: "moving.npy")
    try command.storeElements(try large.warped(by: field, interpolation: .cubic), as: "fixed.npy")
  }

  /// A tilted bar in a small volume, slices twice as far apart as rows and columns.
  static func storeVolume(_ command: Command) throws {
    let volume = Tensor<Float>(shape: [16, 24, 20]) { index in
      let distance = Float(index[1] - 12) - 0.5 * Float(index[2] - 10)
      return 100 * exp(-distance * distance / 6)
    }
    try NIfTIVolume(data: DataArray(volume), spacing: [2, 1, 1]).write(
      to: command.url("volume.nii.gz").path)
  }

  @Test("phase: arrays by every method, and a picture")
  func phase() throws {
    try Command.inFreshFolder { command in
      try command.storePhotograph()
      for (method, names) in [
        ("quadrature", ["magnitude", "phase", "direction"]),
        ("monogenic", ["magnitude", "phase", "direction"]),
        ("congruency", ["congruency", "phase", "edges", "corners", "direction"]),
      ] {
        let result = try command.run(
          "phase image.png --method \(method) --scales 3 -o out.npz --picture out.png")
        expectSuccess(result)
        #expect(result.output.isEmpty)
        let file = try NPZFile(contentsOf: command.url("out.npz").path)
        #expect(file.names == names)
        #expect(try file.array("phase").shape == [40, 48])
        #expect(try file.array("direction").shape == [2, 40, 48])
        #expect(try Image(contentsOf: command.url("out.png").path).width > 100)
      }
      expectRefusal(
        try command.run("phase image.png --size 8 -o no.npz"), status: 2, words: ["8"])
      #expect(!(try command.files()).contains("no.npz"))
    }
  }

  @Test("orient: the slope of a ramp, and NaN only with a mask")
  func orient() throws {
    try Command.inFreshFolder { command in
      var ramp = Tensor<Float>(shape: [30, 32]) { 3 * Float($0[0]) + 4 * Float($0[1]) }
      try command.storeElements(ramp, as: "ramp.npy")
      expectSuccess(try command.run("orient ramp.npy -o out.npz --picture out.png"))
      let file = try NPZFile(contentsOf: command.url("out.npz").path)
      let values = try file.array("eigenvalues").asFloat()
      #expect(abs(values[0, 15, 16] - 25) < 0.05)
      #expect(abs(values[1, 15, 16]) < 0.05)
      #expect(abs(try file.array("angle").asFloat()[15, 16] - atan2(3, 4)) < 1e-3)
      ramp[15, 16] = .nan
      try command.storeElements(ramp, as: "torn.npy")
      expectRefusal(
        try command.run("orient torn.npy -o no.npz"), status: 1, words: ["torn.npy", "NaN"])
      expectSuccess(try command.run("orient torn.npy --mask finite -o torn.npz"))
      let torn = try NPZFile(contentsOf: command.url("torn.npz").path)
      #expect(abs(try torn.array("eigenvalues").asFloat()[0, 15, 16] - 25) < 0.3)
    }
  }

  @Test("orient: shapes of a volume, motion of a sequence")
  func volumes() throws {
    try Command.inFreshFolder { command in
      try Self.storeVolume(command)
      expectSuccess(try command.run("orient volume.nii.gz --inner 2 --outer 2 -o shapes.npz"))
      let shapes = try NPZFile(contentsOf: command.url("shapes.npz").path)
      #expect(try shapes.array("plane").asFloat()[8, 12, 10] > 0.9)
      // Long enough for the middle to lie beyond the reach of the first and last frame.
      let sequence = Tensor<Float>(shape: [25, 24, 24]) { index in
        sin(0.7 * (Float(index[2]) - 0.5 * Float(index[0])))
      }
      try command.storeElements(sequence, as: "sequence.npy")
      expectSuccess(try command.run("orient sequence.npy --time -o motion.npz"))
      let motion = try NPZFile(contentsOf: command.url("motion.npz").path)
      #expect(abs(try motion.array("velocity").asFloat()[1, 12, 12, 12] - 0.5) < 0.002)
    }
  }

  @Test("enhance: every method, the control functions drawn, a volume kept in its place")
  func enhance() throws {
    try Command.inFreshFolder { command in
      try command.storePhotograph()
      for method in ["adaptive", "bilateral", "diffusion", "unsharp", "gaussian"] {
        expectSuccess(
          try command.run("enhance image.png --method \(method) --time 1 -o \(method).png"))
        #expect(try Image(contentsOf: command.url("\(method).png").path).width == 48)
      }
      try Self.storeVolume(command)
      expectSuccess(
        try command.run(
          "enhance volume.nii.gz --noise 5 --size 7 -o out.nii.gz --control control.svg"))
      #expect(try NIfTIVolume(contentsOf: command.url("out.nii.gz").path).spacing == [2, 1, 1])
      #expect(try Data(contentsOf: command.url("control.svg")).count > 1000)
      expectRefusal(
        try command.run("enhance image.png --anisotropy 3 -o no.png"), status: 2, words: ["3"])
    }
  }

  @Test("register: a shift by every kind, the field saved, the map printed")
  func register() throws {
    try Command.inFreshFolder { command in
      try Self.storePair(command)
      for kind in ["shift", "translation", "rigid", "affine"] {
        let result = try command.run(
          "register fixed.npy moving.npy --kind \(kind) -o out.npy --matrix map.npz --json")
        expectSuccess(result)
        let report = try #require(
          try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
        #expect(report["kind"] as? String == kind)
        let map = try NPZFile(contentsOf: command.url("map.npz").path)
        let (matrix, offset) = (
          try map.array("matrix").asDouble(), try map.array("offset").asDouble()
        )
        // Where the middle goes.
        for axis in 0..<2 {
          let moved = offset[axis] + 35 * matrix[axis, 0] + 40 * matrix[axis, 1]
          #expect(abs(moved - [37.5, 41.25][axis]) < 0.1, "\(kind)")
        }
      }
      expectSuccess(
        try command.run(
          "register fixed.npy moving.npy --kind morphon -o out.npy --field field.npz "
            + "--picture field.png"))
      let field = try DisplacementField(contentsOf: command.url("field.npz").path)
      #expect(abs(field.vectors[0, 35, 40] - 2.5) < 0.2)
      #expect(abs(field.vectors[1, 35, 40] - 1.25) < 0.2)
      let (out, fixed) = (
        try command.array("out.npy").asFloat(), try command.array("fixed.npy").asFloat()
      )
      #expect(abs(out[35, 40] - fixed[35, 40]) < 0.05)
      expectRefusal(
        try command.run("register fixed.npy moving.npy"), status: 2, words: ["nothing to write"])
    }
  }

  @Test("slice and project: square pixels, any axis")
  func views() throws {
    try Command.inFreshFolder { command in
      try Self.storeVolume(command)
      expectSuccess(try command.run("slice volume.nii.gz --axis y -o slice.png"))
      let slice = try Image(contentsOf: command.url("slice.png").path)
      #expect(slice.height == 32 && slice.width == 20)
      expectSuccess(try command.run("slice volume.nii.gz --at 3 -o slice.npy"))
      #expect(try command.array("slice.npy").shape == [24, 20])
      expectSuccess(try command.run("project volume.nii.gz --mode mean --axis x -o mean.npy"))
      #expect(try command.array("mean.npy").shape == [16, 24])
      expectSuccess(try command.run("project volume.nii.gz --range 0,100 -o mip.png"))
      #expect(try Image(contentsOf: command.url("mip.png").path).height == 24)
      expectRefusal(
        try command.run("slice volume.nii.gz --at 99 -o no.png"), status: 2, words: ["99"])
    }
  }
}
