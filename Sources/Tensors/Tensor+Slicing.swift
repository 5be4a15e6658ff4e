extension Tensor {
  /// A copy of the box given by one range per axis.
  ///
  /// - Throws: ``FiltersmithError`` when the number of ranges is not the rank, or one is out of bounds.
  @inlinable
  public func sliced(_ ranges: [Range<Int>]) throws(FiltersmithError) -> Tensor {
    guard ranges.count == rank else {
      throw FiltersmithError(.shape, "\(ranges.count) ranges for shape \(shape) of rank \(rank)")
    }
    for (axis, range) in ranges.enumerated() {
      guard range.lowerBound >= 0, range.upperBound <= shape[axis] else {
        throw FiltersmithError(.shape, "range \(range) along axis \(axis) of shape \(shape)")
      }
    }
    let strides = shape.strides
    let start = Swift.zip(ranges, strides).reduce(0) { $0 + $1.0.lowerBound * $1.1 }
    return gathered(shape: Shape(ranges.map(\.count)), strides: strides, start: start)
  }

  /// A copy of a range along one axis.
  ///
  /// - Throws: ``FiltersmithError`` when the axis or the range is out of bounds.
  @inlinable
  public func sliced(axis: Int, _ range: Range<Int>) throws(FiltersmithError) -> Tensor {
    let axis = try shape.normalized(axis: axis)
    var ranges = shape.map { 0..<$0 }
    ranges[axis] = range
    return try sliced(ranges)
  }

  /// A copy of the slice at one position along an axis, without that axis.
  ///
  /// - Throws: ``FiltersmithError`` when the axis or the position is out of range.
  @inlinable
  public func selected(axis: Int, at position: Int) throws(FiltersmithError) -> Tensor {
    let axis = try shape.normalized(axis: axis)
    guard position >= 0, position < shape[axis] else {
      throw FiltersmithError(.shape, "position \(position) along axis \(axis) of shape \(shape)")
    }
    return try sliced(axis: axis, position..<position + 1).reshaped(to: shape.removing(axis: axis))
  }

  /// A copy with its axes in another order: `permuted([1, 0])` transposes a matrix.
  ///
  /// - Throws: ``FiltersmithError`` when `axes` is not a permutation of all axes.
  @inlinable
  public func permuted(_ axes: [Int]) throws(FiltersmithError) -> Tensor {
    guard axes.sorted() == Array(0..<rank) else {
      throw FiltersmithError(.shape, "\(axes) is not a permutation of the axes of shape \(shape)")
    }
    let strides = shape.strides
    return gathered(
      shape: Shape(axes.map { shape[$0] }), strides: axes.map { strides[$0] }, start: 0)
  }

  /// A copy reversed along the given axes, or along all of them.
  ///
  /// - Throws: ``FiltersmithError`` when an axis is out of range.
  @inlinable
  public func flipped(axes: [Int]? = nil) throws(FiltersmithError) -> Tensor {
    var strides = shape.strides
    var start = 0
    guard count > 0 else { return self }
    for axis in axes ?? Array(0..<rank) {
      let axis = try shape.normalized(axis: axis)
      start += (shape[axis] - 1) * strides[axis]
      strides[axis] = -strides[axis]
    }
    return gathered(shape: shape, strides: strides, start: start)
  }

  /// Tensors of one shape stacked along a new axis.
  ///
  /// - Throws: ``FiltersmithError`` when there are none, or their shapes differ.
  @inlinable
  public static func stacked(_ tensors: [Tensor], axis: Int = 0) throws(FiltersmithError) -> Tensor
  {
    guard let first = tensors.first else {
      throw FiltersmithError(.shape, "no tensors to stack")
    }
    guard axis >= 0, axis <= first.rank else {
      throw FiltersmithError(
        .shape, "cannot stack tensors of shape \(first.shape) along axis \(axis)")
    }
    var parts: [Tensor] = []
    for tensor in tensors {
      guard tensor.shape == first.shape else {
        throw FiltersmithError(.shape, "cannot stack shapes \(first.shape) and \(tensor.shape)")
      }
      var extents = tensor.shape.dimensions
      extents.insert(1, at: axis)
      parts.append(try tensor.reshaped(to: Shape(extents)))
    }
    return try concatenated(parts, axis: axis)
  }

  /// Tensors joined end to end along an existing axis.
  ///
  /// - Throws: ``FiltersmithError`` when there are none, or another extent differs.
  @inlinable
  public static func concatenated(_ tensors: [Tensor], axis: Int) throws(FiltersmithError) -> Tensor
  {
    guard let first = tensors.first else {
      throw FiltersmithError(.shape, "no tensors to concatenate")
    }
    let axis = try first.shape.normalized(axis: axis)
    var extent = 0
    for tensor in tensors {
      guard
        tensor.rank == first.rank,
        tensor.shape.replacing(axis: axis, with: 0) == first.shape.replacing(axis: axis, with: 0)
      else {
        throw FiltersmithError(
          .shape, "cannot concatenate shapes \(first.shape) and \(tensor.shape) along axis \(axis)")
      }
      extent += tensor.shape[axis]
    }
    let outer = first.shape[..<axis].reduce(1, *)
    let inner = first.shape[(axis + 1)...].reduce(1, *)
    var storage: [Element] = []
    storage.reserveCapacity(outer * inner * extent)
    for row in 0..<outer {
      for tensor in tensors {
        let run = tensor.shape[axis] * inner
        storage.append(contentsOf: tensor.storage[row * run..<(row + 1) * run])
      }
    }
    return Tensor(
      uncheckedShape: first.shape.replacing(axis: axis, with: extent), storage: storage)
  }

  /// Copies the elements at `start + Σ index · stride`: every view by copy comes from here.
  @inlinable
  func gathered(shape: Shape, strides: [Int], start: Int) -> Tensor {
    let count = shape.elementCount
    guard count > 0 else { return Tensor(uncheckedShape: shape, storage: []) }
    guard let innerStride = strides.last else { return self }
    let inner = shape[shape.rank - 1]
    let outer = Shape(Array(shape.dimensions.dropLast()))
    var gathered: [Element] = []
    gathered.reserveCapacity(count)
    storage.withUnsafeBufferPointer { source in
      outer.forEachIndex { index in
        var offset = start
        for (position, stride) in Swift.zip(index, strides) { offset += position * stride }
        if innerStride == 1 {
          gathered.append(contentsOf: source[offset..<offset + inner])
        } else {
          for step in 0..<inner { gathered.append(source[offset + step * innerStride]) }
        }
      }
    }
    return Tensor(uncheckedShape: shape, storage: gathered)
  }
}
