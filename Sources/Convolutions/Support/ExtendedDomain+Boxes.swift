import Tensors

extension ExtendedDomain {
  /// Copies some columns of one row of the extended image.
  ///
  /// - Parameters:
  ///   - row: The image's row that the border takes it from.
  ///   - columns: Positions along the last axis of the extended image.
  ///   - target: Receives as many samples as there are columns.
  func copyRow<Scalar: ConvolutionScalar>(
    _ row: UnsafePointer<Scalar>, _ columns: Range<Int>, into target: UnsafeMutablePointer<Scalar>
  ) {
    let sources = sources[sources.count - 1]
    let inside = columns.clamped(to: interior[interior.count - 1])
    let fill = Scalar(fill)
    func copyOutside(_ columns: Range<Int>, to target: UnsafeMutablePointer<Scalar>) {
      for (index, column) in columns.enumerated() {
        target[index] = sources[column] < 0 ? fill : row[sources[column]]
      }
    }
    guard !inside.isEmpty else { return copyOutside(columns, to: target) }
    copyOutside(columns.lowerBound..<inside.lowerBound, to: target)
    (target + (inside.lowerBound - columns.lowerBound)).update(
      from: row + sources[inside.lowerBound], count: inside.count)
    copyOutside(
      inside.upperBound..<columns.upperBound,
      to: target + (inside.upperBound - columns.lowerBound))
  }
}
