import Convolutions
import FilterDesign
import LinearAlgebra
import Numerics
import Tensors

extension LinearRegistration {
  /// Two images at one resolution, and the steps that bring them together.
  struct LevelProblem {
    private let phase: FixedPhase
    private let moving: RegistrationPyramid.Level
    private let kind: Kind
    /// The centre of the fixed image and half its diagonal, in units of length.
    private let center: [Double]
    private let radius: Double

    init(
      fixed: RegistrationPyramid.Level, moving: RegistrationPyramid.Level, bank: FilterBank,
      kind: Kind
    ) throws(FiltersmithError) {
      phase = try FixedPhase(fixed, bank: bank)
      self.moving = moving
      self.kind = kind
      center = fixed.positions(fixed.image.shape.map { Double($0 - 1) / 2 })
      radius = max(
        zip(fixed.image.shape, fixed.spacing).reduce(0) {
          $0 + Double($1.0 * $1.0) / 4 * $1.1 * $1.1
        }.squareRoot(), 1e-12)
    }

    private var fixed: RegistrationPyramid.Level { phase.level }

    /// The map to apply before the current one, and how far it moves the image's corners in
    /// samples.
    func step(
      from map: AffineMap
    ) throws(FiltersmithError) -> (map: AffineMap, movement: Double) {
      let sampling = try moving.positions.inverse().after(map).after(fixed.positions)
      let shape = fixed.image.shape
      let warped = try moving.image.warped(
        by: sampling, to: shape, interpolation: .cubic, border: .nearest)
      let inside = try moving.certainty.warped(by: sampling, to: shape, border: .zero)
      let constraints = try phase.constraints(to: warped, certainty: inside)
      let step = try solve(sums(of: constraints))
      var movement = 0.0
      for corner in 0..<(1 << shape.rank) {
        let sample = shape.indices.map { corner >> $0 & 1 == 1 ? Double(shape[$0] - 1) : 0 }
        let (from, to) = (fixed.positions(sample), step(fixed.positions(sample)))
        let square = from.indices.reduce(0.0) {
          let distance = (to[$1] - from[$1]) / fixed.spacing[$1]
          return $0 + distance * distance
        }
        movement = max(movement, square.squareRoot())
      }
      return (step, movement)
    }

    /// Σ A_ij x_a x_b and Σ h_i x_a over all samples, x = (1, position), positions about the middle in
    /// units of ``radius`` and gradients per unit of length.
    private func sums(of constraints: Tensor<Float>) -> (matrix: [Double], side: [Double]) {
      let shape = fixed.image.shape
      let (axes, samples) = (shape.rank, shape.elementCount)
      let components = SymmetricMatrix.elementCount(order: axes)
      let homogeneous = axes + 1
      let products = SymmetricMatrix.elementCount(order: homogeneous)
      let length = components * products + axes * homogeneous
      let rows = shape[0]
      let slab = samples / rows
      var partial = [Double](repeating: 0, count: rows * length)
      let scales = fixed.spacing.map { 1 / $0 }
      let (positions, center, radius) = (fixed.positions, center, radius)
      let strides = shape.strides
      let diagonal = (0..<axes).map { SymmetricMatrix.position($0, $0, order: axes) }
      partial.withUnsafeMutableBufferPointer { partial in
        let partial = SharedPointer(partial)
        reading([constraints]) { from in
          // Slab by slab, so that sums do not depend on the number of threads.
          parallelFor(rows) { row in
            let sums = partial.pointer + row * length
            var place = [Double](repeating: 1, count: homogeneous)
            var tensor = [Double](repeating: 0, count: components + axes)
            for sample in row * slab..<(row + 1) * slab {
              let isKnown = diagonal.contains { from[0][$0 * samples + sample] > 0 }
              guard isKnown else { continue }
              var rest = sample
              for axis in 0..<axes {
                let index = Double(rest / strides[axis])
                rest %= strides[axis]
                let position = positions.matrix[axis][axis] * index + positions.offset[axis]
                place[axis + 1] = (position - center[axis]) / radius
              }
              var component = 0
              for first in 0..<axes {
                for second in first..<axes {
                  tensor[component] =
                    Double(from[0][component * samples + sample]) * scales[first] * scales[second]
                  component += 1
                }
                tensor[components + first] =
                  Double(from[0][(components + first) * samples + sample]) * scales[first]
              }
              var target = 0
              for a in 0..<homogeneous {
                for b in a..<homogeneous {
                  let product = place[a] * place[b]
                  for component in 0..<components {
                    sums[target + component] += tensor[component] * product
                  }
                  target += components
                }
              }
              for a in 0..<homogeneous {
                for axis in 0..<axes {
                  sums[target] += tensor[components + axis] * place[a]
                  target += 1
                }
              }
            }
          }
        }
      }
      var total = [Double](repeating: 0, count: length)
      for row in 0..<rows {
        for entry in 0..<length { total[entry] += partial[row * length + entry] }
      }
      // Unknowns (a, i): the effect of coordinate a of x on the displacement along axis i.
      let order = homogeneous * axes
      var matrix = [Double](repeating: 0, count: order * order)
      for a in 0..<homogeneous {
        for b in 0..<homogeneous {
          let product = SymmetricMatrix.position(a, b, order: homogeneous) * components
          for i in 0..<axes {
            for j in 0..<axes {
              matrix[(a * axes + i) * order + b * axes + j] =
                total[product + SymmetricMatrix.position(i, j, order: axes)]
            }
          }
        }
      }
      return (matrix, Array(total[(components * products)...]))
    }

