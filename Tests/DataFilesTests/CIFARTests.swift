import Foundation
import Tensors
import TestSupport
import Testing

@testable import DataFiles

@Suite struct CIFARTests {
  private func record(_ labels: [UInt8], _ seed: UInt64) -> [UInt8] {
    var source = RandomSource(seed: seed)
    return labels + (0..<3072).map { _ in UInt8(source.integer(below: 256)) }
  }

  @Test("Records of both formats: labels and planes in their places")
  func records() throws {
    let ten = try CIFARFile(bytes: record([3], 1) + record([9], 2))
    #expect(ten.variant == .cifar10 && ten.labels == [3, 9] && ten.coarseLabels.isEmpty)
    #expect(ten.images.shape == [2, 3, 32, 32])
    // Planes of red, green and blue, row by row.
    #expect(ten.images[1, 2, 5, 7] == record([9], 2)[1 + 2 * 1024 + 5 * 32 + 7])
    #expect(ten.images[0, 0, 0, 0] == record([3], 1)[1])
    let hundred = try CIFARFile(bytes: record([19, 99], 3) + record([0, 50], 4))
    #expect(hundred.variant == .cifar100)
    #expect(hundred.labels == [99, 50] && hundred.coarseLabels == [19, 0])
    #expect(hundred.images[0, 1, 31, 31] == record([19, 99], 3)[2 + 2 * 1024 - 1])
  }

  /// Files that others wrote, with their first two labels: `Tests/Fixtures/make_records.py`'s and, where
  /// it lies beside the package, CIFAR-10's, whose first image is the well-known frog, the second a truck.
  @Test(
    "Records that others wrote",
    arguments: [(Fixtures.url("records/cifar10/data_batch_1.bin"), 20, [0, 1])]
      + [SharedData.url("classification/cifar10/cifar10_train_0000-2999.bin")].compactMap {
        $0.map { ($0, 3000, [6, 9]) }
      })
  func others(url: URL, count: Int, labels: [Int]) throws {
    let file = try CIFARFile(contentsOf: url.path)
    #expect(file.variant == .cifar10 && file.images.shape == [count, 3, 32, 32])
    #expect(Array(file.labels.prefix(2)) == labels)
    #expect(Set(file.labels) == Set(0..<10))
  }

  @Test("Labels have names")
  func labelNames() {
    #expect(CIFARFile.cifar10ClassNames[6] == "frog" && CIFARFile.cifar10ClassNames[9] == "truck")
  }

  @Test("Files that are cut off, empty or hold labels out of range are refused")
  func hostile() {
    func expect(
      _ problem: String, _ bytes: [UInt8], _ variant: CIFARFile.Variant? = nil,
      _ location: SourceLocation = #_sourceLocation
    ) {
      let error = refusal(location) {
        _ = try CIFARFile(bytes: bytes, variant: variant, name: "a.bin")
      }
      #expect(error?.kind == .format, sourceLocation: location)
      let message = error?.message ?? ""
      #expect(
        message.contains(problem) && message.contains("a.bin"), "\(message)",
        sourceLocation: location)
    }
    expect("it has 0 bytes", [])
    expect("3073 or 3074", Array(record([3], 1).dropLast()))
    expect("3074", record([3], 1), .cifar100)
    expect("the label 10 at byte 3073", record([3], 1) + record([10], 2))
    expect("the label 100 at byte 1 is not one of 100", record([19, 100], 1))
    expect("the label 20 at byte 0 is not one of 20", record([20, 99], 1))
  }

  @Test("Names of classes, one per line")
  func classNames() throws {
    try withScratchFolder { folder in
      try AtomicFile.write(" apple\r\nsweet_pepper \n\n\n", to: folder + "/names.txt")
      #expect(
        try CIFARFile.classNames(contentsOf: folder + "/names.txt") == ["apple", "sweet_pepper"])
    }
  }
}
