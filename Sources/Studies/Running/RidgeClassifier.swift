import Convolutions
import FilterDesign
import LinearAlgebra
import Tensors

/// Linear classifiers by ridge regression: least squares on ±1 per class, with a penalty on the
/// weights.
///
/// Features are standardised on the training samples; the penalty λ, relative to the mean
/// eigenvalue, is the one with the best accuracy on the validation samples.
struct RidgeClassifier: Sendable {
  /// `[classes, features]`.
  let weights: Tensor<Float>
  /// One per class.
  let bias: [Float]
  /// The penalty that was chosen.
  let penalty: Double
  /// The fraction of the validation samples that it classifies correctly.
  let validationAccuracy: Double

  /// The penalties tried, relative to the mean eigenvalue of the features' covariance.
  static let penalties: [Double] = [1e-5, 1e-4, 1e-3, 1e-2, 3e-2, 0.1, 0.3, 1, 3, 10, 100]

  /// The best classifier for some features.
  ///
  /// - Parameters:
  ///   - training: `[samples, features…]`.
  ///   - labels: The classes of the training samples.
  ///   - validation: `[samples, features…]`.
  ///   - validationLabels: Their classes.
  ///   - classes: The number of classes.
  /// - Throws: ``FiltersmithError`` of kind `numerical` when no system can be solved.
  init(
    training: Tensor<Float>, labels: [Int], validation: Tensor<Float>, validationLabels: [Int],
    classes: Int
  ) throws(FiltersmithError) {
    let samples = training.shape[0]
    let features = training.count / max(samples, 1)
    guard samples > 0, features > 0, labels.count == samples else {
      throw FiltersmithError(
        .shape, "ridge regression of \(labels.count) labels on features \(training.shape)")
    }
    let scaling = FeatureScaling(training)
    let centered = scaling.applied(to: training)
    let targets = Self.targets(labels, classes: classes)
    // The smaller of the two systems: XᵀX w = Xᵀy, or X Xᵀ a = y with w = Xᵀa.
    let isDual = samples < features
    let order = isDual ? samples : features
    let gram = Self.gram(centered, rows: samples, columns: features, isDual: isDual)
    func spread(_ values: [Double]) -> [Double] {
      Self.product(values, centered, rows: classes, inner: samples, columns: features)
    }
    let side = isDual ? targets.values : spread(targets.values)
    let mean = (0..<order).reduce(0) { $0 + gram[$1 * order + $1] } / Double(features)
    var best: RidgeClassifier?
    for penalty in Self.penalties {
      guard
        let solution = Self.solve(
          gram, side, order: order, width: classes, penalty: penalty * max(mean, 1e-30))
      else { continue }
      let candidate = try RidgeClassifier(
        slopes: isDual ? spread(solution) : solution, targets: targets, scaling: scaling,
        penalty: penalty, validation: validation, labels: validationLabels)
      if candidate.validationAccuracy > best?.validationAccuracy ?? -1 { best = candidate }
    }
    guard let best else {
      throw FiltersmithError(
        .numerical, "ridge regression on features \(training.shape) cannot be solved")
    }
    self = best
  }

  /// Converts weights `[classes, features]` of scaled features to weights of raw ones.
  private init(
    slopes: [Double], targets: Targets, scaling: FeatureScaling, penalty: Double,
    validation: Tensor<Float>, labels: [Int]
  ) throws(FiltersmithError) {
    let (features, classes) = (scaling.means.count, targets.means.count)
    var weights = [Float](repeating: 0, count: classes * features)
    var bias = targets.means
    for label in 0..<classes {
      for feature in 0..<features {
        let slope = slopes[label * features + feature] * scaling.factors[feature]
        weights[label * features + feature] = Float(slope)
        bias[label] -= slope * scaling.means[feature]
      }
    }
    self.weights = try Tensor(shape: [classes, features], elements: weights)
    self.bias = bias.map { Float($0) }
    self.penalty = penalty
    let answers = Self.answers(to: validation, weights: weights, bias: self.bias)
    let hits = zip(answers, labels).count { $0 == $1 }
    validationAccuracy = Double(hits) / Double(max(labels.count, 1))
  }

  /// The class with the largest score of every sample.
  private static func answers(
    to samples: Tensor<Float>, weights: [Float], bias: [Float]
  ) -> [Int] {
    let (count, classes) = (samples.shape[0], bias.count)
    let features = weights.count / classes
    var scores = (0..<count).flatMap { _ in bias }
    samples.withUnsafeElements { source in
      multiplyTransposed(
        ReadOnlyPointer(source).pointer, (count, features), leading: features, weights,
        columns: classes, leading: features, addingTo: &scores, leading: classes)
    }
    return (0..<count).map { sample in
      let row = scores[sample * classes..<(sample + 1) * classes]
      return row.indices.reduce(row.startIndex) { row[$1] > row[$0] ? $1 : $0 } - row.startIndex
    }
  }

