import Tensors

/// The connected components of a binary image, numbered.
///
/// Each row is split into runs of true samples; runs that touch those of an earlier row are joined
/// (union–find). Components are numbered from 1 in the order of their first samples, as
/// `scipy.ndimage.label` numbers them.
public struct ConnectedComponents: Sendable, Hashable {
  /// The number of every sample's component; 0 where the image is false.
  public let labels: Tensor<Int32>
  /// The number of components.
  public let count: Int

  /// Finds the components of an image of any number of axes.
  ///
  /// - Parameters:
  ///   - image: True in the foreground.
  ///   - connectivity: Along how many axes neighbours may differ: 1 joins across faces only, the number
  ///     of axes across edges and corners too.
  /// - Throws: ``FiltersmithError`` for another connectivity, or more than 2³¹ samples.
  public init(of image: Tensor<Bool>, connectivity: Int = 1) throws(FiltersmithError) {
    guard image.rank >= 1, (1...image.rank).contains(connectivity) else {
      throw FiltersmithError(
        .argument,
        "connectivity \(connectivity) of an image of shape \(image.shape); 1 to the number of axes "
          + "was expected")
    }
    guard image.count < Int(Int32.max) else {
      throw FiltersmithError(
        .limit, "an image of shape \(image.shape) has too many samples to label")
    }
    var rows = RowRuns(image)
    rows.join(connectivity: connectivity, shape: image.shape)
    (labels, count) = rows.label(image.shape)
  }

  init(unchecked labels: Tensor<Int32>, count: Int) {
    self.labels = labels
    self.count = count
  }

  /// Components that are numbered already.
  ///
  /// - Parameter labels: From 0, outside all components, up.
  /// - Throws: ``FiltersmithError`` for a negative number.
  public init(labels: Tensor<Int32>) throws(FiltersmithError) {
    guard labels.rank >= 1 else {
      throw FiltersmithError(.shape, "labels have at least one axis; given \(labels.shape)")
    }
    guard (labels.min() ?? 0) >= 0 else {
      throw FiltersmithError(.argument, "labels are numbers from 0 up; one is \(labels.min() ?? 0)")
    }
    self.labels = labels
    count = Int(labels.max() ?? 0)
  }
}

/// The runs of true samples in all rows.
private struct RowRuns {
  private let width: Int
  private let rows: Int
  /// Where the runs of each row begin in the lists below.
  private var starts: [Int]
  private var first: [Int32] = []
  private var end: [Int32] = []
  private var parents: [Int32] = []

  init(_ image: Tensor<Bool>) {
    let width = max(image.shape[image.rank - 1], 1)
    let rows = image.count / width
    let band = 64
    let bands = (rows + band - 1) / band
    var found = [[Int32]](repeating: [], count: bands)
    var counts = [Int](repeating: 0, count: rows + 1)
    found.withUnsafeMutableBufferPointer { found in
      counts.withUnsafeMutableBufferPointer { counts in
        let (found, counts) = (SharedPointer(found), SharedPointer(counts))
        image.withUnsafeElements { source in
          let bytes = SharedPointer(
            reading: UnsafeRawBufferPointer(source).bindMemory(to: UInt8.self))
          parallelFor(bands) { piece in
            var edges: [Int32] = []
            for row in piece * band..<min((piece + 1) * band, rows) {
              let before = edges.count
              Self.scan(bytes.pointer + row * width, width, into: &edges)
              counts[row + 1] = (edges.count - before) / 2
            }
            found[piece] = edges
          }
        }
      }
    }
    for row in 0..<rows { counts[row + 1] += counts[row] }
    self.width = width
    self.rows = rows
    starts = counts
    let total = counts[rows]
    first.reserveCapacity(total)
    end.reserveCapacity(total)
    for edges in found {
      for index in stride(from: 0, to: edges.count, by: 2) {
        first.append(edges[index])
        end.append(edges[index + 1])
      }
    }
    parents = (0..<Int32(total)).map { $0 }
  }

