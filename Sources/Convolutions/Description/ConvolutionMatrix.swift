import Tensors

/// A convolution written out as the sparse matrix W of W x + b: one row per output, one column per
/// input of a sample.
///
/// It shows that a convolution is a product with a matrix of few nonzero entries, the same in every
/// row; the plans compute the same far faster. A constant border becomes part of b. Entries are
/// stored by rows (compressed sparse row format, as `scipy.sparse.csr_matrix` takes it).
///
/// ```swift
/// let matrix = try ConvolutionMatrix(convolution, kernel: kernel)
/// let output = matrix.applied(to: input)
/// ```
public struct ConvolutionMatrix<Scalar: ConvolutionScalar>: Sendable, Equatable {
  /// What is computed.
  public let convolution: Convolution
  /// The number of outputs per sample.
  public let rows: Int
  /// The number of inputs per sample.
  public let columns: Int
  /// Where each row starts in ``columnIndices`` and ``values``; one more at the end.
  public let rowStarts: [Int]
  /// The column of every entry, ascending in each row.
  public let columnIndices: [Int]
  /// The entries.
  public let values: [Scalar]
  /// b: what is added to every output.
  public let offsets: [Scalar]

  /// Writes a convolution out.
  ///
  /// - Parameters:
  ///   - convolution: Of any rank, stride, dilation, groups and border.
  ///   - kernel: `[filters, channels / groups, spatial…]`.
  ///   - bias: One number per filter.
  /// - Throws: ``FiltersmithError`` when the kernel or bias has another shape than the convolution
  ///   says, or the matrix would have more than 2²⁸ entries.
  public init(
    _ convolution: Convolution, kernel: Tensor<Scalar>, bias: Tensor<Scalar>? = nil
  ) throws(FiltersmithError) {
    guard kernel.shape == convolution.kernel else {
      throw FiltersmithError(
        .shape, "kernel \(kernel.shape) given for a convolution with kernel \(convolution.kernel)")
    }
    let filters = convolution.kernel[0]
    guard bias.map({ $0.count == filters }) ?? true else {
      throw FiltersmithError(.shape, "bias \(bias?.shape ?? []) for \(filters) filters")
    }
    let output = convolution.output.removing(axis: 0)
    let input = convolution.input.removing(axis: 0)
    let taps = convolution.kernel.removing(axis: 0)
    let size = output.elementCount.multipliedReportingOverflow(by: taps.elementCount)
    guard !size.overflow, size.partialValue <= 1 << 28 else {
      throw FiltersmithError(
        .limit,
        "the matrix of a convolution from \(input) to \(output) would have "
          + "\(output.elementCount) × \(taps.elementCount) entries; at most 2²⁸ are written out")
    }
    let domain = ExtendedDomain(convolution)
    let (inputStrides, tapIndices) = (input.strides, Self.indices(of: taps))
    let perGroup = filters / convolution.groups
    var (rowStarts, columnIndices, values) = ([0], [Int](), [Scalar]())
    var offsets: [Scalar] = []
    for index in Self.indices(of: output) {
      let filter = index[0]
      var row: [Int: Scalar] = [:]
      var offset = bias?.elements[filter] ?? 0
      for (place, tap) in tapIndices.enumerated() {
        let weight = kernel.elements[filter * tapIndices.count + place]
        var column: Int? = (filter / perGroup * taps[0] + tap[0]) * inputStrides[0]
        for axis in 0..<convolution.spatialRank {
          let position =
            index[axis + 1] * convolution.stride[axis] + tap[axis + 1] * convolution.dilation[axis]
          let source = domain.sources[axis][position]
          column = source < 0 ? nil : column.map { $0 + source * inputStrides[axis + 1] }
        }
        if let column {
          row[column, default: 0] += weight
        } else {
          offset += weight * Scalar(domain.fill)
        }
      }
      for (column, value) in row.sorted(by: { $0.key < $1.key }) {
        columnIndices.append(column)
        values.append(value)
      }
      rowStarts.append(values.count)
      offsets.append(offset)
    }
    self.convolution = convolution
    rows = output.elementCount
    columns = input.elementCount
    self.rowStarts = rowStarts
    self.columnIndices = columnIndices
    self.values = values
    self.offsets = offsets
  }

  private static func indices(of shape: Shape) -> [[Int]] {
    var indices: [[Int]] = []
    shape.forEachIndex { indices.append($0) }
    return indices
  }

  /// W x + b for every sample of a batch.
  ///
  /// - Parameter input: `[batch, channels, spatial…]`; samples as the convolution describes them.
  /// - Returns: `[batch, filters, spatial…]`.
  public func applied(to input: Tensor<Scalar>) -> Tensor<Scalar> {
    precondition(input.count % columns == 0, "input \(input.shape) for \(columns) columns")
    let batch = input.count / columns
    let shape = Shape([batch]) + convolution.output.removing(axis: 0)
    return Tensor(uninitialized: shape) { target in
      input.withUnsafeElements { source in
        for sample in 0..<batch {
          for row in 0..<rows {
            var sum = offsets[row]
            for place in rowStarts[row]..<rowStarts[row + 1] {
              sum += values[place] * source[sample * columns + columnIndices[place]]
            }
            target.initializeElement(at: sample * rows + row, to: sum)
          }
        }
      }
    }
  }

  /// Wᵀ y for every sample of a batch: the gradient with respect to the input.
  ///
  /// - Parameter gradient: `[batch, filters, spatial…]`.
  /// - Returns: `[batch, channels, spatial…]`.
  public func transposeApplied(to gradient: Tensor<Scalar>) -> Tensor<Scalar> {
    precondition(gradient.count % rows == 0, "gradient \(gradient.shape) for \(rows) rows")
    let batch = gradient.count / rows
    var result = Tensor<Scalar>(
      zeros: Shape([batch]) + convolution.input.removing(axis: 0))
    result.withUnsafeMutableElements { target in
      gradient.withUnsafeElements { source in
        for sample in 0..<batch {
          for row in 0..<rows {
            let factor = source[sample * rows + row]
            for place in rowStarts[row]..<rowStarts[row + 1] {
              target[sample * columns + columnIndices[place]] += values[place] * factor
            }
          }
        }
      }
    }
    return result
  }

  /// W with all its zeros, `[rows, columns]`: for small examples.
  public var dense: Tensor<Scalar> {
    var dense = Tensor<Scalar>(zeros: [rows, columns])
    dense.withUnsafeMutableElements { target in
      for row in 0..<rows {
        for place in rowStarts[row]..<rowStarts[row + 1] {
          target[row * columns + columnIndices[place]] = values[place]
        }
      }
    }
    return dense
  }
}
