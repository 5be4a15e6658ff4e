import Convolutions
import FilterDesign
import Numerics
import Tensors

/// Phase-based registration by a translation, a rigid or an affine map.
///
/// The parameters p of a displacement B(x) p are found by least squares from the constraints of local
/// phase (A p = h, accumulated over quadrature filters and samples), the moving image is warped, and
/// so on until the map converges; coarse levels first. Local phase does not depend on brightness and
/// contrast (Hemmendorff and others 2002; A. Eklund and others, 2010).
///
/// ```swift
/// let result = try LinearRegistration(.rigid)(fixed: before, moving: after)
/// let aligned = try after.warped(by: result.transform, to: before.shape, interpolation: .cubic)
/// ```
public struct LinearRegistration: Sendable, Hashable {
  /// Which maps are allowed.
  public enum Kind: String, Sendable, Hashable, CaseIterable {
    /// Shifts.
    case translation
    /// Shifts and rotations, in units of length.
    case rigid
    /// Shifts, rotations, scalings and shears.
    case affine
  }

  /// Which maps are allowed.
  public var kind: Kind
  /// The distance between samples on the finest level; that of the fixed image unless given.
  public var finest: Double?
  /// How many levels; as many as leave 20 samples along the shortest axis unless given.
  public var levels: Int?
  /// The most iterations of a level.
  public var iterations = 15
  /// A level is done when no corner of the image moves by more than this, in samples of the level.
  public var tolerance = 0.005
  /// The filters' centre frequency, in rad/sample of every level.
  public var centerFrequency = Double.pi / 3
  /// The filters' bandwidth in octaves.
  public var octaves = 2.0
  /// The filters' taps along each axis, odd.
  public var support = 9

  /// Registration by maps of a kind.
  public init(_ kind: Kind) { self.kind = kind }

  /// What registration found.
  public struct Result: Sendable, Hashable {
    /// From samples of the fixed image to samples of the moving one.
    public let transform: AffineMap
    /// The same map between positions in units of length, the first sample of either image at 0.
    public let positions: AffineMap
    /// How many iterations each level took, coarsest first.
    public let iterations: [Int]
    /// How far the last iteration moved the fixed image's corners, in samples of the finest level.
    public let lastMovement: Double
  }

  /// The map that aligns the moving image with the fixed one: fixed(x) ≈ moving(transform(x)).
  ///
  /// - Parameters:
  ///   - fixed: `[space…]`, 2 or 3 axes.
  ///   - moving: As many axes, any extents.
  ///   - fixedSpacing: The distance between samples along each axis; 1 unless given.
  ///   - movingSpacing: That of the moving image; the fixed one's unless given.
  ///   - initial: Where to begin, in samples; the identity in units of length unless given.
  ///   - progress: Called now and then with the fraction done.
  /// - Throws: ``FiltersmithError`` when the images do not fit each other, a parameter is out of range
  ///   or the images hold too little structure.
  public func callAsFunction(
    fixed: MaskedImage, moving: MaskedImage, fixedSpacing: [Double]? = nil,
    movingSpacing: [Double]? = nil, initial: AffineMap? = nil,
    progress: ProgressHandler? = nil
  ) throws(FiltersmithError) -> Result {
    let axes = fixed.values.rank
    guard (2...3).contains(axes), moving.values.rank == axes else {
      throw FiltersmithError(
        .shape,
        "images \(fixed.values.shape) and \(moving.values.shape) cannot be registered; both need 2 "
          + "or 3 axes")
    }
    try FieldCheck.number(tolerance, 1e-9...10, "the tolerance of registration")
    guard (1...1000).contains(iterations), levels.map({ (1...20).contains($0) }) ?? true else {
      throw FiltersmithError(
        .argument, "\(iterations) iterations on \(levels ?? 1) levels; 1 to 1000 on 1 to 20")
    }
    let fixedSpacing = try (fixedSpacing ?? [1]).perAxis(
      axes, "the fixed image's spacing", .positive)
    let movingSpacing = try (movingSpacing ?? fixedSpacing).perAxis(
      axes, "the moving image's spacing", .positive)
    let finest = finest ?? fixedSpacing.min() ?? 1
    try FieldCheck.number(finest, 1e-12...1e12, "the finest level's distance between samples")
    let distances = RegistrationPyramid.distances(
      [(fixed.values.shape, fixedSpacing), (moving.values.shape, movingSpacing)], finest: finest,
      levels: levels)
    let bank = try QuadratureDesign(
      support: Array(repeating: support, count: axes), centerFrequency: centerFrequency,
      octaves: octaves
    ).bank()
    let fixedPyramid = try RegistrationPyramid(fixed, spacing: fixedSpacing, distances: distances)
    let movingPyramid = try RegistrationPyramid(
      moving, spacing: movingSpacing, distances: distances)
    let toFixed = AffineMap.scaling(fixedSpacing)
    let toMoving = AffineMap.scaling(movingSpacing)
    var map = AffineMap.identity(dimensions: axes)
    if let initial { map = toMoving.after(initial).after(try toFixed.inverse()) }
    var (counts, movement): ([Int], Double) = ([], 0)
    for (index, pair) in zip(fixedPyramid.levels, movingPyramid.levels).enumerated() {
      let level = try LevelProblem(fixed: pair.0, moving: pair.1, bank: bank, kind: kind)
      var count = 0
      while count < iterations {
        count += 1
        let step = try level.step(from: map)
        map = map.after(step.map)
        movement = step.movement
        if movement < tolerance { break }
        progress?(
          (Double(index) + Double(count) / Double(iterations)) / Double(distances.count))
      }
      counts.append(count)
    }
    return Result(
      transform: try toMoving.inverse().after(map).after(toFixed), positions: map,
      iterations: counts, lastMovement: movement)
  }

  /// The map that aligns the moving image with the fixed one, all samples of both known.
  ///
  /// - Throws: ``FiltersmithError`` when the images do not fit each other, are not finite or hold too
  ///   little structure.
  public func callAsFunction(
    fixed: Tensor<Float>, moving: Tensor<Float>, spacing: [Double]? = nil
  ) throws(FiltersmithError) -> Result {
    try self(
      fixed: MaskedImage(finite: fixed), moving: MaskedImage(finite: moving), fixedSpacing: spacing)
  }
}
