import Tensors
import Testing

@Suite struct ShapeTests {
  @Test func extentsStridesAndOffsets() {
    let shape: Shape = [2, 3, 4]
    #expect(shape.rank == 3)
    #expect(shape.elementCount == 24)
    #expect(shape.strides == [12, 4, 1])
    #expect(shape.description == "[2, 3, 4]")
    #expect(Shape([]).elementCount == 1)
    #expect(Shape([3, 0]).elementCount == 0)
    for offset in 0..<24 { #expect(shape.offset(of: shape.index(at: offset)) == offset) }
  }

  @Test func indicesComeInRowMajorOrder() {
    let shape: Shape = [2, 1, 3]
    var offsets: [Int] = []
    shape.forEachIndex { offsets.append(shape.offset(of: $0)) }
    #expect(offsets == Array(0..<6))
    var visits = 0
    Shape([]).forEachIndex { _ in visits += 1 }
    Shape([4, 0, 2]).forEachIndex { _ in visits += 100 }
    #expect(visits == 1)
  }

  @Test func hostileExtentsAreRefused() {
    #expect(throws: FiltersmithError.self) { try Shape(checking: [3, -1]) }
    #expect(throws: FiltersmithError.self) { try Shape(checking: [.max, 2]) }
    #expect(throws: FiltersmithError.self) { try Shape(checking: [0, .max, 3]) }
    #expect((try? Shape(checking: [0, 5])) == [0, 5])
  }

  @Test func axesMayCountFromTheEnd() throws {
    let shape: Shape = [2, 3, 4]
    #expect(try shape.normalized(axis: -1) == 2)
    #expect(try shape.normalized(axis: 0) == 0)
    #expect(throws: FiltersmithError.self) { try shape.normalized(axis: 3) }
    #expect(throws: FiltersmithError.self) { try shape.normalized(axis: -4) }
  }
}