  private struct Targets {
    /// `[classes, samples]`, centred.
    var values: [Double]
    var means: [Double]
  }

  private static func targets(_ labels: [Int], classes: Int) -> Targets {
    var means = [Double](repeating: -1, count: classes)
    for label in labels { means[label] += 2 / Double(labels.count) }
    var values: [Double] = []
    values.reserveCapacity(labels.count * classes)
    for index in 0..<classes {
      for label in labels { values.append((index == label ? 1 : -1) - means[index]) }
    }
    return Targets(values: values, means: means)
  }

  /// XᵀX, or X Xᵀ, row-major, both triangles; tiles of columns run in parallel, each in a fixed order.
  private static func gram(
    _ matrix: [Double], rows: Int, columns: Int, isDual: Bool
  ) -> [Double] {
    let (order, inner) = isDual ? (rows, columns) : (columns, rows)
    var result = [Double](repeating: 0, count: order * order)
    let tile = 128
    matrix.withUnsafeBufferPointer { matrix in
      let source = ReadOnlyPointer(matrix)
      result.withUnsafeMutableBufferPointer { result in
        let target = SharedPointer(result)
        parallelFor((order + tile - 1) / tile) { index in
          let start = index * tile
          let width = min(tile, order - start)
          // Rows from `start` of the result, from the diagonal on.
          let first = source.pointer + (isDual ? start * columns : start)
          let place = target.pointer + start * order + start
          if isDual {
            multiplyTransposed(
              first, (width, inner), leading: columns, first, columns: order - start,
              leading: columns, addingTo: place, leading: order)
          } else {
            multiply(
              first, (width, inner), leading: columns, isTransposed: true, first,
              columns: order - start, leading: columns, into: place, leading: order)
          }
        }
      }
    }
    return result
  }

  /// A B of row-major matrices.
  private static func product(
    _ left: [Double], _ right: [Double], rows: Int, inner: Int, columns: Int
  ) -> [Double] {
    var result = [Double](repeating: 0, count: rows * columns)
    multiply(
      left, (rows, inner), leading: inner, right, columns: columns, leading: columns,
      into: &result, leading: columns)
    return result
  }

  /// (A + λ I)⁻¹ b for every row b of `side`; `nil` when the matrix is not positive definite.
  private static func solve(
    _ gram: [Double], _ side: [Double], order: Int, width: Int, penalty: Double
  ) -> [Double]? {
    // The upper triangle by rows is the lower one by columns.
    var factor = gram
    for index in 0..<order { factor[index * order + index] += penalty }
    guard Cholesky.factorize(&factor, order: order) else { return nil }
    var solution = side
    Cholesky.solve(factor, order: order, &solution, columns: width)
    return solution
  }
}

/// What makes features comparable: their means and standard deviations on the training samples.
private struct FeatureScaling {
  let means: [Double]
  /// One over the standard deviation; 0 for a constant feature.
  let factors: [Double]

  init(_ samples: Tensor<Float>) {
    let count = samples.shape[0]
    let features = samples.count / count
    var means = [Double](repeating: 0, count: features)
    var squares = means
    samples.withUnsafeElements { source in
      for sample in 0..<count {
        for feature in 0..<features {
          means[feature] += Double(source[sample * features + feature])
        }
      }
      for feature in 0..<features { means[feature] /= Double(count) }
      for sample in 0..<count {
        for feature in 0..<features {
          let distance = Double(source[sample * features + feature]) - means[feature]
          squares[feature] += distance * distance
        }
      }
    }
    let deviations = squares.map { ($0 / Double(count)).squareRoot() }
    // A nearly constant feature would be amplified to noise.
    let floor = 0.05 * (deviations.reduce(0, +) / Double(features))
    self.means = means
    factors = deviations.map { $0 > 0 ? 1 / max($0, floor) : 0 }
  }

  /// Scaled features, `[samples, features]`.
  func applied(to samples: Tensor<Float>) -> [Double] {
    let features = means.count
    return [Double](unsafeUninitializedCapacity: samples.count) { target, count in
      count = samples.count
      let target = SharedPointer(target)
      samples.withUnsafeElements { source in
        let source = ReadOnlyPointer(source)
        parallelFor(samples.shape[0]) { sample in
          for feature in 0..<features {
            let position = sample * features + feature
            target[position] = (Double(source[position]) - means[feature]) * factors[feature]
          }
        }
      }
    }
  }
}
