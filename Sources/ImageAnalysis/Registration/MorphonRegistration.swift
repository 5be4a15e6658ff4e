import Convolutions
import FilterDesign
import LinearAlgebra
import Numerics
import Tensors

/// Non-parametric registration by local phase and certainty, after the Morphon.
///
/// Each iteration warps the moving image by the current field, finds the remaining displacement
/// from the phases of quadrature filters by least squares over a neighbourhood, u = (G * A)⁻¹ (G *
/// h), and adds it to the field:
/// ```
/// d ← fit_c(d ∘ (1 + u) ),   c = D / tr (G * A)⁻¹ over the image's mean of tr A / D
/// ```
/// where the fit is that of a plane at every sample, each neighbour weighted by its certainty
/// (``stiffness`` is the window), so that the field is smooth and continues evenly where nothing is
/// known. Responses count relative to the contrast around them (``contrastWindow``): phase is as accurate
/// under a faint texture as at a strong edge. Coarse levels come first, and within each the window
/// narrows to a third (H. Knutsson and M. Andersson, *Morphons*, ICIP 2005; A. Wrangsjö and others, SCIA
/// 2005).
public struct MorphonRegistration: Sendable, Hashable {
  /// The distance between samples on the finest level; that of the images unless given.
  public var finest: Double?
  /// How many levels; as many as leave 20 samples along the shortest axis unless given.
  public var levels: Int?
  /// How many iterations each level takes.
  public var iterations = 20
  /// The neighbourhood over which displacements are found: σ of G, in samples of every level.
  public var neighborhood = 2.0
  /// How stiff the field is: σ of its smoothing window at the end of each level, in samples of the
  /// level; at the beginning the window is three times as wide.
  public var stiffness = 2.0
  /// σ of the window over which contrast is equalised, in samples of every level; with 0 strong
  /// edges outweigh everything near them.
  public var contrastWindow = 2.0
  /// Contrasts far below this fraction of an image's mean energy count as noise.
  public var faintest = 0.03
  /// The largest displacement that an iteration adds, in samples of its level.
  public var largestStep = 2.0
  /// The filters' centre frequency, in rad/sample of every level.
  public var centerFrequency = Double.pi / 3
  /// The filters' bandwidth in octaves.
  public var octaves = 2.0
  /// The filters' taps along each axis, odd.
  public var support = 9

  /// Parameters that suit photographs and volumes.
  public init() {}

  /// The field that aligns the moving image with the fixed one: fixed(x) ≈ moving(x + d(x)).
  ///
  /// - Parameters:
  ///   - fixed: `[space…]`, 2 or 3 axes.
  ///   - moving: The same extents.
  ///   - spacing: The distance between samples of both along each axis; 1 unless given.
  ///   - initial: Where to begin, such as the field of an affine map; zero unless given.
  ///   - progress: Called now and then with the fraction done.
  /// - Throws: ``FiltersmithError`` when the images do not fit each other or a parameter is out of
  ///   range.
  public func callAsFunction(
    fixed: MaskedImage, moving: MaskedImage, spacing: [Double]? = nil,
    initial: DisplacementField? = nil, progress: ProgressHandler? = nil
  ) throws(FiltersmithError) -> DisplacementField {
    let (shape, axes) = (fixed.values.shape, fixed.values.rank)
    guard (2...3).contains(axes), moving.values.shape == shape else {
      throw FiltersmithError(
        .shape,
        "images \(shape) and \(moving.values.shape) cannot be registered sample by sample; both need "
          + "the same 2 or 3 axes")
    }
    let spacing = try (spacing ?? [1]).perAxis(axes, "spacing", .positive)
    try check(initial, shape)
    let finest = finest ?? spacing.min() ?? 1
    try FieldCheck.number(finest, 1e-12...1e12, "the finest level's distance between samples")
    let distances = RegistrationPyramid.distances(
      [(shape, spacing)], finest: finest, levels: levels)
    let bank = try QuadratureDesign(
      support: Array(repeating: support, count: axes), centerFrequency: centerFrequency,
      octaves: octaves
    ).bank()
    let fixedPyramid = try RegistrationPyramid(fixed, spacing: spacing, distances: distances)
    let movingPyramid = try RegistrationPyramid(moving, spacing: spacing, distances: distances)
    var field = try DisplacementField(zeros: shape, spacing: spacing)
    if let initial { field = initial }
    for (index, pair) in zip(fixedPyramid.levels, movingPyramid.levels).enumerated() {
      field = try field.resized(to: pair.0.image.shape)
      let level = try LevelProblem(fixed: pair.0, moving: pair.1, bank: bank, parameters: self)
      for iteration in 0..<iterations {
        let share = Double(iteration) / Double(max(iterations - 1, 1))
        field = try level.improved(field, window: stiffness * Double.pow(3, 1 - share))
        progress?(
          (Double(index) + Double(iteration + 1) / Double(iterations)) / Double(distances.count))
      }
    }
    let result = try field.resized(to: shape)
    return try DisplacementField(vectors: result.vectors, spacing: spacing)
  }

  /// The field that aligns the moving image with the fixed one, all samples of both known.
  ///
  /// - Throws: ``FiltersmithError`` when the images do not fit each other or are not finite.
  public func callAsFunction(
    fixed: Tensor<Float>, moving: Tensor<Float>, spacing: [Double]? = nil
  ) throws(FiltersmithError) -> DisplacementField {
    try self(
      fixed: MaskedImage(finite: fixed), moving: MaskedImage(finite: moving), spacing: spacing)
  }

