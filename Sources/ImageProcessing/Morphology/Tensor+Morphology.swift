import Convolutions
import Tensors

extension Tensor where Element: ConvolutionScalar {
  /// Grey erosion: the smallest value under the structuring element, (f ⊖ B)(x) = min f(x + b).
  ///
  /// - Parameters:
  ///   - element: B; its axes are the image's last, axes before them hold separate images.
  ///   - border: How the image continues. With a symmetric border boxes see only values of the image.
  /// - Throws: ``FiltersmithError`` when B has more axes than the image, or the border changes the size.
  public func eroded(
    by element: StructuringElement, border: Border = .symmetric
  ) throws(FiltersmithError) -> Tensor {
    try requireNeighborhood(element, border)
    return try extreme(false, over: element, isReflected: false, border: border)
  }

  /// Grey dilation: the largest value under the reflected structuring element,
  /// (f ⊕ B)(x) = max f(x − b).
  ///
  /// - Throws: ``FiltersmithError`` as ``eroded(by:border:)``.
  public func dilated(
    by element: StructuringElement, border: Border = .symmetric
  ) throws(FiltersmithError) -> Tensor {
    try requireNeighborhood(element, border)
    return try extreme(true, over: element, isReflected: true, border: border)
  }

  /// Erosion and then dilation: bright detail smaller than the element disappears.
  ///
  /// - Throws: ``FiltersmithError`` as ``eroded(by:border:)``.
  public func opened(
    by element: StructuringElement, border: Border = .symmetric
  ) throws(FiltersmithError) -> Tensor {
    try eroded(by: element, border: border).dilated(by: element, border: border)
  }

  /// Dilation and then erosion: dark detail smaller than the element disappears.
  ///
  /// - Throws: ``FiltersmithError`` as ``eroded(by:border:)``.
  public func closed(
    by element: StructuringElement, border: Border = .symmetric
  ) throws(FiltersmithError) -> Tensor {
    try dilated(by: element, border: border).eroded(by: element, border: border)
  }

  /// The bright detail that an opening removes, f − (f opened): the white top-hat.
  ///
  /// - Throws: ``FiltersmithError`` as ``eroded(by:border:)``.
  public func topHat(
    by element: StructuringElement, border: Border = .symmetric
  ) throws(FiltersmithError) -> Tensor {
    try self - opened(by: element, border: border)
  }

  /// The dark detail that a closing removes, (f closed) − f: the black top-hat.
  ///
  /// - Throws: ``FiltersmithError`` as ``eroded(by:border:)``.
  public func blackTopHat(
    by element: StructuringElement, border: Border = .symmetric
  ) throws(FiltersmithError) -> Tensor {
    try closed(by: element, border: border) - self
  }

  /// Dilation minus erosion: the contrast within the element.
  ///
  /// - Throws: ``FiltersmithError`` as ``eroded(by:border:)``.
  public func morphologicalGradient(
    by element: StructuringElement, border: Border = .symmetric
  ) throws(FiltersmithError) -> Tensor {
    try dilated(by: element, border: border) - eroded(by: element, border: border)
  }
}

extension Tensor where Element == Bool {
  /// Binary erosion: true where the element lies wholly inside.
  ///
  /// - Parameters:
  ///   - element: The structuring element.
  ///   - outside: The value beyond the edges.
  /// - Throws: ``FiltersmithError`` when the element has more axes than the image.
  public func eroded(
    by element: StructuringElement, outside: Bool = false
  ) throws(FiltersmithError) -> Tensor {
    try asNumbers { image throws(FiltersmithError) in
      try image.eroded(by: element, border: .constant(outside ? 1 : 0))
    }
  }

  /// Binary dilation: true where the reflected element touches.
  ///
  /// - Throws: ``FiltersmithError`` when the element has more axes than the image.
  public func dilated(
    by element: StructuringElement, outside: Bool = false
  ) throws(FiltersmithError) -> Tensor {
    try asNumbers { image throws(FiltersmithError) in
      try image.dilated(by: element, border: .constant(outside ? 1 : 0))
    }
  }

  /// Erosion and then dilation: what is smaller than the element disappears.
  ///
  /// - Throws: ``FiltersmithError`` when the element has more axes than the image.
  public func opened(
    by element: StructuringElement, outside: Bool = false
  ) throws(FiltersmithError) -> Tensor {
    try eroded(by: element, outside: outside).dilated(by: element, outside: outside)
  }

  /// Dilation and then erosion: gaps and holes smaller than the element disappear.
  ///
  /// - Throws: ``FiltersmithError`` when the element has more axes than the image.
  public func closed(
    by element: StructuringElement, outside: Bool = false
  ) throws(FiltersmithError) -> Tensor {
    try dilated(by: element, outside: outside).eroded(by: element, outside: outside)
  }

  /// Everything that no path of false samples from the edge of the image reaches.
  ///
  /// - Parameter connectivity: Along how many axes neighbours on such a path may differ.
  /// - Throws: ``FiltersmithError`` for another connectivity than 1 to the number of axes.
  public func holesFilled(connectivity: Int = 1) throws(FiltersmithError) -> Tensor {
    let holes = try ConnectedComponents(of: map { !$0 }, connectivity: connectivity)
    var reachesEdge = [Bool](repeating: false, count: holes.count + 1)
    let labels = holes.labels
    labels.withUnsafeElements { elements in
      for axis in 0..<rank where shape[axis] > 0 {
        let inner = shape.dimensions[(axis + 1)...].reduce(1, *)
        for outer in 0..<count / (shape[axis] * inner) {
          for edge in [0, shape[axis] - 1] {
            let start = (outer * shape[axis] + edge) * inner
            for position in start..<start + inner { reachesEdge[Int(elements[position])] = true }
          }
        }
      }
    }
    return labels.map { $0 == 0 || !reachesEdge[Int($0)] }
  }

  /// Runs a grey operation on 0 and 1.
  private func asNumbers(
    _ body: (Tensor<Float>) throws(FiltersmithError) -> Tensor<Float>
  ) throws(FiltersmithError) -> Tensor {
    try body(map { $0 ? 1 : 0 }).map { $0 > 0.5 }
  }
}
