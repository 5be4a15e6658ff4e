/// Calls `body` for every row of a box with its start in two arrays.
///
/// - Parameters:
///   - counts: The extents of the box, up to four; rows run along the last.
///   - first: The distance between neighbours in the first array, per axis.
///   - second: The same in the second.
@inline(__always)
func forEachRow(
  _ counts: [Int], first: [Int], second: [Int], _ body: (_ first: Int, _ second: Int) -> Void
) {
  // Three outer axes, the missing ones of extent 1: no arrays of indices in an inner loop.
  let missing = 4 - counts.count
  func outer(_ axis: Int) -> (count: Int, first: Int, second: Int) {
    let axis = axis - missing
    return axis < 0 ? (1, 0, 0) : (counts[axis], first[axis], second[axis])
  }
  let (t, z, y) = (outer(0), outer(1), outer(2))
  for i in 0..<t.count {
    for j in 0..<z.count {
      for k in 0..<y.count {
        body(
          i * t.first + j * z.first + k * y.first, i * t.second + j * z.second + k * y.second)
      }
    }
  }
}
