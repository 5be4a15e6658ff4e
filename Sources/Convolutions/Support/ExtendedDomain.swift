import Tensors

/// Copies a block of an image together with what lies beyond its edges, and back.
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

  /// Copies the box `ranges` of the extended image into the corner of `block`, row by row.
  ///
  /// - Parameters:
  ///   - image: One channel, row-major.
  ///   - ranges: Positions in the extended image, one range per axis.
  ///   - block: Row-major; only the box is written.
  ///   - blockExtents: The extents of `block`, those of the box unless given.
  func copy<Scalar: ConvolutionScalar>(
    _ image: UnsafePointer<Scalar>, _ ranges: [Range<Int>],
    into block: UnsafeMutablePointer<Scalar>, blockExtents: [Int]? = nil
  ) {
    let last = ranges.count - 1
    let fill = Scalar(fill)
    let columns = ranges[last]
    let inside = columns.clamped(to: interior[last])
    let columnSources = sources[last]
    forEachRow(ranges, in: blockExtents ?? ranges.map(\.count)) { offset, start in
      let target = block + offset
      guard let start else {
        target.update(repeating: fill, count: columns.count)
        return
      }
      let source = image + start
      for column in columns.lowerBound..<max(inside.lowerBound, columns.lowerBound)
      where !inside.isEmpty {
        let position = columnSources[column]
        target[column - columns.lowerBound] = position < 0 ? fill : source[position]
      }
      if !inside.isEmpty {
        (target + (inside.lowerBound - columns.lowerBound)).update(
          from: source + columnSources[inside.lowerBound], count: inside.count)
      }
      for column in (inside.isEmpty ? columns.lowerBound : inside.upperBound)..<columns.upperBound {
        let position = columnSources[column]
        target[column - columns.lowerBound] = position < 0 ? fill : source[position]
      }
    }
  }

  /// Calls `body` for every row of a box with where it starts in the block, and where its source row
  /// starts in the image; `nil` when that lies wholly in the constant.
  private func forEachRow(
    _ ranges: [Range<Int>], in blockExtents: [Int], _ body: (_ offset: Int, _ start: Int?) -> Void
  ) {
    let last = ranges.count - 1
    let imageStrides = Shape(extents).strides
    let blockStrides = Shape(blockExtents).strides
    Shape(ranges.dropLast().map(\.count)).forEachIndex { index in
      var start: Int? = 0
      var offset = 0
      for axis in 0..<last {
        offset += index[axis] * blockStrides[axis]
        let source = sources[axis][ranges[axis].lowerBound + index[axis]]
        if source < 0 {
          start = nil
        } else if let sum = start {
          start = sum + source * imageStrides[axis]
        }
      }
      body(offset, start)
    }
  }
}