  /// Appends the first sample and the end of each run; eight samples are skipped at a time.
  private static func scan(_ row: UnsafePointer<UInt8>, _ width: Int, into edges: inout [Int32]) {
    let raw = UnsafeRawPointer(row)
    var x = 0
    while true {
      while x + 8 <= width, raw.loadUnaligned(fromByteOffset: x, as: UInt64.self) == 0 { x += 8 }
      while x < width, row[x] == 0 { x += 1 }
      guard x < width else { return }
      edges.append(Int32(x))
      let ones: UInt64 = 0x0101_0101_0101_0101
      while x + 8 <= width, raw.loadUnaligned(fromByteOffset: x, as: UInt64.self) == ones { x += 8 }
      while x < width, row[x] != 0 { x += 1 }
      edges.append(Int32(x))
    }
  }

  /// Joins runs with those they touch in earlier rows.
  mutating func join(connectivity: Int, shape: Shape) {
    let outer = Shape(Array(shape.dimensions.dropLast()))
    let strides = outer.strides
    // Earlier rows that are neighbours, and whether runs may also touch at their corners.
    var neighbors: [(offset: [Int], step: Int, reach: Int32)] = []
    Shape(Array(repeating: 3, count: outer.rank)).forEachIndex { index in
      let offset = index.map { $0 - 1 }
      let differing = offset.reduce(0) { $0 + abs($1) }
      let step = zip(offset, strides).reduce(0) { $0 + $1.0 * $1.1 }
      let isBefore = offset.first { $0 != 0 }.map { $0 < 0 } ?? false
      if isBefore, differing <= connectivity {
        neighbors.append((offset, step, differing < connectivity ? 1 : 0))
      }
    }
    parents.withUnsafeMutableBufferPointer { parents in
      first.withUnsafeBufferPointer { first in
        end.withUnsafeBufferPointer { end in
          for row in 0..<rows {
            let index = outer.index(at: row)
            for neighbor in neighbors {
              let isInside = zip(index, neighbor.offset).enumerated().allSatisfy { axis, pair in
                (0..<outer[axis]).contains(pair.0 + pair.1)
              }
              guard isInside else { continue }
              let other = row + neighbor.step
              let reach = neighbor.reach
              var (a, b) = (starts[row], starts[other])
              let (lastA, lastB) = (starts[row + 1], starts[other + 1])
              while a < lastA, b < lastB {
                if first[a] < end[b] &+ reach, first[b] < end[a] &+ reach {
                  Self.unite(parents, Int32(a), Int32(b))
                }
                if end[a] < end[b] { a += 1 } else { b += 1 }
              }
            }
          }
        }
      }
    }
  }

  @inline(__always)
  private static func root(_ parents: UnsafeMutableBufferPointer<Int32>, _ run: Int32) -> Int32 {
    var run = run
    while parents[Int(run)] != run {
      let next = parents[Int(run)]
      parents[Int(run)] = parents[Int(next)]
      run = next
    }
    return run
  }

  /// The earlier run becomes the root, so that components are numbered in the order of first samples.
  @inline(__always)
  private static func unite(
    _ parents: UnsafeMutableBufferPointer<Int32>, _ first: Int32, _ second: Int32
  ) {
    let (a, b) = (root(parents, first), root(parents, second))
    if a < b { parents[Int(b)] = a } else if b < a { parents[Int(a)] = b }
  }

  /// Writes the number of each run's component over its samples.
  mutating func label(_ shape: Shape) -> (labels: Tensor<Int32>, count: Int) {
    var next: Int32 = 0
    // A run's root comes before it, so that roots have their numbers already.
    var numbers = [Int32](repeating: 0, count: parents.count)
    parents.withUnsafeMutableBufferPointer { parents in
      for run in parents.indices {
        let parent = Self.root(parents, Int32(run))
        if parent == run {
          next += 1
          numbers[run] = next
        } else {
          numbers[run] = numbers[Int(parent)]
        }
      }
    }
    let (width, rows, starts, first, end) = (width, rows, starts, first, end)
    let final = numbers
    let labels = Tensor<Int32>(uninitialized: shape) { buffer in
      guard buffer.count > 0 else { return }
      let output = SharedPointer(buffer)
      parallelFor(rows, grain: 32) { row in
        let line = output.pointer + row * width
        var position = 0
        for run in starts[row]..<starts[row + 1] {
          let (from, to) = (Int(first[run]), Int(end[run]))
          (line + position).initialize(repeating: 0, count: from - position)
          (line + from).initialize(repeating: final[run], count: to - from)
          position = to
        }
        (line + position).initialize(repeating: 0, count: width - position)
      }
    }
    return (labels, Int(next))
  }
}
