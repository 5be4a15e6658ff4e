import LinearAlgebra
import Numerics
import Tensors

/// The local orientation of an image at every sample: a field of symmetric tensors.
///
/// Where the image varies in one direction n only, T = A n nᵀ with A the local amplitude; with
/// more directions, more eigenvalues are large. Tensors may come from a quadrature bank or
/// from a monomial bank; what is read from them is the same.
public struct OrientationTensor: Sendable, Hashable {
  /// The upper triangles, `[D(D+1)/2, (t,) (z,) y, x]`.
  ///
  /// Row by row: yy, yx, xx for `[y, x]`; zz, zy, zx, yy, yx, xx for `[z, y, x]`.
  public let components: Tensor<Float>
  /// The number of axes D, 1 to 4.
  public let dimensions: Int

  /// The extents of the image.
  public var imageShape: Shape { Shape(Array(components.shape.dimensions.dropFirst())) }

  /// A field from its upper triangles.
  ///
  /// - Parameter components: `[D(D+1)/2, space…]` with D axes of space.
  /// - Throws: ``FiltersmithError`` when the first extent does not fit the number of axes.
  public init(components: Tensor<Float>) throws(FiltersmithError) {
    let axes = components.rank - 1
    guard axes >= 1, axes <= 4, components.shape[0] == SymmetricMatrix.elementCount(order: axes)
    else {
      throw FiltersmithError(
        .shape,
        "components \(components.shape) are not a tensor field, which is [D(D+1)/2, space…] with D = 1 "
          + "to 4 axes of space")
    }
    self.components = components
    dimensions = axes
  }

  /// A field from components whose shape is known to fit.
  init(unchecked components: Tensor<Float>) {
    self.components = components
    dimensions = components.rank - 1
  }

  /// T = Σ_k |q_k| M_k from the magnitudes of a quadrature bank.
  ///
  /// - Parameters:
  ///   - magnitudes: |q_k|, `[filters, space…]`.
  ///   - directions: The filters' directions, unit vectors in array order.
  /// - Throws: ``FiltersmithError`` when they do not fit, or the directions do not span.
  public init(
    magnitudes: Tensor<Float>, directions: [[Double]]
  ) throws(FiltersmithError) {
    let duals = try DualTensors(directions: directions)
    guard magnitudes.rank == duals.dimensions + 1, magnitudes.shape[0] == directions.count else {
      throw FiltersmithError(
        .shape,
        "magnitudes \(magnitudes.shape) do not fit \(directions.count) directions of "
          + "\(duals.dimensions) axes, which go with [\(directions.count), space…]")
    }
    let count = SymmetricMatrix.elementCount(order: duals.dimensions)
    let weights = duals.tensors.map { $0.elements.map(Float.init) }
    self.init(
      dimensions: duals.dimensions,
      computed: magnitudes, components: count
    ) { source, sample, samples, write in
      for component in 0..<count {
        var sum: Float = 0
        for filter in weights.indices {
          sum += source[filter * samples + sample] * weights[filter][component]
        }
        write(component, sum)
      }
    }
  }

  /// T = q1 q1ᵀ + Q2 Q2ᵀ from the responses of a monomial bank.
  ///
  /// The first order responds to edges, the second to lines; the sum of their squares does not depend on
  /// the local phase (Knutsson, Westin, Andersson 2011).
  ///
  /// - Parameters:
  ///   - first: The responses q1 of order 1, `[D, space…]`, one per axis in array order. Filters with
  ///     the ideal R û_i are imaginary: this is the imaginary part.
  ///   - second: The responses Q2 of order 2, `[D(D+1)/2, space…]`, upper triangle row by row.
  /// - Throws: ``FiltersmithError`` when the shapes do not fit each other.
  public init(first: Tensor<Float>, second: Tensor<Float>) throws(FiltersmithError) {
    let axes = first.rank - 1
    let count = SymmetricMatrix.elementCount(order: max(axes, 0))
    guard
      axes >= 1, axes <= 4, first.shape[0] == axes,
      second.shape == first.shape.replacing(axis: 0, with: count)
    else {
      throw FiltersmithError(
        .shape,
        "responses \(first.shape) of order 1 and \(second.shape) of order 2 do not fit; with D = 1 to "
          + "4 axes of space they are [D, space…] and [D(D+1)/2, space…]")
    }
    let pairs = (0..<axes).flatMap { row in (row..<axes).map { (row, $0) } }
    let packed = (0..<axes).map { row in
      (0..<axes).map { SymmetricMatrix.position(row, $0, order: axes) }
    }
    let both = try Tensor.concatenated([first, second], axis: 0)
    self.init(dimensions: axes, computed: both, components: count) {
      source, sample, samples, write in
      for (component, (row, column)) in pairs.enumerated() {
        var sum = source[row * samples + sample] * source[column * samples + sample]
        for inner in 0..<axes {
          sum +=
            source[(axes + packed[row][inner]) * samples + sample]
            * source[(axes + packed[inner][column]) * samples + sample]
        }
        write(component, sum)
      }
    }
  }

  /// Computes the components of every sample from the channels of `source` at the same sample.
  private init(
    dimensions: Int, computed source: Tensor<Float>, components count: Int,
    _ body:
      @Sendable (
        _ source: ReadOnlyPointer<Float>, _ sample: Int, _ samples: Int,
        _ write: (_ component: Int, _ value: Float) -> Void
      ) -> Void
  ) {
    let space = Shape(Array(source.shape.dimensions.dropFirst()))
    let samples = space.elementCount
    var result = Tensor<Float>(zeros: Shape([count]) + space)
    if samples > 0 {
      source.withUnsafeElements { input in
        let input = ReadOnlyPointer(input)
        result.withUnsafeMutableElements { output in
          let output = SharedPointer(output)
          parallelFor((samples + 4095) / 4096) { block in
            for sample in block * 4096..<min((block + 1) * 4096, samples) {
              body(input, sample, samples) { output[$0 * samples + sample] = $1 }
            }
          }
        }
      }
    }
    components = result
    self.dimensions = dimensions
  }
}

extension OrientationTensor {
  /// The tensor of one sample.
  public subscript(index: Int...) -> SymmetricMatrix { self[index] }

  /// The tensor of one sample.
  public subscript(index: [Int]) -> SymmetricMatrix {
    var matrix = SymmetricMatrix(zeros: dimensions)
    var component = 0
    for row in 0..<dimensions {
      for column in row..<dimensions {
        matrix[row, column] = Double(components[[component] + index])
        component += 1
      }
    }
    return matrix
  }

  /// The Frobenius norms ‖T‖ = √Σ t_ij², `[space…]`.
  public var norm: Tensor<Float> {
    let samples = imageShape.elementCount
    let weights: [Float] = (0..<dimensions).flatMap { row in
      (row..<dimensions).map { $0 == row ? Float(1) : 2 }
    }
    return Tensor(imageShape, samples: samples, from: [components]) { from, output, piece in
      for sample in piece {
        var sum: Float = 0
        for (component, weight) in weights.enumerated() {
          let value = from[0][component * samples + sample]
          sum += weight * value * value
        }
        output[sample] = sum.squareRoot()
      }
    }
  }
}
