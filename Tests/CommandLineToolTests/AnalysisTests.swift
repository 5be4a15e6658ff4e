import Filtersmith
import Foundation
import TestSupport
import Testing

@Suite("Image analysis on the command line")
struct AnalysisTests {
  /// A volume of two balls, z twice as far apart as y and x, with a matrix of its own.
  static func storeVolume(_ command: Command) throws {
    let volume = Tensor<Float>(shape: [12, 24, 26]) { index in
      func ball(_ z: Double, _ y: Double, _ x: Double, _ radius: Double) -> Bool {
        let (dz, dy, dx) = (2 * (Double(index[0]) - z), Double(index[1]) - y, Double(index[2]) - x)
        return dz * dz + dy * dy + dx * dx <= radius * radius
      }
      return ball(5, 8, 8, 5) ? 2 : ball(6, 16, 19, 3) ? 1.5 : 0
    }
    let affine = try Tensor<Double>(
      shape: [4, 4], elements: [-1, 0, 0, 90, 0, 1, 0, -126, 0, 0, 2, -72, 0, 0, 0, 1])
    try NIfTIVolume(data: .float32(volume), affine: affine)
      .write(to: command.url("balls.nii.gz").path)
  }

  @Test("Every subcommand works on pictures, arrays, archives and volumes alike")
  func formats() throws {
    try Command.inFreshFolder { command in
      try command.storePhotograph()
      let picture = try Image(contentsOf: command.url("image.png").path).luminance()
      try command.storeElements(picture, as: "image.npy")
      try NPZFile.write([("image", .float32(picture))], to: command.url("image.npz").path)
      try Self.storeVolume(command)
      for operation in [
        "edges", "edges --method marr-hildreth", "edges --method quadrature --size 7",
        "ridges --sigmas 1,2", "morphology open",
        "morphology gradient --radius 2", "distance --threshold 0.5", "median --size 3",
        "median --radius 2 --percentile 20", "resize --scale 0.5", "warp --rotate 10", "equalize",
        "noise --amount 0.1", "segment", "smooth --sigma 2",
      ] {
        for (input, output) in [
          ("image.png", "out.png"), ("image.npy", "out.npy"), ("image.npz", "out.npz"),
          ("image.npz#image", "out.nii.gz"), ("balls.nii.gz", "out.nii.gz"),
        ] {
          if operation == "edges", input.hasPrefix("balls") { continue }
          expectSuccess(try command.run("\(operation) \(input) -o \(output)"))
        }
        let volume = try NIfTIVolume(contentsOf: command.url("out.nii.gz").path)
        if operation != "edges", operation != "resize --scale 0.5" {
          #expect(volume.spacing == [2, 1, 1], "\(operation)")
          #expect(volume.affine[0, 3] == 90 && volume.affine[2, 2] == 2, "\(operation)")
        }
        #expect(try command.array("out.npy").shape.rank == 2)
      }
    }
  }

  @Test("Resizing keeps a volume's place")
  func resizedPlace() throws {
    try Command.inFreshFolder { command in
      try Self.storeVolume(command)
      expectSuccess(try command.run("resize balls.nii.gz --to-spacing 1,2,2 -o out.nii"))
      let before = try NIfTIVolume(contentsOf: command.url("balls.nii.gz").path)
      let after = try NIfTIVolume(contentsOf: command.url("out.nii").path)
      #expect(after.data.shape == [24, 12, 13])
      #expect(after.spacing == [1, 2, 2])
      // The corners of the grids, half a sample outside, lie on each other.
      let first = before.position(ofVoxel: [-0.5, -0.5, -0.5])
      let second = after.position(ofVoxel: [-0.5, -0.5, -0.5])
      #expect(zip(first, second).allSatisfy { abs($0 - $1) < 1e-5 })
      let (last, other) = (
        before.position(ofVoxel: [11.5, 23.5, 25.5]), after.position(ofVoxel: [23.5, 11.5, 12.5])
      )
      #expect(zip(last, other).allSatisfy { abs($0 - $1) < 1e-5 })
    }
  }

