import ImageAnalysis
import Tensors
import Testing

@Suite struct VolumeViewsTests {
  static let volume = Tensor<Float>(shape: [3, 4, 5]) { Float(20 * $0[0] + 5 * $0[1] + $0[2]) }

  @Test("Slices and projections along every axis")
  func views() throws {
    #expect(try Self.volume.slice(across: 0, at: 2)[1, 3] == 48)
    #expect(try Self.volume.slice(across: -1).shape == [3, 4])
    #expect(try Self.volume.slice(across: 2)[2, 3] == 57)
    #expect(try Self.volume.projected(along: 1)[2, 4] == 59)
    #expect(try Self.volume.projected(along: 0, .minimum)[1, 1] == 6)
    #expect(try Self.volume.projected(along: 0, .mean)[0, 0] == 20)
    #expect(throws: FiltersmithError.self) { try Self.volume.slice(across: 0, at: 3) }
    #expect(throws: FiltersmithError.self) { try Self.volume.projected(along: 3) }
  }

  @Test("Pixels become square by their spacing")
  func square() throws {
    let slice = try Self.volume.slice(across: 1)
    #expect(try slice.withSquarePixels(spacing: [3, 1]).shape == [9, 5])
    #expect(try slice.withSquarePixels(spacing: [2, 2]) == slice)
  }
}
