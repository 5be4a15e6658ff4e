import Foundation
import Numerics
import Tensors
import TestSupport
import Testing

@testable import DataFiles

@Suite struct NIfTITests {
  /// The files that nibabel wrote; see `make_format_fixtures.py`.
  private let files: NPZFile

  init() throws { files = try NPZFile(contentsOf: fixture("nifti.npz")) }

  private func bytes(_ name: String) throws -> [UInt8] {
    try #require(try files.array(name).tensor(of: UInt8.self)).elements
  }

  private func numbers(_ name: String) throws -> Tensor<Double> {
    try files.array(name).asDouble()
  }

  private func isClose(_ left: Tensor<Double>, _ right: Tensor<Double>, _ tolerance: Double) -> Bool
  {
    left.shape == right.shape
      && zip(left.elements, right.elements).allSatisfy { abs($0 - $1) <= tolerance }
  }

  @Test("Every type × byte order × version that nibabel wrote reads, and writes to the same bytes")
  func everyType() throws {
    for (code, expected) in Rule.arrays where code != "b1" && code != "f2" {
      for version in NIfTIHeader.Version.allCases {
        for order in ["little", "big"] {
          let name = "n\(version.rawValue)-\(order)-\(code)"
          let original = try bytes(name)
          let volume = try NIfTIVolume(bytes: original)
          #expect(volume.data == expected, "\(name)")
          #expect(volume.header.version == version)
          #expect(volume.header.isBigEndian == (order == "big"))
          #expect(volume.header.lengthUnit == .millimeter && volume.header.timeUnit == .second)
          #expect(volume.header.sformCode == 2)
          // NIfTI-1 stores single precision.
          let tolerance = version == .nifti1 ? 1e-5 : 1e-12
          #expect(isClose(volume.affine, try numbers(name + ".affine"), tolerance), "\(name)")
          #expect(isClose(Tensor(volume.spacing), try numbers(name + ".zooms"), tolerance))
          #expect(volume.bytes == original, "\(name)")
        }
      }
    }
  }

  @Test("Colours are a trailing axis", arguments: [1, 2])
  func colors(version: Int) throws {
    let original = try bytes("n\(version)-rgb")
    let volume = try NIfTIVolume(bytes: original)
    #expect(volume.header.type == .rgb24)
    let expected = Tensor<UInt8>(shape: [2, 3, 4, 3]) { index in
      UInt8((index[0] * 12 + index[1] * 4 + index[2]) * 3 + index[3])
    }
    #expect(volume.data == .uint8(expected))
    #expect(volume.spacing.count == 3)
    #expect(volume.bytes == original)
    let made = try NIfTIVolume(data: .uint8(expected), isColor: true)
    #expect(try NIfTIVolume(bytes: made.bytes).data == volume.data)
  }

  @Test("Slope, quaternion with reflection, units, texts and extensions", arguments: [1, 2])
  func fields(version: Int) throws {
    let name = "n\(version)-scaled"
    let original = try bytes(name)
    let volume = try NIfTIVolume(bytes: original)
    let header = volume.header
    #expect(volume.data.shape == [2, 2, 3, 4] && header.type == .int16)
    #expect(header.sformCode == 0 && header.qformCode == 1)
    #expect(isClose(volume.affine, try numbers(name + ".qform"), 1e-5))
    #expect(volume.spacing == [0.75, 2.5, 2, 1.5])
    #expect(header.timeUnit == .millisecond && header.lengthUnit == .millimeter)
    #expect(header.comment == "scaled and reflected")
    #expect(header.intentCode == 3 && header.intentName == "t")
    #expect(header.intentParameters == [7, 0, 0])
    #expect(volume.extensions.map(\.code) == [6, 6])
    #expect(volume.extensions.allSatisfy { ($0.data.count + 8) % 16 == 0 })
    #expect(String(decoding: volume.extensions[0].data.prefix(5), as: UTF8.self) == "first")
    #expect((header.slope, header.intercept) == (0.5, -3))
    // Element [t, z, y, x] of the file is ((x · 3 + y) · 2 + z) · 2 + t.
    let values = try volume.values()
    #expect(values[1, 0, 2, 3] == 0.5 * Float(((3 * 3 + 2) * 2 + 0) * 2 + 1) - 3)
    #expect(try volume.doubleValues() == Tensor<Double>(values))
    #expect(volume.bytes == original)
    // The voxel's position is the quaternion's matrix applied to [x, y, z].
    let position = volume.position(ofVoxel: [1, 2, 3])
    let matrix = try numbers(name + ".qform")
    for row in 0..<3 {
      let expected = 3 * matrix[row, 0] + 2 * matrix[row, 1] + matrix[row, 2] + matrix[row, 3]
      #expect(abs(position[row] - expected) < 1e-4)
    }
  }

