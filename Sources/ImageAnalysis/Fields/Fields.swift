import Tensors

/// Calls `body` with pointers to the elements of several tensors, which are only read.
func reading<Result>(
  _ tensors: [Tensor<Float>], _ body: ([ReadOnlyPointer<Float>]) -> Result
) -> Result {
  func next(_ pointers: [ReadOnlyPointer<Float>]) -> Result {
    guard pointers.count < tensors.count else { return body(pointers) }
    return tensors[pointers.count].withUnsafeElements {
      next(pointers + [ReadOnlyPointer($0)])
    }
  }
  return next([])
}

extension Tensor where Element == Float {
  /// A field computed piece by piece from others.
  ///
  /// - Parameters:
  ///   - shape: The result's shape, `[channels…, space…]`.
  ///   - samples: The number of samples that the pieces divide: of space, or of all elements.
  ///   - sources: The fields read.
  ///   - body: Fills the samples of a piece in every channel of `output`.
  init(
    _ shape: Shape, samples: Int, from sources: [Tensor<Float>],
    _ body:
      @Sendable (
        _ sources: [ReadOnlyPointer<Float>], _ output: SharedPointer<Float>, _ piece: Range<Int>
      ) -> Void
  ) {
    self.init(uninitialized: shape) { buffer in
      let output = SharedPointer(buffer)
      reading(sources) { sources in
        forEachPart(samples, of: 1 << 13) { body(sources, output, $0) }
      }
    }
  }

  /// The sum of squares of all elements over the number of elements.
  var meanSquare: Double {
    withUnsafeElements { $0.reduce(0) { $0 + Double($1) * Double($1) } }
      / Double(Swift.max(count, 1))
  }
}
