import Convolutions
import Foundation
import ImageAnalysis
import Tensors
import TestSupport
import Testing

@Suite("Edges and lines")
struct EdgeTests {
  /// A disk with a soft rim.
  static func disk(_ size: Int, radius: Double) -> Tensor<Float> {
    Tensor(shape: [size, size]) { index in
      let middle = Double(size - 1) / 2
      let (y, x) = (Double(index[0]) - middle, Double(index[1]) - middle)
      return Float(1 / (1 + exp(((y * y + x * x).squareRoot() - radius) / 0.5)))
    }
  }

  @Test("A disk's edge is a closed curve on its rim, one sample wide")
  func canny() throws {
    let edges = try Canny(sigma: 1, thresholds: .absolute(low: 0.05, high: 0.1))(
      Self.disk(81, radius: 25))
    var count = 0
    edges.shape.forEachIndex { index in
      guard edges[index] else { return }
      count += 1
      let (y, x) = (Double(index[0]) - 40, Double(index[1]) - 40)
      #expect(abs((y * y + x * x).squareRoot() - 25) < 1)
    }
    #expect(count > 120 && count < 230)
    #expect(try ConnectedComponents(of: edges, connectivity: 2).count == 1)
    #expect(try ConnectedComponents(of: edges.map { !$0 }).count == 2)
  }

  @Test("A step has its edge where it is, in every direction; flat images have none")
  func steps() throws {
    let image = Tensor<Float>(shape: [40, 50]) { $0[1] < 20 ? 0 : 1 }
    for mask in [nil, Tensor(repeating: true, shape: [40, 50])] {
      let edges = try Canny(sigma: 1.2)(image, mask: mask)
      for y in 2..<38 {
        let columns = (0..<50).filter { edges[y, $0] }
        #expect(!columns.isEmpty && columns.allSatisfy { $0 == 19 || $0 == 20 })
      }
    }
    #expect(!(try Canny()(Tensor(repeating: 2, shape: [20, 20])).elements.contains(true)))
    // What is masked out is not looked at, and leaves no edge at its border.
    var hidden = Tensor<Float>(repeating: 1, shape: [40, 50])
    for y in 10..<20 { for x in 10..<20 { hidden[y, x] = 100 } }
    let known = hidden.map { $0 == 1 }
    let masked = try Canny(thresholds: .absolute(low: 0.01, high: 0.02))(hidden, mask: known)
    #expect(!masked.elements.contains(true))
    #expect(throws: FiltersmithError.self) { try Canny()(Tensor(zeros: [3, 4, 5])) }
    #expect(throws: FiltersmithError.self) { try Canny()(Tensor(repeating: .nan, shape: [9, 9])) }
    #expect(throws: FiltersmithError.self) {
      try Canny(thresholds: .absolute(low: 2, high: 1))(image)
    }
  }

  @Test("Zero crossings surround a disk and a ball, at any spacing")
  func marrHildreth() throws {
    let edges = try MarrHildreth(sigma: 2)(Self.disk(81, radius: 25))
    edges.shape.forEachIndex { index in
      guard edges[index] else { return }
      let (y, x) = (Double(index[0]) - 40, Double(index[1]) - 40)
      #expect(abs((y * y + x * x).squareRoot() - 25) < 1.5)
    }
    #expect(edges.elements.filter { $0 }.count > 120)
    let ball = Tensor<Float>(shape: [25, 49, 49]) { index in
      let (z, y, x) = (Double(index[0] - 12) * 2, Double(index[1] - 24), Double(index[2] - 24))
      return z * z + y * y + x * x <= 196 ? 1 : 0
    }
    let surface = try MarrHildreth(sigma: 2, spacing: [2, 1, 1])(ball)
    var count = 0
    surface.shape.forEachIndex { index in
      guard surface[index] else { return }
      count += 1
      let (z, y, x) = (Double(index[0] - 12) * 2, Double(index[1] - 24), Double(index[2] - 24))
      #expect(abs((z * z + y * y + x * x).squareRoot() - 14) < 2.5)
    }
    #expect(count > 500)
  }

  @Test("Lines and circles are found where they were drawn")
  func hough() throws {
    let angle = 0.5
    let distance = 40.0
    let image = Tensor<Bool>(shape: [100, 120]) { index in
      abs(Double(index[1]) * cos(angle) + Double(index[0]) * sin(angle) - distance) < 0.6
    }
    let line = try #require(try HoughLines(image).lines(limit: 1).first)
    #expect(abs(line.angle - angle) < 0.02 && abs(line.distance - distance) <= 1)
    // Drawn again, the line covers what it was found by.
    let drawn = try HoughLines.samples(on: [line], shape: image.shape)
    let missed = zip(drawn.elements, image.elements).filter { $0 && !$1 }.count
    let covered = zip(drawn.elements, image.elements).filter { $0 && $1 }.count
    // 85 rows, less what half a degree between the angles costs.
    #expect(covered >= 60 && missed < covered / 2, "\(covered), \(missed)")
    let ring = Tensor<Bool>(shape: [80, 90]) { index in
      let (y, x) = (Double(index[0] - 35), Double(index[1] - 50))
      return abs((y * y + x * x).squareRoot() - 20) < 0.5
    }
    let circle = try #require(try HoughCircles.find(in: ring, radii: 15...25).first)
    #expect(circle.center == [35, 50] && circle.radius == 20 && circle.support > 0.8)
    let drawnCircle = try HoughCircles.samples(on: [circle], shape: ring.shape)
    #expect(drawnCircle[15, 50] && drawnCircle[35, 70] && drawnCircle[51, 62])
    #expect(!drawnCircle[35, 50] && !drawnCircle[16, 60])
    #expect(try HoughLines(Tensor(repeating: false, shape: [9, 9])).lines().isEmpty)
  }
}

