import Numerics

extension Tensor where Element: AdditiveArithmetic {
  /// The sum of all elements, added pairwise so that the error grows with log n.
  @inlinable
  public func sum() -> Element {
    func pairwise(_ range: Range<Int>) -> Element {
      if range.count <= 64 { return storage[range].reduce(.zero, +) }
      let middle = range.lowerBound + range.count / 2
      return pairwise(range.lowerBound..<middle) + pairwise(middle..<range.upperBound)
    }
    return pairwise(0..<count)
  }

  /// The sums along some axes, which disappear from the shape.
  ///
  /// - Throws: ``FiltersmithError`` when an axis is out of range.
  @inlinable
  public func sum(axes: [Int]) throws(FiltersmithError) -> Tensor {
    try reduced(axes: axes, initial: .zero) { $0 += $1 }
  }
}

extension Tensor where Element: BinaryFloatingPoint {
  /// The mean of all elements; not a number when there are none.
  @inlinable
  public func mean() -> Element { sum() / Element(count) }

  /// The means along some axes, which disappear from the shape.
  ///
  /// - Throws: ``FiltersmithError`` when an axis is out of range.
  @inlinable
  public func mean(axes: [Int]) throws(FiltersmithError) -> Tensor {
    let sums = try sum(axes: axes)
    let reducedCount = Element(count) / Element(Swift.max(sums.count, 1))
    return sums.map { $0 / reducedCount }
  }

  /// The mean squared distance from the mean (divided by the count, as NumPy does).
  @inlinable
  public func variance() -> Element {
    let mean = mean()
    return map { ($0 - mean) * ($0 - mean) }.mean()
  }

  /// The square root of the sum of squares.
  @inlinable
  public func norm() -> Element { map { $0 * $0 }.sum().squareRoot() }

  /// Whether every element is finite.
  public var isFinite: Bool { storage.allSatisfy(\.isFinite) }
}

extension Tensor where Element: Comparable {
  /// The smallest element; `nil` when there is none.
  @inlinable
  public func min() -> Element? { storage.min() }
  /// The largest element; `nil` when there is none.
  @inlinable
  public func max() -> Element? { storage.max() }

  /// The smallest elements along some axes, which disappear from the shape.
  ///
  /// - Throws: ``FiltersmithError`` when an axis is out of range or is empty.
  @inlinable
  public func min(axes: [Int]) throws(FiltersmithError) -> Tensor {
    try reduced(axes: axes) { $0 = Swift.min($0, $1) }
  }

  /// The largest elements along some axes, which disappear from the shape.
  ///
  /// - Throws: ``FiltersmithError`` when an axis is out of range or is empty.
  @inlinable
  public func max(axes: [Int]) throws(FiltersmithError) -> Tensor {
    try reduced(axes: axes) { $0 = Swift.max($0, $1) }
  }

  /// The positions of the largest elements along an axis, the first where there are several.
  ///
  /// - Throws: ``FiltersmithError`` when the axis is out of range or is empty.
  @inlinable
  public func indexOfMaximum(axis: Int) throws(FiltersmithError) -> Tensor<Int> {
    let axis = try shape.normalized(axis: axis)
    guard shape[axis] > 0 else {
      throw FiltersmithError(.shape, "no maximum along the empty axis \(axis) of shape \(shape)")
    }
    let outer = shape[..<axis].reduce(1, *)
    let inner = shape[(axis + 1)...].reduce(1, *)
    var positions = [Int](repeating: 0, count: outer * inner)
    for row in 0..<outer {
      for column in 0..<inner {
        let start = row * shape[axis] * inner + column
        var best = 0
        for position in 1..<Swift.max(shape[axis], 1)
        where storage[start + position * inner] > storage[start + best * inner] {
          best = position
        }
        positions[row * inner + column] = best
      }
    }
    return Tensor<Int>(uncheckedShape: shape.removing(axis: axis), storage: positions)
  }
}

extension Tensor {
  /// Folds some axes into one value each; with no `initial` value the first element starts.
  @inlinable
  func reduced(
    axes: [Int], initial: Element? = nil, _ combine: (inout Element, Element) -> Void
  ) throws(FiltersmithError) -> Tensor {
    var folded = Set<Int>()
    for axis in axes { folded.insert(try shape.normalized(axis: axis)) }
    let kept = (0..<rank).filter { !folded.contains($0) }
    let ordered = kept.count == rank ? self : try permuted(kept + folded.sorted())
    let result = Shape(kept.map { shape[$0] })
    let run = folded.reduce(1) { $0 * shape[$1] }
    guard run > 0 || initial != nil else {
      throw FiltersmithError(.shape, "no value to reduce along the empty axes \(axes) of \(shape)")
    }
    var storage: [Element] = []
    storage.reserveCapacity(result.elementCount)
    for row in 0..<result.elementCount {
      var elements = ordered.storage[row * run..<(row + 1) * run]
      var value = initial ?? elements.removeFirst()
      for element in elements { combine(&value, element) }
      storage.append(value)
    }
    return Tensor(uncheckedShape: result, storage: storage)
  }
}