  @Test("Pairs of header and image, plain and compressed, and a pair made a single file")
  func pairs() throws {
    for version in [1, 2] {
      let (header, image) = (
        try bytes("n\(version)-pair.header"), try bytes("n\(version)-pair.image")
      )
      let volume = try NIfTIVolume(header: header, image: image)
      #expect(!volume.header.isSingleFile)
      #expect(volume.data == .int16(Rule.integer(Int16.self)))
      try withScratchFolder { folder in
        try AtomicFile.write(header, to: folder + "/a.hdr")
        let lonely = refusal { _ = try NIfTIVolume(contentsOf: folder + "/a.hdr") }
        #expect(lonely?.kind == .file && lonely?.message.contains("a.hdr") == true)
        try AtomicFile.write(image, to: folder + "/a.img")
        #expect(try NIfTIVolume(contentsOf: folder + "/a.hdr") == volume)
        #expect(try NIfTIVolume(contentsOf: folder + "/a.img") == volume)
        try volume.write(to: folder + "/b.img.gz")
        #expect(try contents(folder + "/b.hdr.gz").starts(with: [0x1F, 0x8B]))
        #expect(try NIfTIVolume(contentsOf: folder + "/b.hdr.gz") == volume)
        #expect(try NIfTIVolume(contentsOf: folder + "/b.img.gz") == volume)
        try volume.write(to: folder + "/c.nii.gz")
        let single = try NIfTIVolume(contentsOf: folder + "/c.nii.gz")
        #expect(single.header.isSingleFile && single.data == volume.data)
        #expect(single.affine == volume.affine)
        try single.write(to: folder + "/d.hdr")
        #expect(try NIfTIVolume(contentsOf: folder + "/d.img") == volume)
        let names = try listing(folder)
        #expect(names == ["a.hdr", "a.img", "b.hdr.gz", "b.img.gz", "c.nii.gz", "d.hdr", "d.img"])
      }
    }
  }

  @Test("A volume of one's own, and one at the place of another")
  func making() throws {
    let data = Tensor<Float>(shape: [3, 4, 5]) { Float($0[0] * 20 + $0[1] * 5 + $0[2]) }
    let affine = try Tensor<Double>(
      shape: [4, 4], elements: [0, -2, 0, 1, 3, 0, 0, 2, 0, 0, 4, 3, 0, 0, 0, 1])
    let volume = try NIfTIVolume(data: DataArray(data), spacing: [4, 2, 3], affine: affine)
    let read = try NIfTIVolume(bytes: volume.bytes)
    #expect(read == volume && read.header.version == .nifti1)
    #expect(read.spacing == [4, 2, 3] && read.affine == affine)
    #expect(try read.values() == data)
    #expect(read.header.dimensions == [5, 4, 3])
    // Without an affine the spacing alone places voxels.
    let plain = try NIfTIVolume(data: DataArray(data), spacing: [4, 2, 3])
    #expect(plain.position(ofVoxel: [1, 1, 1]) == [3, 2, 4])

    var scaled = try NIfTIVolume(bytes: try bytes("n1-scaled"))
    scaled.header.displayRange = 1...2
    let mask = Tensor<Bool>(shape: [2, 3, 4]) { $0[2] > 1 }
    let labels = try NIfTIVolume(data: .bool(mask), like: scaled)
    #expect(labels.data == .uint8(mask.map { $0 ? 1 : 0 }))
    #expect(labels.affine == scaled.affine && labels.spacing == [2.5, 2, 1.5])
    #expect(labels.header.slope == 1 && labels.header.displayRange == nil)
    #expect(labels.header.intentCode == 0 && labels.extensions.isEmpty)
    #expect(try NIfTIVolume(bytes: labels.bytes) == labels)

    let wide = try NIfTIVolume(data: .uint8(Tensor(zeros: [40_000])))
    #expect(wide.header.version == .nifti2)
    #expect(try NIfTIVolume(bytes: wide.bytes) == wide)
  }

