import Foundation
import Tensors
import TestSupport
import Testing

@testable import DataFiles

@Suite struct AtomicFileTests {
  @Test("Nothing is seen until the file is whole; what was there stays until then")
  func replacing() throws {
    try withScratchFolder { folder in
      let path = folder + "/out.txt"
      try AtomicFile.write("old", to: path)
      var file = try AtomicFile(path)
      try file.write("ne")
      #expect(try contents(path) == Array("old".utf8))
      try file.write("w")
      try file.commit()
      #expect(try contents(path) == Array("new".utf8))
      #expect(try listing(folder) == ["out.txt"])
    }
  }

  @Test("A file that is given up leaves nothing, and leaves alone what was there")
  func givingUp() throws {
    try withScratchFolder { folder in
      func begin(_ path: String) throws {
        var file = try AtomicFile(path)
        try file.write("half")
        throw FiltersmithError(.numerical, "something else went wrong")
      }
      #expect(refusal { try begin(folder + "/new.txt") }?.kind == .numerical)
      #expect(try listing(folder).isEmpty)
      try AtomicFile.write("old", to: folder + "/old.txt")
      #expect(refusal { try begin(folder + "/old.txt") }?.kind == .numerical)
      #expect(try listing(folder) == ["old.txt"])
      #expect(try contents(folder + "/old.txt") == Array("old".utf8))
    }
  }

  @Test("A missing folder, a folder in place of a file, a file in place of a folder, no name")
  func badDestinations() throws {
    try withScratchFolder { folder in
      func message(_ path: String) -> String? {
        refusal { try AtomicFile.write("x", to: path) }?.message
      }
      #expect(
        message(folder + "/no/out.npy")
          == "cannot write \(folder)/no/out.npy: there is no folder \(folder)/no")
      #expect(message(folder) == "cannot write \(folder): it is a folder")
      try AtomicFile.write("x", to: folder + "/file")
      #expect(
        message(folder + "/file/out") == "cannot write \(folder)/file/out: Not a directory")
      #expect(message("") == "cannot write to the path '': it names no file")
      #expect(message(folder + "/a\0b")?.contains("names no file") == true)
      #expect(try listing(folder) == ["file"])
    }
  }

  @Test("A full disk", .enabled(if: access("/dev/full", W_OK) == 0, "needs /dev/full"))
  func fullDisk() {
    let array = DataArray(Tensor<Double>(repeating: 1, shape: [100]))
    let expected = "cannot write /dev/full: No space left on device"
    #expect(refusal { try NPYFile.write(array, to: "/dev/full") }?.message == expected)
    #expect(refusal { try NPZFile.write([("a", array)], to: "/dev/full") }?.message == expected)
    let image = refusal {
      try Image(samples: Tensor(repeating: 1, shape: [2, 2, 1])).write(to: "/dev/full")
    }
    #expect(image?.message == expected)
  }

  @Test("A device is written straight to and stays a device")
  func device() throws {
    try AtomicFile.write("x", to: "/dev/null")
    var status = stat()
    #expect(stat("/dev/null", &status) == 0 && status.st_mode & S_IFMT == S_IFCHR)
  }

  @Test("A symbolic link stays one; permissions stay; new files have those of the process")
  func linksAndPermissions() throws {
    try withScratchFolder { folder in
      let target = folder + "/target.txt"
      try AtomicFile.write("old", to: target)
      chmod(target, 0o640)
      #expect(symlink("target.txt", folder + "/link.txt") == 0)
      try AtomicFile.write("new", to: folder + "/link.txt")
      #expect(try contents(target) == Array("new".utf8))
      #expect(try listing(folder) == ["link.txt", "target.txt"])
      var status = stat()
      #expect(lstat(folder + "/link.txt", &status) == 0 && status.st_mode & S_IFMT == S_IFLNK)
      #expect(stat(target, &status) == 0 && status.st_mode & 0o777 == 0o640)

      _ = FileManager.default.createFile(atPath: folder + "/plain", contents: nil)
      try AtomicFile.write("x", to: folder + "/ours")
      var plain = stat()
      #expect(stat(folder + "/plain", &plain) == 0 && stat(folder + "/ours", &status) == 0)
      #expect(status.st_mode == plain.st_mode)
    }
  }

  @Test(
    "A file or folder without write permission is left alone",
    .enabled(if: geteuid() != 0, "the superuser may write everywhere"))
  func permissions() throws {
    try withScratchFolder { folder in
      let path = folder + "/out.txt"
      try AtomicFile.write("old", to: path)
      chmod(path, 0o444)
      let expected = "cannot write \(path): Permission denied"
      #expect(refusal { try AtomicFile.write("new", to: path) }?.message == expected)
      chmod(path, 0o644)
      chmod(folder, 0o555)
      let other = folder + "/other.txt"
      let refused = refusal { try AtomicFile.write("new", to: other) }
      #expect(refused?.message == "cannot write \(other): Permission denied")
      chmod(folder, 0o755)
      #expect(try contents(path) == Array("old".utf8))
    }
  }
}

