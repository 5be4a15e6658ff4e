/// A dense row-major array of any rank, with value semantics.
///
/// Copies share their storage until one of them is written. Rank is dynamic; functions that need a
/// certain rank check it once and throw.
public struct Tensor<Element: Sendable>: Sendable {
  /// The extents, outermost first.
  public let shape: Shape
  /// All elements in row-major order; their number never changes.
  @usableFromInline internal var storage: [Element]

  @usableFromInline
  internal init(uncheckedShape shape: Shape, storage: [Element]) {
    self.shape = shape
    self.storage = storage
  }

  /// A tensor of the given elements in row-major order.
  ///
  /// - Throws: ``FiltersmithError`` when the number of elements is not that of the shape.
  @inlinable
  public init(shape: Shape, elements: [Element]) throws(FiltersmithError) {
    guard elements.count == shape.elementCount else {
      throw FiltersmithError(
        .shape,
        "shape \(shape) holds \(shape.elementCount) elements; \(elements.count) were given")
    }
    self.init(uncheckedShape: shape, storage: elements)
  }

  /// A tensor filled with one value.
  @inlinable
  public init(repeating value: Element, shape: Shape) {
    self.init(
      uncheckedShape: shape, storage: Array(repeating: value, count: shape.elementCount))
  }

  /// A tensor of rank 1.
  @inlinable
  public init(_ elements: [Element]) {
    self.init(uncheckedShape: Shape([elements.count]), storage: elements)
  }

  /// A single number: a tensor of rank 0.
  @inlinable
  public init(scalar: Element) {
    self.init(uncheckedShape: [], storage: [scalar])
  }

  /// A tensor whose elements are computed from their indices.
  @inlinable
  public init(shape: Shape, _ value: (_ index: [Int]) throws -> Element) rethrows {
    var storage: [Element] = []
    storage.reserveCapacity(shape.elementCount)
    try shape.forEachIndex { storage.append(try value($0)) }
    self.init(uncheckedShape: shape, storage: storage)
  }

  /// A tensor whose memory is handed out uninitialised; `initialize` must fill all of it.
  @inlinable
  public init<Failure: Error>(
    uninitialized shape: Shape,
    _ initialize: (UnsafeMutableBufferPointer<Element>) throws(Failure) -> Void
  ) throws(Failure) {
    let count = shape.elementCount
    var failure: Failure?
    let bytes = count * MemoryLayout<Element>.stride
    let storage = [Element](unsafeUninitializedCapacity: count) { buffer, initializedCount in
      if bytes >= LargePages.leastBytes, let start = buffer.baseAddress {
        LargePages.advise(start, bytes: bytes)
      }
      do throws(Failure) {
        try initialize(UnsafeMutableBufferPointer(rebasing: buffer[0..<count]))
        initializedCount = count
      } catch {
        failure = error
        initializedCount = 0
      }
    }
    if let failure { throw failure }
    self.init(uncheckedShape: shape, storage: storage)
  }

  /// The number of axes.
  @inlinable public var rank: Int { shape.rank }
  /// The number of elements.
  @inlinable public var count: Int { storage.count }
  /// All elements in row-major order.
  @inlinable public var elements: [Element] { storage }

  /// One element.
  @inlinable
  public subscript(_ index: Int...) -> Element {
    get { storage[shape.offset(of: index)] }
    set { storage[shape.offset(of: index)] = newValue }
  }

  /// One element.
  @inlinable
  public subscript(_ index: [Int]) -> Element {
    get { storage[shape.offset(of: index)] }
    set { storage[shape.offset(of: index)] = newValue }
  }

  /// Reads the elements in place.
  @inlinable
  public func withUnsafeElements<Result, Failure: Error>(
    _ body: (UnsafeBufferPointer<Element>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try storage.withUnsafeBufferPointer(body)
  }

  /// Changes the elements in place, copying them first if another tensor shares them.
  @inlinable
  public mutating func withUnsafeMutableElements<Result, Failure: Error>(
    _ body: (UnsafeMutableBufferPointer<Element>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    var result: Swift.Result<Result, Failure>?
    storage.withUnsafeMutableBufferPointer { buffer in
      do throws(Failure) {
        result = .success(try body(buffer))
      } catch {
        result = .failure(error)
      }
    }
    return try result!.get()
  }

  /// The same elements under another shape.
  ///
  /// - Throws: ``FiltersmithError`` when the number of elements differs.
  @inlinable
  public func reshaped(to shape: Shape) throws(FiltersmithError) -> Tensor {
    guard shape.elementCount == count else {
      throw FiltersmithError(
        .shape, "shape \(self.shape) (\(count) elements) cannot be read as shape \(shape)")
    }
    return Tensor(uncheckedShape: shape, storage: storage)
  }

  /// A tensor of the same shape with every element transformed.
  @inlinable
  public func map<Result: Sendable>(_ transform: (Element) throws -> Result) rethrows -> Tensor<
    Result
  > {
    Tensor<Result>(uncheckedShape: shape, storage: try storage.map(transform))
  }

  /// Combines two tensors of equal shape, element by element.
  ///
  /// - Throws: ``FiltersmithError`` when the shapes differ.
  @inlinable
  public func zip<Other: Sendable, Result: Sendable>(
    with other: Tensor<Other>, _ combine: (Element, Other) -> Result
  ) throws(FiltersmithError) -> Tensor<Result> {
    guard shape == other.shape else {
      throw FiltersmithError(.shape, "shapes \(shape) and \(other.shape) differ")
    }
    let (left, right) = (storage, other.storage)
    return Tensor<Result>(
      uncheckedShape: shape, storage: left.indices.map { combine(left[$0], right[$0]) })
  }
}

extension Tensor: Equatable where Element: Equatable {}
extension Tensor: Hashable where Element: Hashable {}

extension Tensor: Codable where Element: Codable {
  private enum Keys: String, CodingKey { case shape, elements }

  /// Reads shape and elements, which must fit together.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Keys.self)
    try self.init(
      shape: container.decode(Shape.self, forKey: .shape),
      elements: container.decode([Element].self, forKey: .elements))
  }

  /// Writes the shape and the elements in row-major order.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Keys.self)
    try container.encode(shape, forKey: .shape)
    try container.encode(elements, forKey: .elements)
  }
}

extension Tensor: CustomStringConvertible {
  /// The shape and element type, and the elements of a small tensor.
  public var description: String {
    let head = "Tensor<\(Element.self)>\(shape)"
    return count <= 32 ? "\(head) \(storage)" : head
  }
}
