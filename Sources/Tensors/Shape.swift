/// The extents of a dense row-major array, outermost first.
///
/// Images are `[y, x]`, volumes `[z, y, x]`, layer inputs `[batch, channels, (t,) (z,) y, x]`.
/// An empty shape is a single number.
public struct Shape: Hashable, Sendable {
  /// Extents, outermost first.
  public let dimensions: [Int]

  /// A shape of non-negative extents whose product fits an `Int`.
  ///
  /// For extents that come from a file or a user, see ``init(checking:)``.
  @inlinable
  public init(_ dimensions: [Int]) {
    precondition(dimensions.allSatisfy { $0 >= 0 }, "negative extent in \(dimensions)")
    self.dimensions = dimensions
  }

  /// A shape from extents that may be hostile.
  ///
  /// - Throws: ``FiltersmithError`` for a negative extent or a number of elements beyond `Int`.
  @inlinable
  public init(checking dimensions: [Int]) throws(FiltersmithError) {
    var count = 1
    for extent in dimensions {
      guard extent >= 0 else {
        throw FiltersmithError(.shape, "shape \(dimensions) has a negative extent")
      }
      // Zeros elsewhere do not excuse an overflow: NumPy rejects these too.
      let (product, overflow) = count.multipliedReportingOverflow(by: Swift.max(extent, 1))
      guard !overflow else {
        throw FiltersmithError(.limit, "shape \(dimensions) has more elements than fit in memory")
      }
      count = product
    }
    self.dimensions = dimensions
  }

  /// The number of axes.
  @inlinable public var rank: Int { dimensions.count }

  /// The number of elements: the product of the extents, 1 for an empty shape.
  @inlinable
  public var elementCount: Int { dimensions.reduce(1, *) }

  /// The distance in elements between neighbours along each axis.
  @inlinable
  public var strides: [Int] {
    var strides = [Int](repeating: 1, count: rank)
    for axis in stride(from: rank - 2, through: 0, by: -1) {
      strides[axis] = strides[axis + 1] * dimensions[axis + 1]
    }
    return strides
  }

  /// The position in row-major order of an element.
  @inlinable
  public func offset(of index: [Int]) -> Int {
    precondition(index.count == rank, "index \(index) into shape \(self)")
    var offset = 0
    for (position, extent) in zip(index, dimensions) {
      precondition(position >= 0 && position < extent, "index \(index) outside shape \(self)")
      offset = offset * extent + position
    }
    return offset
  }

  /// The index of the element at a position in row-major order: the inverse of ``offset(of:)``.
  @inlinable
  public func index(at offset: Int) -> [Int] {
    var rest = offset
    var index = [Int](repeating: 0, count: rank)
    for axis in dimensions.indices.reversed() {
      index[axis] = rest % dimensions[axis]
      rest /= dimensions[axis]
    }
    return index
  }

  /// Calls `body` with every index in row-major order.
  @inlinable
  public func forEachIndex(_ body: ([Int]) throws -> Void) rethrows {
    guard elementCount > 0 else { return }
    var index = [Int](repeating: 0, count: rank)
    while true {
      try body(index)
      var axis = rank - 1
      while axis >= 0 {
        index[axis] += 1
        if index[axis] < dimensions[axis] { break }
        index[axis] = 0
        axis -= 1
      }
      if axis < 0 { return }
    }
  }

  /// The shape without one axis.
  @inlinable
  public func removing(axis: Int) -> Shape {
    var rest = dimensions
    rest.remove(at: axis)
    return Shape(rest)
  }

  /// The shape with another extent along one axis.
  @inlinable
  public func replacing(axis: Int, with extent: Int) -> Shape {
    var rest = dimensions
    rest[axis] = extent
    return Shape(rest)
  }

  /// Two shapes joined end to end.
  @inlinable
  public static func + (left: Shape, right: Shape) -> Shape {
    Shape(left.dimensions + right.dimensions)
  }

  /// Turns an axis that may count from the end (−1 is the last) into one from the front.
  ///
  /// - Throws: ``FiltersmithError`` when the axis is outside `-rank ..< rank`.
  @inlinable
  public func normalized(axis: Int) throws(FiltersmithError) -> Int {
    guard axis >= -rank, axis < rank else {
      throw FiltersmithError(.shape, "axis \(axis) of shape \(self), which has \(rank) axes")
    }
    return axis < 0 ? axis + rank : axis
  }
}

extension Shape: RandomAccessCollection {
  /// The first axis.
  @inlinable public var startIndex: Int { 0 }
  /// One past the last axis.
  @inlinable public var endIndex: Int { dimensions.count }
  /// The extent along an axis.
  @inlinable public subscript(axis: Int) -> Int { dimensions[axis] }
}

extension Shape: ExpressibleByArrayLiteral {
  /// A shape written as `[3, 64, 64]`.
  @inlinable
  public init(arrayLiteral elements: Int...) { self.init(elements) }
}

extension Shape: CustomStringConvertible {
  /// The shape written as `[3, 64, 64]`.
  @inlinable
  public var description: String { dimensions.description }
}

extension Shape: Codable {
  /// Reads a list of extents.
  public init(from decoder: any Decoder) throws {
    try self.init(checking: decoder.singleValueContainer().decode([Int].self))
  }

  /// Writes a list of extents.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(dimensions)
  }
}
