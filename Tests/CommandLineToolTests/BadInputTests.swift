import Filtersmith
import Foundation
import Testing

@Suite("Bad input: one clear sentence, the right exit code, nothing half-written")
struct BadInputTests {
  /// Refused designs: the options, and words of the sentence.
  static let designs: [(options: String, words: [String])] = [
    ("--size 8", ["[8, 8]", "odd"]), ("--size 9,10", ["[9, 10]", "odd"]),
    ("--octaves 0", ["0", "positive"]), ("--octaves -1", ["-1", "positive"]),
    ("--center 4", ["4.0", "pi"]), ("--center 0", ["0", "positive"]),
    ("--center -1", ["-1", "positive"]), ("--directions 2", ["2 directions", "span"]),
    ("--direction 0,1 --direction 0,1 --direction 0,-1", ["3 directions", "span"]),
    ("--direction 0,1 --direction 1,0", ["2 directions", "span"]),
    ("--dimensions 3 --directions 4", ["4 directions", "3D"]),
    ("--direction 0,0", ["[0.0, 0.0]", "zero"]), ("--direction 1,0,0,0,0", ["dimensions"]),
    ("--size 9 --grid 7", ["[7, 7]", "smaller"]), ("--size 9 --grid 20", ["[20, 20]", "odd"]),
    ("--dimensions 5", ["1 to 4", "5"]), ("--spacing 0,1", ["spacing"]),
    ("--size 9,9,9 --dimensions 2", ["--size", "1 or 2 numbers"]), ("--threads 0", ["--threads"]),
    ("--center abc", ["'abc'", "--center"]), ("--size 9.5", ["'9.5'", "--size"]),
    ("--directions 4 --direction 0,1", ["--directions", "--direction"]),
    ("--frob 1", ["unknown option '--frob'"]), ("--size", ["--size"]),
    ("--picture bank.gif", [".png", ".gif"]), ("--picture bank.npz", ["bank.npz"]),
  ]

  @Test("Designs that cannot be", arguments: designs)
  func design(options: String, words: [String]) throws {
    try Command.inFreshFolder { command in
      let result = try command.run("design quadrature -o bank.npz \(options)")
      expectRefusal(result, status: 2, words: words)
      #expect(try command.files().isEmpty)
    }
  }

  @Test("An image with NaNs: how many, and where the first is")
  func notANumber() throws {
    try Command.inFreshFolder { command in
      var image = Tensor<Double>(zeros: [20, 20])
      image[2, 5] = .nan
      image[7, 1] = .nan
      image[9, 9] = .infinity
      try command.store(image, as: "image.npy")
      try command.store(Tensor<Double>(repeating: 1, shape: [3, 3]), as: "kernel.npy")
      let words = ["image.npy", "2 NaN", "1 infinite", "[2, 5]"]
      expectRefusal(
        try command.run("filter image.npy --bank kernel.npy -o out.npz"), status: 1, words: words)
      expectRefusal(
        try command.run("convolve image.npy kernel.npy -o out.npy"), status: 1, words: words)
      // Finite in double precision only.
      try command.store(Tensor<Double>(repeating: 1e300, shape: [8, 8]), as: "large.npy")
      expectRefusal(
        try command.run("median large.npy -o out.npy"), status: 1,
        words: ["large.npy", "64 infinite"])
      #expect(try command.files() == ["image.npy", "kernel.npy", "large.npy"])
    }
  }