  @Test("Parts are measured in millimetres, as a table and as JSON")
  func segment() throws {
    try Command.inFreshFolder { command in
      try Self.storeVolume(command)
      let table = try command.run("segment balls.nii.gz --threshold 1 -o parts.nii.gz")
      expectSuccess(table)
      #expect(table.output.hasPrefix("threshold 1, 2 regions\nregion"))
      let result = try command.run("segment balls.nii.gz --minimum-size 100 --json")
      expectSuccess(result)
      let report = try #require(
        try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
      let parts = try #require(report["parts"] as? [[String: Any]])
      #expect(parts.count == 1)
      let size = try #require(parts[0]["size"] as? Double)
      #expect(abs(size - 4.0 / 3 * .pi * 125) < 40)
      #expect(parts[0]["meanIntensity"] as? Double == 2)
      let labels = try NIfTIVolume(contentsOf: command.url("parts.nii.gz").path).values()
      #expect(labels.max() == 2 && labels[5, 8, 8] == 1 && labels[6, 16, 19] == 2)
      let distances = try command.run("distance balls.nii.gz -o distance.npy")
      expectSuccess(distances)
      let distance = try command.array("distance.npy").asDouble()
      #expect(abs(distance[5, 8, 8] - 5.2) < 0.5)
    }
  }

