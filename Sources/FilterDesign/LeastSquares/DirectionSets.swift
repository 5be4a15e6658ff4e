import Numerics
import Tensors

/// Sets of directions for banks of quadrature filters.
///
/// Vectors are in axis order, one of each opposite pair.
public enum DirectionSets {
  /// The customary number of directions: 1, 4, 6 and 12 in one to four dimensions.
  public static func customaryCount(dimensions: Int) -> Int {
    [1: 1, 2: 4, 3: 6, 4: 12][dimensions] ?? 0
  }

  /// An isotropic set.
  ///
  /// - 1D: +1, or +1 and −1.
  /// - 2D: K directions (sin φ, cos φ), φ = πk/K.
  /// - 3D: 6, the diagonals of the icosahedron.
  /// - 4D: 12, the diagonals of the 24-cell.
  ///
  /// - Throws: ``FiltersmithError`` for dimensions or numbers without such a set.
  public static func isotropic(
    dimensions: Int, count: Int? = nil
  ) throws(FiltersmithError) -> [[Double]] {
    let count = count ?? customaryCount(dimensions: dimensions)
    switch (dimensions, count) {
    case (1, 1): return [[1]]
    case (1, 2): return [[1], [-1]]
    case (2, 1...1024): return evenlySpaced(count)
    case (3, 6): return icosahedron
    case (4, 12): return cell24
    case (1...4, _):
      let known = ["1 or 2", "1 to 1024", "6", "12"][dimensions - 1]
      throw FiltersmithError(
        .argument,
        "there is no isotropic set of \(count) directions in \(dimensions)D (there are sets of \(known)); give the directions themselves"
      )
    default:
      throw FiltersmithError(
        .argument, "filters have 1 to 4 dimensions; \(dimensions) were given")
    }
  }

  /// Vectors of any length, scaled to length 1.
  ///
  /// - Throws: ``FiltersmithError`` when there are none, or one is zero, not finite or of another
  ///   number of axes.
  public static func normalized(
    _ directions: [[Double]], dimensions: Int
  ) throws(FiltersmithError) -> [[Double]] {
    try DesignCheck.directions(directions, dimensions: dimensions)
  }

  /// (sin φ, cos φ), φ = πk/K: over half a circle, from the x axis.
  private static func evenlySpaced(_ count: Int) -> [[Double]] {
    (0..<count).map { step in
      // Folded into the first eighth, where sine and cosine are exact about the axes and symmetric.
      let turn = 4 * step  // in units of π/(4 count)
      func sine(_ units: Int) -> Double {
        let units = units % (8 * count)
        if units >= 4 * count { return -sine(units - 4 * count) }
        if units > 2 * count { return sine(4 * count - units) }
        let angle = Double.pi * Double(units) / Double(4 * count)
        return units <= count
          ? Double.sin(angle)
          : Double.cos(Double.pi * Double(2 * count - units) / Double(4 * count))
      }
      return [sine(turn) + 0, sine(turn + 2 * count) + 0]  // + 0 turns −0 into 0
    }
  }

  /// The six diagonals of the icosahedron.
  private static var icosahedron: [[Double]] {
    let scale = 1 / (10 + 2 * 5.0.squareRoot()).squareRoot()
    let (a, b) = (2 * scale, (1 + 5.0.squareRoot()) * scale)
    return [[0, a, b], [0, -a, b], [a, b, 0], [-a, b, 0], [b, 0, a], [b, 0, -a]]
  }

  /// The twelve diagonals of the 24-cell: (e_i ± e_j)/√2.
  private static var cell24: [[Double]] {
    let half = 0.5.squareRoot()
    var directions: [[Double]] = []
    for first in 0..<4 {
      for second in (first + 1)..<4 {
        for sign in [1.0, -1.0] {
          var direction = [0.0, 0, 0, 0]
          direction[first] = half
          direction[second] = sign * half
          directions.append(direction)
        }
      }
    }
    return directions
  }

  /// Whether the outer products n nᵀ span the symmetric tensors, as orientation tensors need.
  ///
  /// At least D(D+1)/2 directions are needed: 1, 3, 6 and 10 in one to four dimensions.
  public static func span(_ directions: [[Double]]) -> Bool {
    guard let dimensions = directions.first?.count, dimensions > 0 else { return false }
    let pairs = (0..<dimensions).flatMap { first in (first..<dimensions).map { (first, $0) } }
    var rows = directions.map { direction in
      // √2 off the diagonal makes the rows' inner products those of the tensors.
      pairs.map { direction[$0] * direction[$1] * ($0 == $1 ? 1 : 2.0.squareRoot()) }
    }
    guard rows.count >= pairs.count, rows.allSatisfy({ $0.count == pairs.count }) else {
      return false
    }
    // Gram–Schmidt, always with the row of the largest remainder.
    for _ in pairs {
      func norm(_ row: [Double]) -> Double { row.reduce(0) { $0 + $1 * $1 }.squareRoot() }
      guard
        let best = rows.indices.max(by: { norm(rows[$0]) < norm(rows[$1]) }),
        norm(rows[best]) > 1e-6
      else { return false }
      let length = norm(rows[best])
      let unit = rows[best].map { $0 / length }
      for index in rows.indices {
        let projection = zip(rows[index], unit).reduce(0) { $0 + $1.0 * $1.1 }
        rows[index] = zip(rows[index], unit).map { $0 - projection * $1 }
      }
    }
    return true
  }
}
