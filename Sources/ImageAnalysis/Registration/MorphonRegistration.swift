import Convolutions
import FilterDesign
import Numerics
import Tensors

/// Non-parametric registration by local phase and certainty, after the Morphon.
///
/// Each iteration warps the moving image by the field found so far, finds the displacement that is
/// left from the phases of quadrature filters, averaged over a neighbourhood,
/// u = (G * A)⁻¹ (G * h), and adds it to the field in proportion to its certainty:
/// ```
/// d ← d ∘ (1 + w u),  w = c_u / (c_d + c_u),  c_d ← (c_d² + c_u²) / (c_d + c_u)
/// d ← (c_d d + η {g * c_d d}) / (c_d + η {g * c_d})
/// ```
/// so that the field is smooth and what certain places know reaches uncertain ones. Coarse levels come
/// first. Where an image has no structure the field is a guess from its surroundings, and waves of the
/// field shorter than some thirty neighbourhoods are flattened: `DisplacementFieldTests` names cases of
/// both that stay above 0.2 pixel (H. Knutsson and M. Andersson, *Morphons*, ICIP 2005; A. Wrangsjö and others, SCIA 2005).
public struct MorphonRegistration: Sendable, Hashable {
  /// The distance between samples on the finest level; that of the images unless given.
  public var finest: Double?
  /// How many levels; as many as leave 20 samples along the shortest axis unless given.
  public var levels: Int?
  /// How many iterations each level takes.
  public var iterations = 12
  /// The neighbourhood that displacements are found in: σ of G, in samples of every level.
  public var neighborhood = 3.0
  /// How stiff the field is: the weight η of its surroundings' average, which every displacement
  /// takes up in each iteration; 0 for not at all.
  public var stiffness = 0.01
  /// Certainties far below this part of their mean over an image count as noise; 0 for none, which
  /// serves images of little noise best.
  public var faintest = 0.0
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

  /// The field that brings the moving image onto the fixed one: fixed(x) ≈ moving(x + d(x)).
  ///
  /// - Parameters:
  ///   - fixed: `[space…]`, 2 or 3 axes.
  ///   - moving: The same extents.
  ///   - spacing: The distance between samples of both along each axis; 1 unless given.
  ///   - initial: Where to begin, such as the field of an affine map; nowhere unless given.
  ///   - progress: Called now and then with the part that is done.
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
    let spacing = try FieldCheck.perAxis(spacing ?? [1], axes: axes, "spacing", positive: true)
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
      var level = try LevelProblem(fixed: pair.0, moving: pair.1, bank: bank, parameters: self)
      for iteration in 0..<iterations {
        field = try level.improved(field)
        progress?(
          (Double(index) + Double(iteration + 1) / Double(iterations)) / Double(distances.count))
      }
    }
    let result = try field.resized(to: shape)
    return try DisplacementField(vectors: result.vectors, spacing: spacing)
  }

  /// The field that brings the moving image onto the fixed one, all samples of both known.
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
    try FieldCheck.number(stiffness, 0...1000, "the field's stiffness")
    try FieldCheck.number(faintest, 0...1000, "the faintest certainty")
    try FieldCheck.number(largestStep, 0.01...100, "the largest step")
    if let initial {
      try FieldCheck.equalShapes(initial.shape, "the initial field", shape, "the images")
    }
  }
}

extension MorphonRegistration {
  /// Two images at one resolution, and the certainty of the field between them.
  struct LevelProblem {
    private let phase: FixedPhase
    private let moving: RegistrationPyramid.Level
    private let parameters: MorphonRegistration
    private let faintest: Float
    /// c_d.
    private var certainty: Tensor<Float>

    init(
      fixed: RegistrationPyramid.Level, moving: RegistrationPyramid.Level, bank: FilterBank,
      parameters: MorphonRegistration
    ) throws(FiltersmithError) {
      phase = try FixedPhase(fixed, bank: bank)
      self.moving = moving
      self.parameters = parameters
      // The mean of |q|², which both parts of q share.
      faintest = Float(2 * phase.responses.meanSquare * parameters.faintest)
      certainty = Tensor(zeros: fixed.image.shape)
    }