@Suite("Corners, blobs, ridges and oriented gradients")
struct FeatureTests {
  @Test("Gradients of polynomials are right, per unit of length")
  func gradients() throws {
    let image = Tensor<Double>(shape: [31, 33, 35]) { index in
      let (z, y, x) = (2 * Double(index[0]), Double(index[1]), 0.5 * Double(index[2]))
      return 3 * z - 2 * y + x + 0.5 * x * x + 0.1 * z * y
    }
    let spacing = [2, 1, 0.5]
    let gradient = try image.gaussianGradient(sigma: 1.5, spacing: spacing)
    let (z, y, x) = (2.0 * 15, 16.0, 0.5 * 17)
    // Cut off at 4 σ, a derivative lacks a thousandth.
    #expect(abs(gradient[0, 15, 16, 17] / (3 + 0.1 * y) - 1) < 1.2e-3)
    #expect(abs(gradient[1, 15, 16, 17] / (-2 + 0.1 * z) - 1) < 1.2e-3)
    #expect(abs(gradient[2, 15, 16, 17] / (1 + x) - 1) < 1.2e-3)
    let hessian = try image.gaussianHessian(sigma: 2, spacing: spacing)
    #expect(abs(hessian[1, 15, 16, 17] - 0.1) < 1e-3)
    #expect(abs(hessian[5, 15, 16, 17] - 1) < 2e-3)
    #expect(abs(hessian[0, 15, 16, 17]) < 1e-3)
  }

