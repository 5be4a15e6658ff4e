import Foundation
import Tensors

/// Textures made by formula, the same every time.
struct TextureSynthesis: Sendable {
  /// Rows and columns.
  let extent: Int

  /// Clouds, weave, wood, cells and scales, `[y, x]`.
  var all: [Tensor<Float>] { [clouds, weave, wood, cells, scales] }

  /// Smooth random hills of several sizes, the larger the higher.
  private var clouds: Tensor<Float> {
    let layers = (0..<5).map { level in
      (
        spacing: 48 / Double(1 << level), height: pow(0.62, Double(level)),
        hills: Hills(seed: 11 + level)
      )
    }
    return Tensor(shape: [extent, extent]) { index in
      layers.reduce(Float(0)) { sum, layer in
        sum
          + Float(
            layer.height
              * layer.hills(Double(index[0]) / layer.spacing, Double(index[1]) / layer.spacing))
      }
    }
  }

  /// Threads over and under each other, of uneven width.
  private var weave: Tensor<Float> {
    let bend = Hills(seed: 21)
    return Tensor(shape: [extent, extent]) { index in
      let (y, x) = (Double(index[0]), Double(index[1]))
      let v = y + 2.2 * bend(y / 23, x / 19)
      let u = x + 2.2 * bend(x / 21 + 40, y / 27)
      let (row, column) = (Int(floor(v / 7)), Int(floor(u / 7)))
      let isOver = (row + column) % 2 == 0
      let across = isOver ? v / 7 - floor(v / 7) : u / 7 - floor(u / 7)
      let along = isOver ? u / 7 - floor(u / 7) : v / 7 - floor(v / 7)
      return Float(sin(.pi * across) * (0.55 + 0.45 * sin(.pi * along)))
    }
  }

  /// Grain along the trunk: uneven stripes that waver together, and fine fibres.
  private var wood: Tensor<Float> {
    let (bend, grain, width) = (Hills(seed: 31), Hills(seed: 32), Hills(seed: 33))
    return Tensor(shape: [extent, extent]) { index in
      let (y, x) = (Double(index[0]), Double(index[1]))
      let across = x + 7 * bend(y / 45, x / 40) + 3 * width(0, x / 11)
      let ring = across / 7.5 - floor(across / 7.5)
      return Float(pow(ring, 1.6) + 0.45 * grain(y / 11, x / 1.5))
    }
  }

  /// Cells around scattered points, dark where two meet.
  private var cells: Tensor<Float> {
    let points = Scatter(seed: 41, spacing: 13)
    return Tensor(shape: [extent, extent]) { index in
      let (first, second) = points.nearest(Double(index[0]), Double(index[1]))
      return Float(min(1, (second - first) / 4) - 0.04 * first)
    }
  }

  /// Overlapping round scales in rows, each brighter towards its edge.
  private var scales: Tensor<Float> {
    let bend = Hills(seed: 51)
    return Tensor(shape: [extent, extent]) { index in
      let y = Double(index[0]) + 2.5 * bend(Double(index[0]) / 31, Double(index[1]) / 31)
      let x = Double(index[1]) + 2.5 * bend(Double(index[1]) / 29, Double(index[0]) / 33 + 50)
      let first = Int(floor(y / 8))
      for row in [first, first - 1] {
        let shift = row % 2 == 0 ? 0.0 : 7.0
        let center = (((x - shift) / 14).rounded()) * 14 + shift
        let distance = hypot(y - Double(row) * 8, x - center)
        if distance < 9.5 { return Float(distance / 9.5) }
      }
      return 0.2
    }
  }
}

/// Random numbers at the points of a lattice, from −1 to 1, and a smooth surface through them.
private struct Hills {
  let seed: Int

  private func height(_ row: Int, _ column: Int) -> Double {
    var random = RandomSource(seed: UInt64(seed)).split(row &* 4099 &+ column)
    return random.uniform(in: -1..<1)
  }

  func callAsFunction(_ y: Double, _ x: Double) -> Double {
    let (row, column) = (Int(floor(y)), Int(floor(x)))
    func eased(_ part: Double) -> Double { part * part * (3 - 2 * part) }
    let (down, right) = (eased(y - floor(y)), eased(x - floor(x)))
    return (1 - down)
      * ((1 - right) * height(row, column) + right * height(row, column + 1)) + down
      * ((1 - right) * height(row + 1, column) + right * height(row + 1, column + 1))
  }
}

/// Points, one at random in every square of a lattice.
private struct Scatter {
  let seed: Int
  let spacing: Double

  /// The distances to the nearest point and to the next.
  func nearest(_ y: Double, _ x: Double) -> (first: Double, second: Double) {
    let (row, column) = (Int(floor(y / spacing)), Int(floor(x / spacing)))
    var (first, second) = (Double.infinity, Double.infinity)
    for near in row - 2...row + 2 {
      for beside in column - 2...column + 2 {
        var random = RandomSource(seed: UInt64(seed)).split(near &* 4099 &+ beside)
        let distance = hypot(
          (Double(near) + random.uniform()) * spacing - y,
          (Double(beside) + random.uniform()) * spacing - x)
        if distance < first {
          (first, second) = (distance, first)
        } else {
          second = min(second, distance)
        }
      }
    }
    return (first, second)
  }
}
