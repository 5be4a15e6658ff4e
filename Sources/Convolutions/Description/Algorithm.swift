import Tensors

/// How a convolution is computed; all algorithms give the same result.
public enum Algorithm: String, Sendable, Hashable, CaseIterable, Codable {
  /// The planner chooses.
  case automatic = "auto"
  /// The planner times all that have a chance, and takes the fastest.
  case measured
  /// Sums of products in the spatial domain, in blocks that stay in vector registers.
  ///
  /// Where these loops decline, ``plain`` serves in their place.
  case direct
  /// Sums of products in the spatial domain, in plain loops: slower, but for every convolution and
  /// precision.
  case plain
  /// Sums of products in the spatial domain, many filters at a time in registers.
  case blocked
  /// Sums of products in the spatial domain, many neighbouring outputs at a time: for few filters per
  /// group, as in depthwise layers, or few channels.
  case planar
  /// Matrix products, with the samples under every output as a column.
  case matrixProduct = "matrix"
  /// Winograd's minimal filtering, for kernels of 3 × 3 or 5 × 5 taps in the last axes.
  case winograd
  /// One pass per axis, for kernels that are outer products of one-dimensional factors.
  case separable
  /// A few passes per axis, for kernels that are sums of a few outer products, exactly or to within
  /// a tolerance.
  case lowRank = "low-rank"
  /// Products in the frequency domain.
  case fourier
  /// Products in the frequency domain, tile by tile.
  case tiledFourier = "tiled-fourier"

  /// The algorithm with the given name, as on the command line.
  ///
  /// - Throws: ``FiltersmithError`` that lists the names when there is no such algorithm.
  public init(parsing name: String) throws(FiltersmithError) {
    guard let algorithm = Algorithm(rawValue: name) else {
      let names = Self.allCases.map(\.rawValue).joined(separator: ", ")
      throw FiltersmithError(.argument, "there is no algorithm '\(name)'; choose one of \(names)")
    }
    self = algorithm
  }
}

/// The three linear maps of a convolution.
public enum LinearMap: String, Sendable, Hashable, CaseIterable, Codable {
  /// From input and kernel to output.
  case forward
  /// From the output's gradient and the kernel to the input's gradient.
  case inputGradient
  /// From the input and the output's gradient to the kernel's gradient.
  case kernelGradient
}

/// What an algorithm says of a convolution before it is planned.
public enum Assessment: Sendable, Hashable {
  /// It can, in about this many seconds on one thread, with this many bytes of scratch memory.
  case estimate(seconds: Double, scratch: Int)
  /// It cannot, and why.
  case declined(String)
}