  @Test(
    "The corners of a square are found, and its sides are none",
    arguments: [
      CornerDetector.Measure.harris(k: 0.05), .shiTomasi, .foerstner(roundness: 0.5),
    ])
  func corners(measure: CornerDetector.Measure) throws {
    let image = Tensor<Float>(shape: [60, 70]) { index in
      (20..<40).contains(index[0]) && (15..<50).contains(index[1]) ? 1 : 0
    }
    for gradientSigma in [nil, 1.0] {
      let detector = CornerDetector(measure, gradientSigma: gradientSigma)
      let corners = try detector.corners(in: image, distance: 5, threshold: 0.2)
      #expect(corners.count == 4)
      for expected in [[19.5, 14.5], [19.5, 49.5], [39.5, 14.5], [39.5, 49.5]] {
        let isFound = corners.contains { corner in
          zip(corner.position, expected).allSatisfy { abs($0 - $1) < 1.5 }
        }
        #expect(isFound, "\(expected)")
      }
    }
    let mask = Tensor(shape: [60, 70]) { $0[0] < 30 }
    #expect(
      try CornerDetector(measure).corners(in: image, distance: 5, threshold: 0.2, mask: mask).count
        == 2)
    #expect(throws: FiltersmithError.self) { try CornerDetector(sigma: 0).response(image) }
  }

  @Test("Peaks of equal height count once, and parabolas give the place between samples")
  func peaks() throws {
    let image = Tensor<Float>(shape: [21, 21]) { index in
      let (y, x) = (Float(index[0]) - 10.3, Float(index[1]) - 9.8)
      return 10 - y * y - x * x
    }
    let peak = try #require(try image.peaks().first)
    #expect(abs(peak.position[0] - 10.3) < 1e-4 && abs(peak.position[1] - 9.8) < 1e-4)
    #expect(try Tensor<Float>(repeating: 1, shape: [4, 4]).peaks(distance: 4).count == 1)
    #expect(try Tensor<Float>([0, 2, 2, 0, 3]).peaks().map(\.index) == [[4], [1]])
  }

  @Test("Gaussian spots are found with their scale", arguments: BlobDetector.Measure.allCases)
  func blobs(measure: BlobDetector.Measure) throws {
    let spots: [(y: Double, x: Double, sigma: Double)] = [(30, 30, 3), (70, 40, 5), (40, 90, 7)]
    let image = Tensor<Float>(shape: [100, 130]) { index in
      spots.reduce(Float(0)) { sum, spot in
        let (y, x) = (Double(index[0]) - spot.y, Double(index[1]) - spot.x)
        return sum + Float(exp(-(y * y + x * x) / (2 * spot.sigma * spot.sigma)))
      }
    }
    for polarity in BlobDetector.Polarity.allCases {
      let detector = BlobDetector(
        measure, sigmas: BlobDetector.scales(from: 2, to: 11, count: 14), polarity: polarity,
        threshold: 0.05)
      let blobs = try detector.blobs(in: polarity == .bright ? image : image.map { -$0 })
      #expect(blobs.count == 3)
      for spot in spots {
        let near = blobs.first { blob in
          abs(blob.position[0] - spot.y) < 0.5 && abs(blob.position[1] - spot.x) < 0.5
        }
        let found = try #require(near)
        // The Laplacian and the determinant are largest at the spot's own scale in 2D; the difference
        // of G_σ and G_1.6σ at σ/√1.6.
        let expected =
          measure == .differenceOfGaussians ? spot.sigma / 1.6.squareRoot() : spot.sigma
        #expect(abs(found.sigma / expected - 1) < 0.05, "\(measure) \(found.sigma)")
      }
    }
  }

  @Test("Blobs of volumes have their sizes in units of the spacing")
  func volumeBlobs() throws {
    let image = Tensor<Float>(shape: [20, 40, 40]) { index in
      let (z, y, x) = (2 * Double(index[0] - 10), Double(index[1] - 18), Double(index[2] - 22))
      return Float(exp(-(z * z + y * y + x * x) / 32))
    }
    let blobs = try BlobDetector(
      sigmas: BlobDetector.scales(from: 2, to: 6, count: 8), spacing: [2, 1, 1]
    ).blobs(in: image)
    let blob = try #require(blobs.first)
    #expect(blob.position.elementsEqual([10, 18, 22]) { abs($0 - $1) < 0.1 })
    // In 3D the Laplacian of a Gaussian spot is largest at σ √(2/3).
    #expect(abs(blob.sigma - 4 * (2.0 / 3).squareRoot()) < 0.15)
  }

  @Test("Vessels answer, plates and balls do not, whatever the direction")
  func frangi() throws {
    let shape: Shape = [33, 33, 33]
    func field(_ value: (Double, Double, Double) -> Double) -> Tensor<Float> {
      Tensor(shape: shape) {
        Float(value(Double($0[0] - 16), Double($0[1] - 16), Double($0[2] - 16)))
      }
    }
    let tube = field { z, y, x in
      let along = (z + y + x) / 3.0.squareRoot()
      return exp(-(z * z + y * y + x * x - along * along) / 8)
    }
    let ball = field { z, y, x in exp(-(z * z + y * y + x * x) / 8) }
    let plate = field { z, _, _ in exp(-z * z / 8) }
    let filter = FrangiFilter(sigmas: [1.5, 2, 2.5], structure: 0.2)
    let answer = try filter(tube)[16, 16, 16]
    #expect(answer > 0.5)
    #expect(try filter(ball)[16, 16, 16] < 0.3 * answer)
    #expect(try filter(plate)[16, 16, 16] < 0.1 * answer)
    let dark = FrangiFilter(sigmas: [2], polarity: .dark, structure: 0.2)
    #expect(try dark(tube)[16, 16, 16] == 0)
    let bent = Tensor<Float>(shape: [41, 41]) {
      Float(exp(-pow(Double($0[0] + $0[1] - 40), 2) / 16))
    }
    #expect(try FrangiFilter(sigmas: [2])(bent)[20, 20] > 0.5)
    #expect(throws: FiltersmithError.self) { try FrangiFilter(sigmas: [])(bent) }
  }

  @Test("A ramp has all its gradient in one bin; features have unit blocks")
  func orientedGradients() throws {
    let angle = 50.0 / 180 * Double.pi
    let image = Tensor<Float>(shape: [32, 40]) { index in
      Float(Double(index[0]) * sin(angle) + Double(index[1]) * cos(angle))
    }
    let gradients = OrientedGradients(orientations: 9, cell: [8, 8])
    let cells = try gradients.cells(of: image)
    #expect(cells.shape == [4, 5, 9])
    #expect((0..<9).filter { cells[1, 2, $0] > 0.1 } == [2])
    #expect(abs(cells[1, 2, 2] - 2) < 1e-4)
    let features = try gradients(image)
    #expect(features.shape == [3, 4, 2, 2, 9])
    #expect(throws: FiltersmithError.self) { try gradients(Tensor(zeros: [4, 4])) }
  }
}
