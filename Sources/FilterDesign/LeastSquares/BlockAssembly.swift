import Numerics
import Tensors

/// Writes the matrices of the systems that the normal equations split into.
///
/// In the basis of ``ParityTransform`` a Toeplitz matrix of an even T has along each axis the entries
/// w_x w_y (T(x−y) ± T(x+y)), x, y ≥ 0, with + for even, − for odd parts, w_0 = √½, else 1.
/// Matrices are stored by columns; only the part on and below the diagonal is written.
struct BlockAssembly: Sendable {
  private let equations: NormalEquations
  /// T at distances 0 … n−1 along each axis, which is all there is of a T that is even in each.
  private let lags: Tensor<Double>

  init(_ equations: NormalEquations) {
    self.equations = equations
    lags =
      equations.symmetry == .axes
      ? Tensor(shape: equations.support) { equations.lag($0).real } : Tensor([0])
  }

  /// The matrix of a block when the weights are even along every axis.
  func writeAxisBlock(_ block: ParityBlock, to matrix: UnsafeMutablePointer<Double>) {
    let rank = block.extents.rank
    // One slab of folded lags per axis: what is left of the table when that axis is done.
    var slabs: [[Double]] = []
    for axis in 0..<rank {
      slabs.append(
        [Double](repeating: 0, count: equations.support[(axis + 1)...].reduce(1, *)))
    }
    lags.withUnsafeElements { table in
      fold(
        axis: 0, table: ReadOnlyPointer(table).pointer, slabs: &slabs[...], row: 0,
        column: 0, block, matrix)
    }
    let order = block.order
    block.extents.forEachIndex { index in
      let position = zip(index, block.extents).reduce(0) { $0 * $1.1 + $1.0 }
      let tap = equations.support.offset(
        of: index.indices.map {
          equations.support[$0] / 2 + block.coordinate(axis: $0, index[$0])
        })
      matrix[position * order + position] += equations.diagonal.elements[tap]
    }
  }

  private func fold(
    axis: Int, table: UnsafePointer<Double>, slabs: inout ArraySlice<[Double]>, row: Int,
    column: Int, _ block: ParityBlock, _ matrix: UnsafeMutablePointer<Double>
  ) {
    let extent = block.extents[axis]
    let sign: Double = block.isOdd[axis] ? -1 : 1
    let order = block.order
    let isLast = axis == block.extents.rank - 1
    let rest = equations.support[(axis + 1)...].reduce(1, *)
    func weight(_ coordinate: Int) -> Double { coordinate == 0 ? 0.5.squareRoot() : 1 }
    for columnStep in 0..<extent {
      let y = block.coordinate(axis: axis, columnStep)
      // Along the first axis it is known already which entries lie above the diagonal.
      for rowStep in (axis == 0 ? columnStep : 0)..<extent {
        let x = block.coordinate(axis: axis, rowStep)
        let scale = weight(x) * weight(y)
        let (nextRow, nextColumn) = (row * extent + rowStep, column * extent + columnStep)
        if isLast {
          matrix[nextColumn * order + nextRow] = scale * (table[abs(x - y)] + sign * table[x + y])
          continue
        }
        let (near, far) = (table + abs(x - y) * rest, table + (x + y) * rest)
        var slab: [Double] = []
        swap(&slab, &slabs[axis])
        for position in 0..<rest {
          slab[position] = scale * (near[position] + sign * far[position])
        }
        slab.withUnsafeBufferPointer { folded in
          fold(
            axis: axis + 1, table: ReadOnlyPointer(folded).pointer, slabs: &slabs,
            row: nextRow, column: nextColumn, block, matrix)
        }
        swap(&slab, &slabs[axis])
      }
    }
  }

  /// The matrix of the even or the odd block when the weights are even about the centre only.
  func writeCenterBlock(_ block: ParityBlock, to matrix: UnsafeMutablePointer<Double>) {
    let table = differenceTable { $0.real }
    let positions = table.positions.dropFirst(equations.support.elementCount / 2)
    let coordinates = Array(block.isOdd[0] ? positions.dropFirst() : positions)
    let diagonal = equations.diagonal.elements
    let sign: Double = block.isOdd[0] ? -1 : 1
    let (order, center) = (block.order, table.center)
    let middle = equations.support.elementCount / 2 + (block.isOdd[0] ? 1 : 0)
    for column in 0..<order {
      let y = coordinates[column]
      for row in column..<order {
        let x = coordinates[row]
        let scale = (x == 0 ? 0.5.squareRoot() : 1) * (y == 0 ? 0.5.squareRoot() : 1)
        matrix[column * order + row] =
          scale * (table.values[center + x - y] + sign * table.values[center + x + y])
      }
      matrix[column * order + column] += diagonal[middle + column]
    }
  }

  /// The whole complex matrix, when the weights have no symmetry.
  func writeWhole(to matrix: UnsafeMutablePointer<Complex<Double>>) {
    let table = differenceTable { $0 }
    let positions = table.positions
    let diagonal = equations.diagonal.elements
    for column in positions.indices {
      for row in column..<positions.count {
        matrix[column * positions.count + row] =
          table.values[table.center + positions[row] - positions[column]]
      }
      matrix[column * positions.count + column] += Complex(diagonal[column], 0)
    }
  }

  /// T at all distances between taps, as one row: the position of x−y is that of x less that of y.
  private func differenceTable<Value>(
    _ value: (Complex<Double>) -> Value
  ) -> (values: [Value], positions: [Int], center: Int) {
    let support = equations.support
    let distances = Shape(support.map { 2 * $0 - 1 })
    let strides = distances.strides
    var values: [Value] = []
    values.reserveCapacity(distances.elementCount)
    distances.forEachIndex { index in
      values.append(value(equations.lag(zip(index, support).map { $0 - ($1 - 1) })))
    }
    var positions: [Int] = []
    support.forEachIndex { index in
      positions.append(
        index.indices.reduce(0) { $0 + (index[$1] - support[$1] / 2) * strides[$1] })
    }
    return (values, positions, values.count / 2)
  }
}