@Suite struct InputFileTests {
  @Test("A missing file, a folder, a device: each reader says which file and what was expected")
  func badSources() throws {
    try withScratchFolder { folder in
      let missing = folder + "/photo.png"
      let expected = "there is no file \(missing)"
      #expect(refusal { _ = try Image(contentsOf: missing) }?.message == expected)
      #expect(refusal { _ = try NPYFile.read(missing) }?.message == expected)
      #expect(refusal { _ = try NPZFile(contentsOf: missing) }?.message == expected)
      #expect(refusal { _ = try DataFile(missing).kind }?.message == expected)
      #expect(
        refusal { _ = try Image(contentsOf: folder) }?.message
          == "\(folder) is a folder; a PNG file was expected")
      #expect(
        refusal { _ = try NPYFile.read(folder) }?.message
          == "\(folder) is a folder; an NPY file was expected")
      #expect(
        refusal { _ = try NPYFile.read("/dev/zero") }?.message
          == "/dev/zero is a device; an NPY file was expected")
      #expect(refusal { _ = try NPYFile.read("") }?.kind == .file)
      #expect(refusal { _ = try NPYFile.read("\(folder)\0.npy") }?.kind == .file)
      try AtomicFile.write("x", to: folder + "/file")
      #expect(refusal { _ = try NPYFile.read(folder + "/file/a.npy") }?.kind == .file)
    }
  }

  @Test("A pipe is read to its end")
  func pipe() throws {
    try withScratchFolder { folder throws in
      let path = folder + "/pipe"
      #expect(mkfifo(path, 0o600) == 0)
      let array = DataArray(Tensor<Double>(shape: [300, 100]) { Double($0[0] - $0[1]) })
      let writer = Thread {
        // The reader's end is the test; a failure here shows there.
        try? NPYFile.write(array, to: path)
      }
      writer.start()
      #expect(try NPYFile.read(path) == array)
    }
  }

  @Test("Formats are told from their first bytes, not from the name")
  func kinds() throws {
    #expect(DataFile.kind(ofPrefix: []) == .unknown)
    #expect(DataFile.kind(ofPrefix: Array("PK".utf8)) == .unknown)
    #expect(DataFile.kind(ofPrefix: Array("PK\u{3}\u{4}".utf8)) == .npz)
    #expect(DataFile.kind(ofPrefix: [0x1F, 0x8B, 8]) == .gzip)
    for (magic, offset) in [("n+1\0", 344), ("ni1\0", 344), ("n+2\0", 4), ("ni2\0", 4)] {
      let prefix = [UInt8](repeating: 0, count: offset) + Array(magic.utf8)
      #expect(DataFile.kind(ofPrefix: prefix) == .nifti, "\(magic)")
    }
    #expect(try DataFile(fixture("version-3.npy")).kind == .npy)
    #expect(try DataFile(fixture("zip64.npz")).kind == .npz)
    #expect(try DataFile(fixture("make_fixtures.py")).kind == .unknown)
    try withScratchFolder { folder in
      try Image(luminance: Tensor(repeating: 0, shape: [1, 1])).write(to: folder + "/picture.npy")
      #expect(try DataFile(folder + "/picture.npy").kind == .png)
      try NPZFile.write([], to: folder + "/none.npz")
      #expect(try DataFile(folder + "/none.npz").kind == .npz)
    }
  }

  @Test("An open file reads as its format does")
  func openFiles() throws {
    try withScratchFolder { folder in
      let numbers = Tensor<Float>(shape: [2, 3, 4]) { Float($0[0] * 12 + $0[1] * 4 + $0[2]) }
      let picture = try Image(luminance: Tensor(repeating: 0.4, shape: [3, 5]))
      try picture.write(to: folder + "/a.png")
      #expect(try DataFile(folder + "/a.png").picture() == picture)
      try NPYFile.write(numbers, to: folder + "/a.npy")
      #expect(try DataFile(folder + "/a.npy").array() == .float32(numbers))
      try NPZFile.write([("x", .float32(numbers))], to: folder + "/a.npz")
      #expect(try DataFile(folder + "/a.npz").archive().array("x") == .float32(numbers))
      let volume = try NIfTIVolume(data: .float32(numbers))
      for name in ["a.nii", "b.nii.gz", "c.hdr", "d.img.gz"] {
        try volume.write(to: folder + "/" + name)
        let header = name == "d.img.gz" ? "d.hdr.gz" : name
        #expect(
          try DataFile(folder + "/" + header).volume()
            == NIfTIVolume(contentsOf: folder + "/" + name))
      }
    }
  }
}