    /// The map of the allowed kind that best satisfies the constraints.
    private func solve(
      _ sums: (matrix: [Double], side: [Double])
    ) throws(FiltersmithError) -> AffineMap {
      let axes = fixed.image.rank
      let order = (axes + 1) * axes
      let basis = self.basis(axes: axes)
      var solver = SmallCholesky(order: basis.count)
      for (row, left) in basis.enumerated() {
        for (column, right) in basis.enumerated() {
          var sum = 0.0
          for i in 0..<order where left[i] != 0 {
            for j in 0..<order where right[j] != 0 {
              sum += left[i] * sums.matrix[i * order + j] * right[j]
            }
          }
          solver.matrix[row * basis.count + column] = sum
        }
        solver.side[row] = zip(left, sums.side).reduce(0) { $0 + $1.0 * $1.1 }
      }
      guard solver.solve() != nil, solver.side.allSatisfy(\.isFinite) else {
        throw FiltersmithError(
          .numerical,
          "the images have too little common structure at a resolution of \(fixed.image.shape) to "
            + "find a map of kind \(kind.rawValue)")
      }
      var parameters = [Double](repeating: 0, count: order)
      for (vector, amount) in zip(basis, solver.side) {
        for place in 0..<order { parameters[place] += amount * vector[place] }
      }
      let shift = Array(parameters[..<axes])
      var matrix = (0..<axes).map { row in
        (0..<axes).map { column in
          (row == column ? 1 : 0) + parameters[(column + 1) * axes + row] / radius
        }
      }
      if kind == .rigid { matrix = Self.orthogonal(matrix) }
      return AffineMap.translation(shift)
        .after(try AffineMap(matrix: matrix).about(center))
    }

    /// The displacements that are allowed, as parameters (a, i).
    private func basis(axes: Int) -> [[Double]] {
      let order = (axes + 1) * axes
      func unit(_ places: [(Int, Double)]) -> [Double] {
        var vector = [Double](repeating: 0, count: order)
        for (place, value) in places { vector[place] = value }
        return vector
      }
      let shifts = (0..<axes).map { unit([($0, 1)]) }
      switch kind {
      case .translation: return shifts
      case .rigid:
        var rotations: [[Double]] = []
        for first in 0..<axes {
          for second in first + 1..<max(axes, first + 1) {
            rotations.append(
              unit([((first + 1) * axes + second, 1), ((second + 1) * axes + first, -1)]))
          }
        }
        return shifts + rotations
      case .affine: return (0..<order).map { unit([($0, 1)]) }
      }
    }

    /// The nearest rotation, by Newton's iteration for the polar factor: R ← ½ (R + R^−T).
    private static func orthogonal(_ matrix: [[Double]]) -> [[Double]] {
      var rotation = matrix
      for _ in 0..<20 {
        guard let inverse = try? AffineMap(matrix: rotation).inverse().matrix else { break }
        rotation = rotation.indices.map { row in
          rotation.indices.map { 0.5 * (rotation[row][$0] + inverse[$0][row]) }
        }
      }
      return rotation
    }
  }
}
