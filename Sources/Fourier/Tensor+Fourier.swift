import Numerics
import Tensors

extension Tensor {
  /// The discrete Fourier transform F(u) = Σ f(x) exp(−i u·x), zero frequency first.
  ///
  /// - Parameter axes: The axes to transform; all of them unless given.
  /// - Throws: ``FiltersmithError`` when an axis is out of range or empty.
  public func fourierTransform<Scalar: FourierScalar>(
    axes: [Int]? = nil
  ) throws(FiltersmithError) -> Tensor where Element == Complex<Scalar> {
    try complexTransform(.forward, axes: axes, scale: 1)
  }

  /// The inverse transform f(x) = 1/N Σ F(u) exp(i u·x), N the number of transformed elements.
  ///
  /// - Parameter axes: The axes to transform; all of them unless given.
  /// - Throws: ``FiltersmithError`` when an axis is out of range or empty.
  public func inverseFourierTransform<Scalar: FourierScalar>(
    axes: [Int]? = nil
  ) throws(FiltersmithError) -> Tensor where Element == Complex<Scalar> {
    let transformed = try TransformedAxes(axes, of: shape)
    return try complexTransform(.inverse, axes: axes, scale: 1 / Scalar(transformed.elementCount))
  }

  private func complexTransform<Scalar: FourierScalar>(
    _ kind: FourierTransform.Kind, axes: [Int]?, scale: Scalar
  ) throws(FiltersmithError) -> Tensor where Element == Complex<Scalar> {
    let transformed = try TransformedAxes(axes, of: shape)
    var result = try transformed.run(
      kind, input: self, inputShape: shape, outputShape: shape, full: shape, scalar: Scalar.self,
      result: Complex<Scalar>.self)
    if scale != 1 {
      result.withUnsafeMutableElements { elements in
        for index in elements.indices {
          elements[index] = Complex(elements[index].real * scale, elements[index].imaginary * scale)
        }
      }
    }
    return result
  }
}

extension Tensor where Element: FourierScalar {
  /// The discrete Fourier transform of real numbers, all frequencies, zero frequency first.
  ///
  /// - Parameter axes: The axes to transform; all of them unless given.
  /// - Throws: ``FiltersmithError`` when an axis is out of range or empty.
  public func fourierTransform(
    axes: [Int]? = nil
  ) throws(FiltersmithError) -> Tensor<Complex<Element>> {
    try map { Complex($0, 0) }.fourierTransform(axes: axes)
  }

  /// The half spectrum of real numbers: the last transformed axis keeps its N/2 + 1 frequencies ≥ 0.
  ///
  /// The other half follows from F(−u) = conj F(u). NumPy's `rfftn`.
  ///
  /// - Parameter axes: The axes to transform; all of them unless given.
  /// - Throws: ``FiltersmithError`` when an axis is out of range or empty.
  public func realFourierTransform(
    axes: [Int]? = nil
  ) throws(FiltersmithError) -> Tensor<Complex<Element>> {
    let transformed = try TransformedAxes(axes, of: shape)
    let half = shape.replacing(axis: transformed.last, with: shape[transformed.last] / 2 + 1)
    return try transformed.run(
      .realToComplex, input: self, inputShape: shape, outputShape: half, full: shape,
      scalar: Element.self, result: Complex<Element>.self)
  }
}

extension Tensor {
  /// The real numbers whose half spectrum this is, divided by their number (NumPy's `irfftn`).
  ///
  /// - Parameters:
  ///   - lastExtent: The extent N of the result along the last transformed axis, which here has
  ///     N/2 + 1 frequencies.
  ///   - axes: The axes to transform; all of them unless given.
  /// - Throws: ``FiltersmithError`` when an axis is out of range or empty, or the extent does not fit.
  public func inverseRealFourierTransform<Scalar: FourierScalar>(
    lastExtent: Int, axes: [Int]? = nil
  ) throws(FiltersmithError) -> Tensor<Scalar> where Element == Complex<Scalar> {
    let transformed = try TransformedAxes(axes, of: shape)
    guard lastExtent > 0, lastExtent / 2 + 1 == shape[transformed.last] else {
      throw FiltersmithError(
        .shape,
        "a half spectrum of \(shape[transformed.last]) frequencies cannot have \(lastExtent) samples"
      )
    }
    let full = shape.replacing(axis: transformed.last, with: lastExtent)
    var result = try transformed.run(
      .complexToReal, input: self, inputShape: shape, outputShape: full, full: full,
      scalar: Scalar.self, result: Scalar.self)
    let count = transformed.axes.reduce(1) { $0 * full[$1] }
    let scale = 1 / Scalar(count)
    result.withUnsafeMutableElements { elements in
      for index in elements.indices { elements[index] *= scale }
    }
    return result
  }
}