  @Test("What cannot be made is refused in a sentence")
  func refusedMaking() throws {
    let data = DataArray(Tensor<Float>(zeros: [2, 3]))
    func expect(_ problem: String, _ body: () throws -> Void) {
      let message = refusal(#_sourceLocation, body)?.message ?? ""
      #expect(message.contains(problem), "\(message)")
    }
    expect("float16") { _ = try NIfTIVolume(data: .float16(Tensor(zeros: [2]))) }
    expect("1 to 7 axes") { _ = try NIfTIVolume(data: .uint8(Tensor(scalar: 1))) }
    expect("1 to 7 axes") { _ = try NIfTIVolume(data: .uint8(Tensor(zeros: [2, 0]))) }
    expect("spacing [1.0]") { _ = try NIfTIVolume(data: data, spacing: [1]) }
    expect("spacing [1.0, 0.0]") { _ = try NIfTIVolume(data: data, spacing: [1, 0]) }
    expect("up to 32767") {
      _ = try NIfTIVolume(data: .uint8(Tensor(zeros: [40_000])), version: .nifti1)
    }
    expect("colours") { _ = try NIfTIVolume(data: data, isColor: true) }
    expect("affine") { _ = try NIfTIVolume(data: data, affine: Tensor(zeros: [3, 4])) }
    expect("ends in .nii") { try NIfTIVolume(data: data).write(to: "a.png") }
    expect("spatial extents") {
      let other = try NIfTIVolume(data: DataArray(Tensor<Float>(zeros: [3, 2])))
      _ = try NIfTIVolume(data: data, like: other)
    }
  }

  /// Shape, spacing and mean as nibabel 5.4 gives them.
  static let real: [(path: String, shape: Shape, spacing: [Double], mean: Double)] = [
    ("dipy/small_64D.nii", [65, 10, 10, 10], [1, 2, 2, 2], 91.8004154),
    ("nibabel/anatomical.nii", [25, 41, 33], [2, 2, 2], 8401.06673),
    (
      "nibabel/example4d.nii.gz", [2, 24, 96, 128], [2000, 2.199999, 2, 2], 172.908115
    ),
    (
      "nibabel/example_nifti2.nii.gz", [2, 12, 20, 32], [2000, 2.199999, 2, 2], 450.963672
    ),
    ("nibabel/functional.nii", [20, 3, 21, 17], [2, 8, 4, 4], 3637.40851),
    ("nibabel/reoriented_anat_moved.nii", [22, 26, 21], [4, 4, 4], 2725.58853),
    ("nibabel/row_major.dconn.nii", [10, 10, 1, 1, 1, 1], [1, 1, 1, 1, 1, 1], 0.46745364189),
    ("nibabel/someones_anatomy.nii.gz", [56, 67, 57], [2.75, 2.75, 2.75], 45.9838641),
    ("nibabel/someones_epi.nii.gz", [33, 61, 53], [3, 3, 3], 45.6798437),
    ("nibabel/standard.nii.gz", [7, 5, 4], [2, 3, 1], 54.6428571),
    (
      "nilearn/mni_icbm152_gm_tal_nlin_sym_09a_converted.nii.gz", [189, 233, 197], [1, 1, 1],
      29.6348384
    ),
    (
      "nilearn/mni_icbm152_t1_tal_nlin_sym_09a_converted.nii.gz", [189, 233, 197], [1, 1, 1],
      38.4389303
    ),
    ("sct/dmri/dmri.nii.gz", [7, 5, 42, 40], [2.2, 17.5, 0.841346, 0.841346], 98.9243878),
    ("sct/fmri/fmri.nii.gz", [30, 6, 68, 68], [1.13, 16.800001, 0.955882, 0.955882], 323.198748),
    ("sct/t2/t2.nii.gz", [52, 55, 60], [1, 1, 1], 130.966911),
    ("sct/t2/t2_seg-manual.nii.gz", [52, 55, 60], [1, 1, 1], 0.0249125874),
    ("sct/t2s/t2s.nii.gz", [9, 54, 49], [7.499999, 0.5, 0.5], 296.811263),
    ("sct/t2s/t2s_gmseg_manual.nii.gz", [9, 54, 49], [7.499999, 0.5, 0.5], 0.0217939027),
  ]

  @Test("Volumes of many scanners and programs", .enabled(if: SharedData.has("volumes")))
  func realVolumes() throws {
    // Skipped where the shared data are absent.
    for (path, shape, spacing, mean) in Self.real {
      let file = try #require(SharedData.url("volumes/" + path)).path
      let volume = try NIfTIVolume(contentsOf: file)
      #expect(volume.data.shape == shape, "\(path)")
      #expect(isClose(Tensor(volume.spacing), Tensor(spacing), 1e-5), "\(path) \(volume.spacing)")
      let own = try volume.doubleValues().mean()
      #expect(abs(own - mean) <= 1e-8 * mean, "\(path): \(own)")
      if path.hasSuffix(".nii") {
        // Bytes for bytes but for a place of the voxels that was not declared.
        #expect(try volume.bytes == contents(file), "\(path)")
      }
      #expect(try NIfTIVolume(bytes: volume.bytes) == volume, "\(path)")
    }
    let header = try NIfTIHeader(
      contentsOf: #require(SharedData.url("volumes/nibabel/nifti1.hdr")).path)
    #expect(header.version == .nifti1 && !header.isSingleFile)
    let analyze = refusal {
      _ = try NIfTIHeader(contentsOf: #require(SharedData.url("volumes/nibabel/analyze.hdr")).path)
    }
    #expect(analyze?.message.contains("Analyze") == true)
  }
}