  private func check(_ initial: DisplacementField?, _ shape: Shape) throws(FiltersmithError) {
    guard (1...1000).contains(iterations), levels.map({ (1...20).contains($0) }) ?? true else {
      throw FiltersmithError(
        .argument, "\(iterations) iterations on \(levels ?? 1) levels; 1 to 1000 on 1 to 20")
    }
    try FieldCheck.number(neighborhood, 0.5...1000, "the neighbourhood of displacements")
    try FieldCheck.number(stiffness, 0.3...1000, "the field's stiffness")
    try FieldCheck.number(contrastWindow, 0...1000, "the window that contrast is made even over")
    try FieldCheck.number(faintest, 0...1000, "the faintest certainty")
    try FieldCheck.number(largestStep, 0.01...100, "the largest step")
    if let initial {
      try FieldCheck.equalShapes(initial.shape, "the initial field", shape, "the images")
    }
  }
}

extension MorphonRegistration {
  /// Two images at one resolution.
  struct LevelProblem {
    private let phase: FixedPhase
    private let moving: RegistrationPyramid.Level
    private let parameters: MorphonRegistration
    /// The certainty of a displacement that nothing is known of: enough to keep the field in place.
    private static let leastCertainty: Float = 4e-3

    init(
      fixed: RegistrationPyramid.Level, moving: RegistrationPyramid.Level, bank: FilterBank,
      parameters: MorphonRegistration
    ) throws(FiltersmithError) {
      phase = try FixedPhase(fixed, bank: bank)
      self.moving = moving
      self.parameters = parameters
    }

    /// One iteration, with the field smoothed over a window.
    func improved(
      _ field: DisplacementField, window: Double
    ) throws(FiltersmithError) -> DisplacementField {
      let shape = phase.level.image.shape
      let axes = shape.rank
      let constraints = try phase.constraints(
        to: field.warp(moving.image, interpolation: .cubic, border: .nearest),
        certainty: field.warp(moving.certainty), contrastWindow: parameters.contrastWindow,
        faintest: parameters.faintest)
      let sigma = Array(repeating: parameters.neighborhood, count: axes)
      let step = solution(
        try GaussianAverage(sigma: sigma, border: .mirror)(constraints), shape)
      let vectors = try step.sliced([0..<axes] + shape.map { 0..<$0 })
      let sum = try field.after(DisplacementField(vectors: vectors, spacing: field.spacing))
      let smooth = try PlaneFit(sigma: window, slopePenalty: 0.1)(
        sum.vectors, certainty: step.selected(axis: 0, at: axes))
      return try DisplacementField(vectors: smooth, spacing: field.spacing)
    }

    /// u = A⁻¹ h, no longer than the largest step, and its certainty, `[D + 1, space…]`: the harmonic
    /// mean of the eigenvalues of A, which is small where any direction is unknown, over the image's mean
    /// eigenvalue.
    private func solution(_ constraints: Tensor<Float>, _ shape: Shape) -> Tensor<Float> {
      let (axes, samples) = (shape.rank, shape.elementCount)
      let components = SymmetricMatrix.elementCount(order: axes)
      let places = (0..<axes * axes).map {
        SymmetricMatrix.position($0 / axes, $0 % axes, order: axes)
      }
      let mean = constraints.withUnsafeElements { elements in
        var sum = 0.0
        for axis in 0..<axes {
          let start = places[axis * (axes + 1)] * samples
          for sample in start..<start + samples { sum += Double(elements[sample]) }
        }
        return sum / Double(samples)
      }
      let limit = parameters.largestStep
      return Tensor(
        Shape([axes + 1]) + shape, samples: samples, from: [constraints]
      ) { from, output, piece in
        var solver = SmallCholesky(order: axes)
        for sample in piece {
          var trace = 0.0
          for element in places.indices {
            solver.matrix[element] = Double(from[0][places[element] * samples + sample])
          }
          for axis in 0..<axes {
            solver.side[axis] = Double(from[0][(components + axis) * samples + sample])
            trace += solver.matrix[axis * (axes + 1)]
          }
          // Along unknown directions the displacement stays 0.
          let ridge = 1e-3 * trace + 1e-4 * mean
          for axis in 0..<axes { solver.matrix[axis * (axes + 1)] += ridge }
          let harmonic = Self.harmonicMean(solver.matrix, order: axes)
          guard mean > 0, solver.solve() != nil else {
            for channel in 0..<axes { output[channel * samples + sample] = 0 }
            output[axes * samples + sample] = Self.leastCertainty
            continue
          }
          let length = solver.side.reduce(0) { $0 + $1 * $1 }.squareRoot()
          let scale = length > limit ? limit / length : 1
          for axis in 0..<axes {
            output[axis * samples + sample] = Float(scale * solver.side[axis])
          }
          output[axes * samples + sample] =
            Float(harmonic * Double(axes) / mean) + Self.leastCertainty
        }
      }
    }

    /// The harmonic mean of the eigenvalues of a positive matrix of order 2 or 3: the order over the
    /// trace of the inverse, which is the sum of the diagonal's cofactors over the determinant.
    private static func harmonicMean(_ m: [Double], order: Int) -> Double {
      guard order == 3 else {
        let trace = m[0] + m[3]
        return trace > 0 ? max(2 * (m[0] * m[3] - m[1] * m[2]) / trace, 0) : 0
      }
      let first = m[4] * m[8] - m[5] * m[7]
      let cofactors = first + (m[0] * m[8] - m[2] * m[6]) + (m[0] * m[4] - m[1] * m[3])
      let determinant =
        m[0] * first - m[1] * (m[3] * m[8] - m[5] * m[6]) + m[2] * (m[3] * m[7] - m[4] * m[6])
      return cofactors > 0 ? max(3 * determinant / cofactors, 0) : 0
    }
  }
}
