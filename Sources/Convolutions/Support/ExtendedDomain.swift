import Tensors

/// Copies a block of an image together with what lies beyond its edges.
///
/// One table per spatial axis says where each sample of the extended image comes from; all borders,
/// cropping and any rank follow from these tables.
struct ExtendedDomain: Hashable, Sendable {
  /// Extents of the image, per spatial axis.
  let extents: [Int]
  /// Extents of the image extended by the convolution's `before` and `after`.
  let extended: [Int]
  /// Per axis and position in the extended image: the source position, or −1 for the constant.
  let sources: [[Int]]
  /// Per axis: the positions of the extended image whose source lies `before` samples earlier.
  let interior: [Range<Int>]
  /// The constant beyond the edges.
  let fill: Double

  init(_ convolution: Convolution) {
    let rank = convolution.spatialRank
    extents = Array(convolution.input.dimensions.suffix(rank))
    let extents = extents
    extended = (0..<rank).map { extents[$0] + convolution.before[$0] + convolution.after[$0] }
    let extended = extended
    interior = (0..<rank).map { axis in
      let start = max(convolution.before[axis], 0)
      let end = min(convolution.before[axis] + extents[axis], extended[axis])
      return start..<max(start, end)
    }
    let interior = interior
    sources = (0..<rank).map { axis in
      let before = convolution.before[axis]
      return (0..<extended[axis]).map { position in
        interior[axis].contains(position)
          ? position - before
          : convolution.border.source(of: position - before, extent: extents[axis]) ?? -1
      }
    }
    fill = convolution.border.fill
  }

  /// The number of samples of the extended image.
  var count: Int { extended.reduce(1, *) }

  /// Copies a box of the extended image into the corner of `block`, row by row.
  ///
  /// - Parameters:
  ///   - image: One channel, row-major.
  ///   - range: The box's positions in the extended image by axis: all unless given.
  ///   - block: Row-major; only the box is written.
  ///   - blockExtents: The extents of `block`, those of the box unless given.
  @inline(__always)
  func copy<Scalar: ConvolutionScalar>(
    _ image: UnsafePointer<Scalar>, _ range: ((_ axis: Int) -> Range<Int>)? = nil,
    into block: UnsafeMutablePointer<Scalar>, blockExtents: [Int]? = nil
  ) {
    let last = extents.count - 1
    func positions(_ axis: Int) -> Range<Int> { range?(axis) ?? 0..<extended[axis] }
    let columns = positions(last)
    // Three outer axes, the missing ones of one position: no arrays of indices.
    func axis(_ number: Int) -> (range: Range<Int>, image: Int, block: Int)? {
      let axis = number - (3 - last)
      guard axis >= 0 else { return nil }
      var (imageStep, blockStep) = (1, 1)
      for inner in axis + 1...last {
        imageStep *= extents[inner]
        blockStep *= blockExtents?[inner] ?? positions(inner).count
      }
      return (positions(axis), imageStep, blockStep)
    }
    let axes = (axis(0), axis(1), axis(2))
    for t in axes.0?.range ?? 0..<1 {
      for z in axes.1?.range ?? 0..<1 {
        for y in axes.2?.range ?? 0..<1 {
          var (start, target, isInside) = (0, 0, true)
          func step(
            _ axis: (range: Range<Int>, image: Int, block: Int)?, _ number: Int, _ position: Int
          ) {
            guard let axis else { return }
            let source = sources[number - (3 - last)][position]
            isInside = isInside && source >= 0
            start += source * axis.image
            target += (position - axis.range.lowerBound) * axis.block
          }
          step(axes.0, 0, t)
          step(axes.1, 1, z)
          step(axes.2, 2, y)
          if isInside {
            copyRow(image + start, columns, into: block + target)
          } else {
            (block + target).update(repeating: Scalar(fill), count: columns.count)
          }
        }
      }
    }
  }

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