  @Test("Corners, spots and comparisons print numbers")
  func numbers() throws {
    try Command.inFreshFolder { command in
      let square = Tensor<Float>(shape: [40, 40]) { index in
        index.allSatisfy { (10..<30).contains($0) } ? 1 : 0
      }
      try command.storeElements(square, as: "square.npy")
      let corners = try command.run("corners square.npy --threshold 0.3 --distance 5 --json")
      expectSuccess(corners)
      #expect(try filterReports(corners.output).count == 4)
      let table = try command.run("corners square.npy --measure foerstner --limit 2 -o r.npy")
      expectSuccess(table)
      #expect(table.output.split(separator: "\n").count == 3)
      let spot = Tensor<Float>(shape: [40, 50]) { index in
        Float(exp(-(pow(Double(index[0] - 18), 2) + pow(Double(index[1] - 30), 2)) / 32))
      }
      try command.storeElements(spot, as: "spot.npy")
      let blobs = try command.run("blobs spot.npy --scales 2,8 --json")
      expectSuccess(blobs)
      let found = try #require(try filterReports(blobs.output).first)
      #expect(abs((found["sigma"] as? Double ?? 0) - 4) < 0.2)
      expectSuccess(try command.run("noise spot.npy --model snr --amount 20 -o noisy.npy"))
      let measured = try command.run("measure spot.npy noisy.npy --range 1 --json")
      expectSuccess(measured)
      let report = try #require(
        try JSONSerialization.jsonObject(with: Data(measured.output.utf8)) as? [String: Any])
      let noisy = try command.array("noisy.npy").asDouble()
      let difference = try noisy - Tensor<Double>(spot)
      let error = (difference.elements.reduce(0) { $0 + $1 * $1 }) / 2000
      #expect(abs((report["meanSquaredError"] as? Double ?? 0) / error - 1) < 1e-6)
      #expect(try command.run("measure spot.npy spot.npy").output.contains("infinite"))
    }
  }

  @Test("Lines, circles and histograms of gradients")
  func linesAndGradients() throws {
    try Command.inFreshFolder { command in
      let scene = Tensor<Float>(shape: [80, 100]) { index in
        index[1] == 70 || abs(hypot(Double(index[0] - 40), Double(index[1] - 35)) - 20) < 0.6
          ? 1 : 0
      }
      try command.storeElements(scene, as: "scene.npy")
      let lines = try command.run(
        "lines scene.npy --from samples --limit 1 --json -o lines.npy")
      expectSuccess(lines)
      let line = try #require(try filterReports(lines.output).first)
      #expect(abs(abs(line["distance"] as? Double ?? 0) - 70) <= 1)
      #expect(line["votes"] as? Int == 80)
      #expect(try command.array("lines.npy").asDouble()[10, 70] == 1)
      let table = try command.run("lines scene.npy --from quadrature --limit 2")
      expectSuccess(table)
      #expect(table.output.contains("votes"))
      let circles = try command.run(
        "lines scene.npy --from samples --radii 15,25 --limit 1 --json")
      let circle = try #require(try filterReports(circles.output).first)
      #expect(circle["center"] as? [Int] == [40, 35] && circle["radius"] as? Int == 20)
      let features = try command.run("hog scene.npy -o hog.npy --picture hog.png --json")
      expectSuccess(features)
      #expect(try command.array("hog.npy").shape == [9, 11, 2, 2, 9])
      #expect(features.output.contains("3564"))
      expectSuccess(try command.run("hog scene.npy --cells --cell 10 -o cells.npy"))
      #expect(try command.array("cells.npy").shape == [8, 10, 9])
    }
  }

  @Test("A padded volume keeps its place")
  func padding() throws {
    try Command.inFreshFolder { command in
      try Self.storeVolume(command)
      expectSuccess(
        try command.run("pad balls.nii.gz --before 1,2,3 --after 0 --border nearest -o out.nii.gz"))
      let before = try NIfTIVolume(contentsOf: command.url("balls.nii.gz").path)
      let after = try NIfTIVolume(contentsOf: command.url("out.nii.gz").path)
      #expect(after.data.shape == [13, 26, 29] && after.spacing == [2, 1, 1])
      #expect(before.position(ofVoxel: [0, 0, 0]) == after.position(ofVoxel: [1, 2, 3]))
      let (old, new) = (try before.values(), try after.values())
      #expect(new[6, 10, 11] == old[5, 8, 8] && new[0, 0, 0] == old[0, 0, 0])
    }
  }

  @Test("Frames are stacked, and their motion is found and drawn")
  func motion() throws {
    try Command.inFreshFolder { command in
      // Two waves, which move by one column per frame.
      for frame in 0..<25 {
        let image = Tensor<Float>(shape: [32, 32]) { index in
          sin(0.7 * Float(index[0])) + sin(0.6 * Float(index[1] - frame))
        }
        try command.storeElements(image, as: "\(frame).npy")
      }
      let names = (0..<25).map { "\($0).npy" }.joined(separator: " ")
      expectSuccess(
        try command.run("stack \(names) --spacing 3 --distance 0.5 -o sequence.nii.gz"))
      let sequence = try NIfTIVolume(contentsOf: command.url("sequence.nii.gz").path)
      #expect(sequence.data.shape == [25, 32, 32] && sequence.spacing == [0.5, 3, 3])
      expectSuccess(
        try command.run("orient sequence.nii.gz --time -o motion.npz --picture motion.png"))
      let velocity = try NPZFile(contentsOf: command.url("motion.npz").path)
        .array("pathVelocity").asDouble()
      // One column of 3 units in half a unit of time.
      #expect(abs(velocity[1, 12, 16, 16] - 6) < 0.3 && abs(velocity[0, 12, 16, 16]) < 0.3)
      #expect(try Image(contentsOf: command.url("motion.png").path).width > 100)
      try command.storeElements(Tensor<Float>(zeros: [8, 8]), as: "small.npy")
      expectRefusal(
        try command.run("stack 0.npy small.npy -o out.npy"), status: 1,
        words: ["small.npy", "[32, 32]"])
      expectRefusal(
        try command.run("stack 0.npy --distance 0 -o out.npy"), status: 2, words: ["--distance"])
    }
  }

  @Test("Widths of smoothing are in millimetres where a volume has them")
  func smoothedVolumes() throws {
    try Command.inFreshFolder { command in
      try Self.storeVolume(command)
      expectSuccess(try command.run("smooth balls.nii.gz --sigma 4 --border nearest -o mm.npy"))
      let samples = try NIfTIVolume(contentsOf: command.url("balls.nii.gz").path).values()
      try command.storeElements(samples, as: "balls.npy")
      expectSuccess(
        try command.run("smooth balls.npy --sigma 2,4,4 --border nearest -o samples.npy"))
      let (first, second) = (
        try command.array("mm.npy").asDouble(), try command.array("samples.npy").asDouble()
      )
      #expect(try relativeDifference(first, second) < 1e-6)
      expectSuccess(
        try command.run(
          "smooth balls.npy --spacing 2,1,1 --sigma 4 --border nearest -o given.npy"))
      #expect(
        try relativeDifference(try command.array("given.npy").asDouble(), second) < 1e-6)
      // Frames of a sequence are smoothed, and not over time.
      expectSuccess(
        try command.run("stack balls.nii.gz balls.nii.gz --distance 0.7 -o sequence.nii.gz"))
      expectSuccess(
        try command.run("smooth sequence.nii.gz --sigma 4 --border nearest -o sequence.npy"))
      let frames = try command.array("sequence.npy").asDouble()
      #expect(try relativeDifference(try frames.selected(axis: 0, at: 1), first) < 1e-6)
    }
  }

  @Test("A Laplacian pyramid is put together again")
  func pyramids() throws {
    try Command.inFreshFolder { command in
      try command.storePhotograph()
      expectSuccess(
        try command.run("pyramid laplacian image.png --levels 3 -o levels.npz --picture p.png"))
      let archive = try NPZFile(contentsOf: command.url("levels.npz").path)
      #expect(Set(archive.names) == ["level0", "level1", "level2"])
      #expect(try archive.array("level2").shape == [10, 12])
      expectSuccess(try command.run("pyramid collapse levels.npz -o again.npy"))
      let image = try Image(contentsOf: command.url("image.png").path).luminance()
      let again = try command.array("again.npy").asDouble()
      #expect(try relativeDifference(again, Tensor<Double>(image)) < 1e-6)
      expectSuccess(try command.run("pyramid gaussian image.png -o levels.npz"))
      #expect(try NPZFile(contentsOf: command.url("levels.npz").path).names.count == 4)
    }
  }

  @Test("Colours go to other terms and back")
  func colors() throws {
    try Command.inFreshFolder { command in
      let colors = Tensor<Float>(shape: [3, 8, 9]) { index in
        Float((index[0] * 37 + index[1] * 11 + index[2] * 5) % 16) / 15
      }
      try command.storeElements(colors, as: "rgb.npy")
      for space in ["hsv", "lab"] {
        expectSuccess(try command.run("color rgb.npy --to \(space) -o other.npy"))
        expectSuccess(try command.run("color other.npy --from \(space) --to rgb -o back.npy"))
        let back = try command.array("back.npy").asDouble()
        #expect(try relativeDifference(back, Tensor<Double>(colors)) < 1e-4)
      }
      expectSuccess(try command.run("color rgb.npy -o grey.npy"))
      let grey = try command.array("grey.npy").asDouble()
      let weighed =
        0.299 * Double(colors[0, 3, 4]) + 0.587 * Double(colors[1, 3, 4])
        + 0.114 * Double(colors[2, 3, 4])
      #expect(grey.shape == [8, 9] && abs(grey[3, 4] - weighed) < 1e-6)
      try Image(channels: colors).write(to: command.url("rgb.png").path)
      expectSuccess(try command.run("color rgb.png --to grey --weights rec709 -o grey.png"))
      #expect(try Image(contentsOf: command.url("grey.png").path).colorModel.channelCount == 1)
    }
  }

  @Test("Values are counted and parted")
  func histograms() throws {
    try Command.inFreshFolder { command in
      let image = Tensor<Float>(shape: [10, 10]) { $0[0] < 3 ? 1 : $0[0] < 9 ? 4 : 9 }
      try command.storeElements(image, as: "image.npy")
      let result = try command.run(
        "histogram image.npy --bins 10 --range -0.5,9.5 --classes 3 --json --picture h.svg")
      expectSuccess(result)
      let report = try #require(
        try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
      #expect(report["counts"] as? [Int] == [0, 30, 0, 0, 60, 0, 0, 0, 0, 10])
      let thresholds = try #require(report["thresholds"] as? [Double])
      #expect(thresholds.count == 2 && (1..<4).contains(thresholds[0]))
      #expect((4..<9).contains(thresholds[1]))
      let table = try command.run("histogram image.npy --bins 2")
      #expect(table.output.split(separator: "\n").count == 3)
      #expect(try command.files() == ["h.svg", "image.npy"])
    }
  }

  @Test("Every enhancement takes a mask, and fills what it leaves out")
  func enhancementMasks() throws {
    try Command.inFreshFolder { command in
      var stripes = Tensor<Float>(shape: [48, 48]) { 0.5 + 0.4 * sin(0.6 * Float($0[0])) }
      let truth = stripes[24, 24]
      for y in 22..<26 { for x in 22..<26 { stripes[y, x] = .nan } }
      try command.storeElements(stripes, as: "torn.npy")
      for method in ["adaptive", "bilateral", "diffusion", "unsharp", "gaussian"] {
        expectSuccess(
          try command.run("enhance torn.npy --mask finite --method \(method) -o out.npy"))
        let result = try command.array("out.npy").asDouble()
        #expect(result.isFinite)
        #expect(abs(result[24, 24] - Double(truth)) < 0.6, "\(method)")
      }
    }
  }

  @Test("Pictures turn counter-clockwise and keep their colours")
  func warping() throws {
    try Command.inFreshFolder { command in
      let picture = Tensor<Float>(shape: [3, 21, 21]) { index in
        index[1] == 10 && index[2] == 18 ? [1, 0.5, 0][index[0]] : 0
      }
      try Image(channels: picture).write(to: command.url("dot.png").path)
      expectSuccess(try command.run("warp dot.png --rotate 90 -o turned.png"))
      let turned = try Image(contentsOf: command.url("turned.png").path).channels()
      // From the right to the top.
      #expect(abs(turned[0, 2, 10] - 1) < 0.01 && abs(turned[1, 2, 10] - 0.5) < 0.01)
      expectSuccess(try command.run("warp dot.png --shift 3,-4 -o moved.png"))
      let moved = try Image(contentsOf: command.url("moved.png").path).channels()
      #expect(moved[0, 13, 14] == 1)
      try command.storeElements(Tensor<Float>(repeating: 1, shape: [2, 21, 21]), as: "field.npy")
      expectSuccess(try command.run("warp dot.png --field field.npy -o displaced.png"))
      let displaced = try Image(contentsOf: command.url("displaced.png").path).channels()
      #expect(displaced[0, 9, 17] == 1)
    }
  }

  @Test("What cannot be done is refused in a sentence, and nothing is left behind")
  func refusals() throws {
    try Command.inFreshFolder { command in
      try command.storePhotograph()
      try Self.storeVolume(command)
      for (line, status, words) in [
        ("pad image.png --before -1 -o out.png", Int32(2), ["padding"]),
        ("pad image.png --before 1,2,3 -o out.png", 2, ["--before"]),
        ("pad image.png --before 3 --border valid -o out.png", 2, ["valid"]),
        ("color image.png --to lab -o out.png", 2, ["negative", "out.png"]),
        ("color balls.nii.gz -o out.npy", 1, ["[3, …]", "balls.nii.gz"]),
        ("histogram image.png --classes 9", 2, ["2 to 8"]),
        ("histogram image.png --range 3,1", 2, ["--range"]),
        ("histogram image.png --picture out.jpg", 2, ["out.jpg"]),
        ("pyramid gaussian image.png -o out.png", 2, ["out.png", ".npz"]),
        ("pyramid gaussian image.png --levels 0 -o out.npz", 2, ["levels"]),
        ("pyramid collapse image.png -o out.png", 1, ["image.png"]),
        ("pyramid collapse image.png --levels 2 -o out.png", 2, ["--levels"]),
        ("blobs image.png --picture nowhere/out.png", 1, ["nowhere"]),
        ("register image.png image.png --field out.txt", 2, ["out.txt"]),
        ("register image.png image.png -o nowhere/out.png", 1, ["nowhere"]),
        ("smooth balls.nii.gz --sigma 1,1,1,1 -o out.nii", 2, ["--sigma"]),
        ("edges balls.nii.gz -o out.nii.gz", 1, ["2 axes", "balls.nii.gz"]),
        ("edges image.png --thresholds 0.9,0.2 -o out.png", 2, ["ascend"]),
        ("edges image.png --thresholds 0.9 -o out.png", 2, ["--thresholds"]),
        ("edges image.png --method quadrature --size 8 -o out.png", 2, ["odd"]),
        ("edges image.png --method quadrature --absolute -o out.png", 2, ["--method canny"]),
        ("edges image.png --method marr-hildreth --mask m.npy -o out.png", 2, ["--mask"]),
        ("lines balls.nii.gz", 1, ["2 axes", "balls.nii.gz"]),
        ("lines image.png --radii 9,3", 2, ["--radii"]),
        ("lines image.png --least 2", 2, ["--least"]),
        ("hog image.png -o out.csv", 2, ["out.csv", ".npy"]),
        ("hog image.png --cell 4000 -o out.npy", 2, ["4000"]),
        ("hog balls.nii.gz -o out.npy", 1, ["2 axes"]),
        ("median image.png --size 3 --radius 2 -o out.png", 2, ["together"]),
        ("median balls.nii.gz -o out.png", 1, ["not a picture", ".nii.gz"]),
        ("median image.png -o out.jpg", 2, ["out.jpg", ".png"]),
        ("resize image.png -o out.png", 2, ["--size"]),
        ("resize image.png --scale 0 -o out.png", 2, ["must be positive"]),
        ("warp image.png -o out.png", 2, ["--rotate"]),
        ("blobs image.png --scales 3", 2, ["--scales"]),
        ("measure image.png balls.nii.gz", 1, ["shape"]),
        ("noise image.png --amount -1 -o out.png", 2, ["deviations"]),
        ("segment image.png --mask balls.nii.gz", 1, ["mask"]),
        ("distance image.png --threshold -1 -o out.png", 2, ["--threshold"]),
        ("equalize image.png --clip 2 -o out.png", 2, ["--tiles"]),
        ("corners nowhere.png", 1, ["nowhere.png"]),
        ("corners image.png --limit -1", 2, ["--limit"]),
      ] {
        expectRefusal(try command.run(line), status: status, words: words)
      }
      #expect(try command.files() == ["balls.nii.gz", "image.png"])
    }
  }
}
