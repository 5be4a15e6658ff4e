import Fourier
import Numerics
import Tensors

/// The frequencies of a design in the order of transforms, walked row by row and in parallel.
struct DesignGrid: Sendable {
  let shape: Shape
  /// Rows run along the last axis.
  let rowCount: Int
  let rowLength: Int
  /// u_d/s_d along each axis, zero frequency first.
  private let frequencies: [[Double]]
  private let outer: Shape

  init(shape: Shape, spacing: [Double]) {
    self.shape = shape
    let grid = FrequencyGrid(shape: shape, order: .transform)
    frequencies = shape.indices.map { axis in
      grid.frequencies(axis: axis).map { $0 / spacing[axis] }
    }
    rowLength = shape[shape.rank - 1]
    rowCount = shape.elementCount / rowLength
    outer = Shape(Array(shape.dimensions.dropLast()))
  }

  /// The number of rows that a thread takes at a time, so that tiny grids stay on one thread.
  var grain: Int { max(1, 4096 / rowLength) }

  /// Calls `body` for every row with the position of its first frequency and the frequencies' fixed
  /// components; ``vector(_:_:)`` completes them.
  func forEachRow(_ body: @Sendable (_ row: Int, _ base: SIMD4<Double>) -> Void) {
    parallelFor(rowCount, grain: grain) { row in body(row, base(ofRow: row)) }
  }

  private func base(ofRow row: Int) -> SIMD4<Double> {
    var base = SIMD4<Double>(repeating: 0)
    var rest = row
    for axis in outer.indices.reversed() {
      base[axis] = frequencies[axis][rest % outer[axis]]
      rest /= outer[axis]
    }
    return base
  }

  /// Calls `body` for every frequency of one row.
  @inline(__always)
  func forEachFrequency(
    ofRow row: Int, base: SIMD4<Double>, _ body: (_ position: Int, FrequencyVector) -> Void
  ) {
    let axis = shape.rank - 1
    var components = base
    let start = row * rowLength
    frequencies[axis].withUnsafeBufferPointer { last in
      for column in 0..<rowLength {
        components[axis] = last[column]
        body(start + column, FrequencyVector(components))
      }
    }
  }

  /// A sum over all frequencies, added row by row and then pairwise: the same for any number of threads.
  func sum(
    _ value: @escaping @Sendable (_ row: Int, _ base: SIMD4<Double>) -> SIMD4<Double>
  ) -> SIMD4<Double> {
    var rows = [SIMD4<Double>](repeating: .zero, count: rowCount)
    rows.withUnsafeMutableBufferPointer { buffer in
      let shared = SharedPointer(buffer)
      forEachRow { row, base in shared[row] = value(row, base) }
    }
    return PairwiseSum.of(rows[...])
  }
}

/// Sums whose error grows with log n.
enum PairwiseSum {
  static func of(_ values: ArraySlice<SIMD4<Double>>) -> SIMD4<Double> {
    if values.count <= 16 { return values.reduce(.zero, +) }
    let middle = values.startIndex + values.count / 2
    return of(values[..<middle]) + of(values[middle...])
  }
}

/// An ideal response ready to be read row by row in the order of transforms.
struct SampledIdeal: Sendable {
  private enum Source: Sendable {
    case real(@Sendable (FrequencyVector) -> Double)
    case complex(@Sendable (FrequencyVector) -> Complex<Double>)
    case realSamples(Tensor<Double>)
    case complexSamples(Tensor<Complex<Double>>)
  }

  private let source: Source
  let isReal: Bool

  init(_ ideal: IdealResponse, name: String, grid: Shape) throws(FiltersmithError) {
    isReal = ideal.isReal
    func check(_ shape: Shape) throws(FiltersmithError) {
      guard shape == grid else {
        throw FiltersmithError(
          .shape, "\(name) has shape \(shape); the design grid has \(grid)")
      }
    }
    switch ideal {
    case .function(let function):
      switch function.body {
      case .real(let value): source = .real(value)
      case .complex(let value): source = .complex(value)
      }
    case .real(let samples):
      try check(samples.shape)
      source = .realSamples(try samples.uncentered())
    case .complex(let samples):
      try check(samples.shape)
      source = .complexSamples(try samples.uncentered())
    }
  }

  /// Calls `body` with the ideal at every frequency of one row.
  @inline(__always)
  func forEachValue(
    ofRow row: Int, base: SIMD4<Double>, on grid: DesignGrid,
    _ body: (_ position: Int, FrequencyVector, Complex<Double>) -> Void
  ) {
    switch source {
    case .real(let value):
      grid.forEachFrequency(ofRow: row, base: base) { body($0, $1, Complex(value($1), 0)) }
    case .complex(let value):
      grid.forEachFrequency(ofRow: row, base: base) { body($0, $1, value($1)) }
    case .realSamples(let samples):
      samples.withUnsafeElements { samples in
        grid.forEachFrequency(ofRow: row, base: base) { body($0, $1, Complex(samples[$0], 0)) }
      }
    case .complexSamples(let samples):
      samples.withUnsafeElements { samples in
        grid.forEachFrequency(ofRow: row, base: base) { body($0, $1, samples[$0]) }
      }
    }
  }
}