/// The axes of a shape that a transform runs over, checked.
private struct TransformedAxes {
  let shape: Shape
  let axes: [Int]

  init(_ axes: [Int]?, of shape: Shape) throws(FiltersmithError) {
    var normalized: [Int] = []
    for axis in axes ?? Array(0..<shape.rank) {
      let axis = try shape.normalized(axis: axis)
      guard !normalized.contains(axis) else {
        throw FiltersmithError(.argument, "axis \(axis) of shape \(shape) is transformed twice")
      }
      normalized.append(axis)
    }
    guard !normalized.isEmpty else {
      throw FiltersmithError(.shape, "no axes of shape \(shape) to transform")
    }
    guard shape.elementCount > 0 else {
      throw FiltersmithError(.shape, "shape \(shape) has no elements to transform")
    }
    self.shape = shape
    self.axes = normalized
  }

  /// The axis along which a half spectrum is stored.
  var last: Int { axes[axes.count - 1] }
  var elementCount: Int { axes.reduce(1) { $0 * shape[$1] } }

  func run<Input, Output, Scalar: FourierScalar>(
    _ kind: FourierTransform.Kind, input: Tensor<Input>, inputShape: Shape, outputShape: Shape,
    full: Shape, scalar: Scalar.Type, result: Output.Type
  ) throws(FiltersmithError) -> Tensor<Output> {
    // A complex-to-real transform overwrites its input: give it a copy of its own.
    var input = input
    return try Tensor<Output>(uninitialized: outputShape) { output throws(FiltersmithError) in
      let target = UnsafeMutableRawPointer(SharedPointer(output).pointer)
      if kind == .complexToReal {
        try input.withUnsafeMutableElements { source throws(FiltersmithError) in
          try execute(
            kind, UnsafeMutableRawPointer(SharedPointer(source).pointer), target, inputShape,
            outputShape, full, Input.self, Output.self, scalar)
        }
      } else {
        try input.withUnsafeElements { source throws(FiltersmithError) in
          try execute(
            kind, UnsafeMutableRawPointer(mutating: ReadOnlyPointer(source).pointer), target,
            inputShape, outputShape, full, Input.self, Output.self, scalar)
        }
      }
    }
  }

  private func execute<Input, Output, Scalar: FourierScalar>(
    _ kind: FourierTransform.Kind, _ source: UnsafeMutableRawPointer,
    _ target: UnsafeMutableRawPointer, _ inputShape: Shape, _ outputShape: Shape, _ full: Shape,
    _ input: Input.Type, _ output: Output.Type, _ scalar: Scalar.Type
  ) throws(FiltersmithError) {
    let aligned = FourierAlignment.holds(source, target)
    if axes == Array(0..<shape.rank) {
      try ParallelFourierPlan<Scalar>(kind, shape: full, aligned: aligned)
        .execute(input: source, output: target)
      return
    }
    // The axes before the first transformed one count repetitions, which threads can share.
    let first = axes.min() ?? 0
    let repeats = shape[..<first].reduce(1, *)
    let (inputStrides, outputStrides) = (inputShape.strides, outputShape.strides)
    func axis(_ axis: Int, count: Int) -> FourierTransform.Axis {
      .init(count: count, inputStride: inputStrides[axis], outputStride: outputStrides[axis])
    }
    let inputBytes =
      inputShape[first...].reduce(1, *) * MemoryLayout<Input>.stride
    let outputBytes =
      outputShape[first...].reduce(1, *) * MemoryLayout<Output>.stride
    let plan = try FourierPlan<Scalar>.shared(
      for: FourierTransform(
        kind, axes: axes.map { axis($0, count: full[$0]) },
        batches: (first..<shape.rank).filter { !axes.contains($0) }
          .map { axis($0, count: full[$0]) },
        aligned: aligned && (inputBytes | outputBytes) % FourierAlignment.bytes == 0,
        mayDestroyInput: kind == .complexToReal))
    let sources = SharedPointer(source.assumingMemoryBound(to: UInt8.self))
    let targets = SharedPointer(target.assumingMemoryBound(to: UInt8.self))
    parallelFor(repeats) { index in
      plan.execute(
        input: sources.pointer + index * inputBytes, output: targets.pointer + index * outputBytes)
    }
  }
}