    /// One iteration.
    mutating func improved(
      _ field: DisplacementField
    ) throws(FiltersmithError) -> DisplacementField {
      let shape = phase.level.image.shape
      let axes = shape.rank
      let constraints = try phase.constraints(
        to: field.warp(moving.image, interpolation: .cubic, border: .nearest),
        certainty: field.warp(moving.certainty), faintest: faintest)
      let sigma = Array(repeating: parameters.neighborhood, count: axes)
      let step = solution(
        try GaussianAverage(sigma: sigma, border: .mirror)(constraints), shape)
      let found = try step.selected(axis: 0, at: axes)
      // w u, and c_d with what was found.
      let samples = shape.elementCount
      let weighted = Tensor<Float>(
        Shape([axes]) + shape, samples: samples, from: [step, certainty]
      ) { from, output, piece in
        for sample in piece {
          let (new, old) = (from[0][axes * samples + sample], from[1][sample])
          let weight = new + old > 0 ? new / (new + old) : 0
          for axis in 0..<axes {
            output[axis * samples + sample] = weight * from[0][axis * samples + sample]
          }
        }
      }
      certainty = Tensor(shape, samples: samples, from: [found, certainty]) {
        from, output, piece in
        for sample in piece {
          let (new, old) = (from[0][sample], from[1][sample])
          output[sample] = new + old > 0 ? (new * new + old * old) / (new + old) : 0
        }
      }
      let sum = try field.after(DisplacementField(vectors: weighted, spacing: field.spacing))
      return try smoothed(sum)
    }

    /// u = A⁻¹ h, no longer than the largest step, and its certainty: the trace of A over its mean,
    /// `[D + 1, space…]`.
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
        var solver = CholeskySolver(order: axes)
        for sample in piece {
          var trace = 0.0
          for element in places.indices {
            solver.matrix[element] = Double(from[0][places[element] * samples + sample])
          }
          for axis in 0..<axes {
            solver.side[axis] = Double(from[0][(components + axis) * samples + sample])
            trace += solver.matrix[axis * (axes + 1)]
          }
          // Along directions that nothing is known of the displacement stays 0.
          let ridge = 1e-3 * trace + 1e-4 * mean
          for axis in 0..<axes { solver.matrix[axis * (axes + 1)] += ridge }
          guard mean > 0, solver.solve() != nil else {
            for channel in 0...axes { output[channel * samples + sample] = 0 }
            continue
          }
          let length = solver.side.reduce(0) { $0 + $1 * $1 }.squareRoot()
          let scale = length > limit ? limit / length : 1
          for axis in 0..<axes {
            output[axis * samples + sample] = Float(scale * solver.side[axis])
          }
          output[axes * samples + sample] = Float(trace / mean)
        }
      }
    }

    /// (c_d d + η {g * c_d d}) / (c_d + η {g * c_d}): what is known stays nearly as it is, and what is
    /// not follows what is known around it.
    ///
    /// g is a sum of Gaussians, each three times as wide as the one before with a fiftieth of its
    /// weight, so that displacements reach as far as they must.
    private func smoothed(
      _ field: DisplacementField
    ) throws(FiltersmithError) -> DisplacementField {
      let share = Float(parameters.stiffness)
      guard share > 0 else { return field }
      let (axes, samples) = (field.dimensions, field.shape.elementCount)
      let known = Tensor<Float>(
        Shape([axes + 1]) + field.shape, samples: samples, from: [field.vectors, certainty]
      ) { from, output, piece in
        for sample in piece {
          let weight = from[1][sample]
          for axis in 0..<axes {
            output[axis * samples + sample] = weight * from[0][axis * samples + sample]
          }
          output[axes * samples + sample] = weight
        }
      }
      var sums = known
      var (sigma, weight) = (parameters.neighborhood, share)
      let extent = Double(field.shape.max() ?? 1)
      repeat {
        let average = try GaussianAverage(
          sigma: Array(repeating: sigma, count: axes), border: .mirror)(known)
        let gain = weight
        sums = Tensor(sums.shape, samples: sums.count, from: [sums, average]) {
          from, output, piece in
          for place in piece { output[place] = from[0][place] + gain * from[1][place] }
        }
        sigma *= 3
        weight /= 50
      } while sigma < extent / 4
      let vectors = Tensor<Float>(
        field.vectors.shape, samples: samples, from: [sums, field.vectors]
      ) { from, output, piece in
        for sample in piece {
          let weight = from[0][axes * samples + sample]
          for axis in 0..<axes {
            let place = axis * samples + sample
            output[place] = weight > 0 ? from[0][place] / weight : from[1][place]
          }
        }
      }
      return try DisplacementField(vectors: vectors, spacing: field.spacing)
    }
  }
}
