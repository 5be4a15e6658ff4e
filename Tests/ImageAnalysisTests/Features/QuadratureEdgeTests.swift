import Foundation
import ImageAnalysis
import Tensors
import Testing

@Suite struct QuadratureEdgeTests {
  /// A bright disk of radius 20, and beside it a dark line three samples wide.
  static let scene = Tensor<Float>(shape: [80, 120]) { index in
    let (y, x) = (Double(index[0] - 40), Double(index[1] - 40))
    if abs(index[1] - 100) <= 1 { return 0 }
    return y * y + x * x <= 400 ? 1 : 0.5
  }

  @Test("The edge of a disk is one sample wide and lies on its circle")
  func edges() throws {
    let edges = try QuadratureEdges(.edges, low: 0.3, high: 0.5)(Self.scene)
    var count = 0
    edges.shape.forEachIndex { index in
      guard edges[index], index[1] < 80 else { return }
      count += 1
      let radius = hypot(Double(index[0] - 40), Double(index[1] - 40))
      #expect(abs(radius - 20.3) < 1.3, "\(index)")
    }
    // As many samples as a circle has: 2πr over the mean distance of neighbours, 1 to √2.
    #expect((88...140).contains(count), "\(count)")
  }

  @Test("Lines are found by the even part, and told apart by its sign")
  func lines() throws {
    let dark = try QuadratureEdges(.darkLines, low: 0.3, high: 0.6)(Self.scene)
    let bright = try QuadratureEdges(.brightLines, low: 0.3, high: 0.6)(Self.scene)
    for y in 10..<70 {
      #expect((94..<107).filter { dark[y, $0] } == [100])
      #expect(!bright[y, 100])
    }
    let inverse = try QuadratureEdges(.brightLines, low: 0.3, high: 0.6)(Self.scene.map { 1 - $0 })
    #expect(inverse == dark)
  }

  @Test("In a volume the surface of a ball; weak parts stay where they touch strong ones")
  func volume() throws {
    let ball = Tensor<Float>(shape: [32, 32, 32]) { index in
      index.reduce(0) { $0 + ($1 - 16) * ($1 - 16) } <= 64 ? 1 : 0
    }
    let surface = try QuadratureEdges(.edges, low: 0.4, high: 0.6, support: 9)(ball)
    var count = 0
    surface.shape.forEachIndex { index in
      guard surface[index] else { return }
      count += 1
      let radius = index.reduce(0.0) { $0 + pow(Double($1 - 16), 2) }.squareRoot()
      #expect(abs(radius - 8.2) < 1.5)
    }
    #expect(count > 400)
  }

  @Test("Flat images have none, a hole makes none, and parameters out of range are refused")
  func refusals() throws {
    let flat = Tensor<Float>(repeating: 7, shape: [40, 40])
    #expect(!(try QuadratureEdges()(flat)).elements.contains(true))
    var torn = Tensor<Float>(shape: [64, 64]) { 0.5 + 0.01 * Float($0[1]) }
    for y in 20..<30 { for x in 20..<30 { torn[y, x] = .nan } }
    let step = try torn.zip(with: Tensor(shape: [64, 64]) { $0[1] >= 48 ? 1 : 0 }) { $0 + $1 }
    let edges = try QuadratureEdges(.edges, low: 0.3, high: 0.5)(MaskedImage(step))
    for y in 12..<38 { for x in 12..<38 { #expect(!edges[y, x]) } }
    #expect((45..<51).contains { edges[32, $0] })
    #expect(throws: FiltersmithError.self) { try QuadratureEdges(low: 0.5, high: 0.2)(flat) }
    #expect(throws: FiltersmithError.self) { try QuadratureEdges(support: 8)(flat) }
    #expect(throws: FiltersmithError.self) {
      try QuadratureEdges()(Tensor<Float>(repeating: 1, shape: [9]))
    }
  }
}
