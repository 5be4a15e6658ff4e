import Convolutions
import Tensors

extension Tensor where Element: ConvolutionScalar {
  /// Grey reconstruction by dilation: this image, the marker, grows under a mask until nothing
  /// changes.
  ///
  /// Dilation by the nearest neighbours and the pointwise minimum with the mask, repeated until
  /// stable; done by two scans and a queue (Vincent 1993, the hybrid algorithm). Peaks of the mask
  /// that the marker does not touch are cut down to the height it reaches.
  ///
  /// - Parameters:
  ///   - mask: Of the same shape, nowhere below the marker.
  ///   - connectivity: Along how many axes neighbours may differ; all unless given.
  /// - Throws: ``FiltersmithError`` for other shapes, a marker above the mask or a NaN.
  public func reconstructed(
    under mask: Tensor, connectivity: Int? = nil
  ) throws(FiltersmithError) -> Tensor {
    guard shape == mask.shape, rank > 0 else {
      throw FiltersmithError(.shape, "marker \(shape) and mask \(mask.shape) differ")
    }
    let fits = withUnsafeElements { marker in
      mask.withUnsafeElements { mask in marker.indices.allSatisfy { marker[$0] <= mask[$0] } }
    }
    guard fits else {
      throw FiltersmithError(
        .argument, "a marker lies nowhere above its mask, and both hold numbers")
    }
    let neighbors = try StructuringElement.neighbors(
      connectivity: connectivity ?? rank, dimensions: rank)
    guard count > 0 else { return self }
    // A frame of −∞ saves every test for the edge.
    let frame = Array(repeating: 1, count: rank)
    let border = Border.constant(-Double(Element.greatestFiniteMagnitude))
    var result = try padded(before: frame, border: border)
    let limit = try mask.padded(before: frame, border: border)
    let strides = result.shape.strides
    let steps = neighbors.offsets.map { offset in
      offset.indices.reduce(0) { $0 + offset[$1] * strides[$1] }
    }
    result.withUnsafeMutableElements { values in
      limit.withUnsafeElements { limit in
        Self.reconstruct(values, limit, interior: shape, strides, steps.filter { $0 < 0 })
      }
    }
    return try result.sliced(shape.map { 1..<$0 + 1 })
  }

  /// The reverse: the marker shrinks above a mask, by erosion.
  ///
  /// - Throws: ``FiltersmithError`` for other shapes, a marker below the mask or a NaN.
  public func reconstructed(
    above mask: Tensor, connectivity: Int? = nil
  ) throws(FiltersmithError) -> Tensor {
    try map { -$0 }.reconstructed(under: mask.map { -$0 }, connectivity: connectivity)
      .map { -$0 }
  }

  /// The image with its holes filled: dark basins that do not reach the edge rise to their lowest
  /// rim.
  ///
  /// - Throws: ``FiltersmithError`` for a NaN, or no axes.
  public func basinsFilled(connectivity: Int = 1) throws(FiltersmithError) -> Tensor {
    let highest = self.max() ?? 0
    var marker = Tensor(repeating: highest, shape: shape)
    shape.forEachIndex { index in
      if Swift.zip(index, shape).contains(where: { $0 == 0 || $0 == $1 - 1 }) {
        marker[index] = self[index]
      }
    }
    return try marker.reconstructed(above: self, connectivity: connectivity)
  }

  @_specialize(where Element == Float)
  @_specialize(where Element == Double)
  private static func reconstruct(
    _ values: UnsafeMutableBufferPointer<Element>, _ limit: UnsafeBufferPointer<Element>,
    interior: Shape, _ strides: [Int], _ before: [Int]
  ) {
    let width = interior[interior.rank - 1]
    let outer = Shape(Array(interior.dimensions.dropLast()))
    func rowStart(_ row: Int) -> Int {
      Swift.zip(outer.index(at: row), strides).reduce(1) { $0 + ($1.0 + 1) * $1.1 }
    }
    for row in 0..<outer.elementCount {
      let start = rowStart(row)
      for place in start..<start + width {
        var best = values[place]
        for step in before { best = Swift.max(best, values[place + step]) }
        values[place] = Swift.min(best, limit[place])
      }
    }
    var queue: [Int] = []
    for row in (0..<outer.elementCount).reversed() {
      let start = rowStart(row)
      for place in (start..<start + width).reversed() {
        var best = values[place]
        for step in before { best = Swift.max(best, values[place - step]) }
        values[place] = Swift.min(best, limit[place])
        let value = values[place]
        for step in before {
          let neighbor = place - step
          if values[neighbor] < value, values[neighbor] < limit[neighbor] {
            queue.append(place)
            break
          }
        }
      }
    }
    var next = 0
    while next < queue.count {
      let place = queue[next]
      next += 1
      let value = values[place]
      for step in before {
        for neighbor in [place - step, place + step]
        where values[neighbor] < value && values[neighbor] < limit[neighbor] {
          values[neighbor] = Swift.min(value, limit[neighbor])
          queue.append(neighbor)
        }
      }
    }
  }
}