  @Test("Files that are missing, folders, or something else")
  func files() throws {
    try Command.inFreshFolder { command in
      try command.storePhotograph()
      expectSuccess(try command.run("design sobel -o bank.npz"))
      try FileManager.default.createDirectory(
        at: command.url("folder"), withIntermediateDirectories: false)
      try Data("hello, world; this is no picture".utf8).write(to: command.url("notes.txt"))
      let picture = try Data(contentsOf: command.url("image.png"))
      try picture.prefix(picture.count / 2).write(to: command.url("half.png"))
      let before = try command.files()
      func refuse(_ line: String, _ words: String...) throws {
        expectRefusal(try command.run(line), status: 1, words: words)
      }
      try refuse("filter absent.png --bank bank.npz -o out.npz", "absent.png", "no file")
      try refuse("filter image.png --bank absent.npz -o out.npz", "absent.npz", "no file")
      try refuse("filter folder --bank bank.npz -o out.npz", "folder")
      try refuse("filter image.png --bank folder -o out.npz", "folder")
      try refuse("filter notes.txt --bank bank.npz -o out.npz", "notes.txt", "PNG")
      try refuse("filter half.png --bank bank.npz -o out.npz", "half.png")
      try refuse("filter image.png --bank image.png -o out.npz", "image.png", "not a filter bank")
      try refuse("show notes.txt -o out.png", "notes.txt", "not a filter bank")
      try refuse("design sobel -o absent/bank.npz", "absent/bank.npz", "no folder absent")
      try refuse("design sobel -o folder", "folder")
      try refuse("design sobel -o new.npz --picture absent/bank.png", "absent/bank.png")
      try refuse("convolve notes.txt notes.txt -o out.npy", "notes.txt")
      #expect(try command.files() == before)
    }
  }

  @Test("A full disk: nothing appears, whichever of the outputs it hits")
  func fullDisk() throws {
    try Command.inFreshFolder { command in
      try command.storePhotograph()
      expectRefusal(
        try command.run("design quadrature -o /dev/full"), status: 1,
        words: ["/dev/full", "No space left"])
      expectSuccess(try command.run("design quadrature -o bank.npz"))
      // A picture on a full device: its name decides the format, the link where it goes.
      try FileManager.default.createSymbolicLink(
        atPath: command.url("full.png").path, withDestinationPath: "/dev/full")
      let before = try command.files()
      for line in [
        "design quadrature -o new.npz --picture full.png",
        "filter image.png --bank bank.npz -o out.npz --magnitude m.png --orientation full.png",
        "filter image.png --bank bank.npz -o out.npz --magnitude full.png --orientation o.png",
        "filter image.png --bank bank.npz -o /dev/full --magnitude m.png --orientation o.png",
        "show bank.npz -o full.png",
      ] {
        expectRefusal(try command.run(line), status: 1, words: ["full", "No space left"])
        #expect(try command.files() == before)
      }
      let full = try FileHandle(forWritingTo: URL(fileURLWithPath: "/dev/full"))
      let result = try command.run(
        ["design", "sobel", "-o", "new.npz", "--json"], output: full)
      expectRefusal(result, status: 1, words: ["standard output", "No space left"])
      #expect(try command.files() == before)
    }
  }

  @Test("A run that is killed while it writes leaves what stood there before")
  func killed() throws {
    try Command.inFreshFolder { command in
      try Data("before".utf8).write(to: command.url("bank.npz"))
      // Beyond a limit on file sizes the system kills the writer, or refuses when told to ignore it.
      let program = Command.program.path
      let killed = try command.shell(
        "ulimit -f 2; exec '\(program)' design quadrature --size 15 -o bank.npz --picture bank.png")
      #expect(killed.status != 0)
      #expect(try command.files() == ["bank.npz"])
      let refused = try command.shell(
        "trap '' XFSZ; ulimit -f 2; exec '\(program)' design quadrature --size 15 -o bank.npz")
      expectRefusal(refused, status: 1, words: ["bank.npz", "File too large"])
      #expect(try command.files() == ["bank.npz"])
      #expect(try Data(contentsOf: command.url("bank.npz")) == Data("before".utf8))
    }
  }

  @Test("Responses that have no orientation")
  func orientation() throws {
    try Command.inFreshFolder { command in
      try command.storePhotograph()
      expectSuccess(try command.run("design gaussian -o smooth.npz"))
      expectSuccess(
        try command.run(
          "design quadrature --direction 0,1 --direction 1,0 --any-directions -o two.npz"))
      let before = try command.files()
      for (bank, word) in [("smooth", "directions"), ("two", "span")] {
        expectRefusal(
          try command.run("filter image.png --bank \(bank).npz -o out.npz --orientation o.png"),
          status: 2, words: [word])
      }
      expectSuccess(try command.run("design quadrature --dimensions 3 --size 5 -o volume.npz"))
      expectRefusal(
        try command.run("filter image.png --bank volume.npz -o out.npz"), status: 1,
        words: ["[5, 5, 5]", "[40, 48]"])
      #expect(try command.files() == (before + ["volume.npz"]).sorted())
    }
  }
}
