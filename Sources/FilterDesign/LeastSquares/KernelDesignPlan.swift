import Fourier
import Numerics
import Tensors

/// A prepared kernel design: its weights and factorised normal equations.
///
/// One plan serves any number of ideals and may be used from many threads.
public struct KernelDesignPlan: Sendable {
  /// The design.
  public let design: KernelDesign
  /// The method used and the systems that were factorised.
  public let report: DesignReport

  let frequencies: DesignGrid
  /// F_w² in the order of transforms.
  let frequencyPower: Tensor<Double>
  /// f_w².
  let spatialPower: Tensor<Double>
  /// The position of each tap on the grid of the transforms.
  let places: [Int]
  private let solver: any NormalSolver
  /// The part of F_w(0)² that is not in the solver's equations.
  private let excess: Double
  /// A⁻¹ 1 of the solver's A, and its sum, for the Sherman–Morrison formula.
  private let response: [Complex<Double>]
  private let responseSum: Double
  private let memoryLimit: Int

  init(
    _ design: KernelDesign, method: SolutionMethod, memoryLimit: Int,
    progress: ProgressHandler? = nil
  ) throws(FiltersmithError) {
    let (support, grid) = (design.support, design.grid)
    // Weights and their transform, one ideal, and the arrays they are made from.
    let gridBytes = 72 * grid.reduce(1.0) { $0 * Double($1) }
    func checkMemory(_ bytes: Double, _ purpose: String) throws(FiltersmithError) {
      guard bytes <= Double(memoryLimit) else {
        throw FiltersmithError(
          .limit,
          "a kernel of size \(support) on a grid of \(grid) needs \(Self.size(bytes)) \(purpose); the limit is \(Self.size(Double(memoryLimit)))"
        )
      }
    }
    try checkMemory(gridBytes, "of memory")
    let frequencyPower = try design.squaredFrequencyWeight()
    let spatialPower = try design.squaredSpatialWeight()
    let equations = try NormalEquations(
      support: support, frequencyPower: frequencyPower, spatialPower: spatialPower)
    progress?(0.1)

    let symmetry = equations.symmetry
    let denseBytes = gridBytes + DenseSolver.bytes(support: support, symmetry: symmetry)
    let iterativeBytes = gridBytes + ConjugateGradientSolver.bytes(support: support)
    var chosen = method
    if chosen == .automatic {
      let isAffordable =
        DenseSolver.operations(support: support, symmetry: symmetry)
        <= SolutionMethod.affordableOperations && denseBytes <= Double(memoryLimit)
      chosen = isAffordable ? .cholesky : .conjugateGradients()
    }
    let unknowns: [Int]
    switch chosen {
    case .automatic, .cholesky:
      try checkMemory(denseBytes, "for a Cholesky factorisation")
      solver = try DenseSolver(equations) { progress?(0.1 + 0.4 * $0) }
      unknowns = DenseSolver.orders(support: support, symmetry: symmetry)
    case .conjugateGradients(let tolerance, let maximumIterations):
      try checkMemory(iterativeBytes, "for conjugate gradients")
      solver = try ConjugateGradientSolver(
        equations, tolerance: tolerance, maximumIterations: maximumIterations)
      unknowns = [support.elementCount]
    }

    self.design = design
    self.memoryLimit = memoryLimit
    self.frequencyPower = frequencyPower
    self.spatialPower = spatialPower
    frequencies = DesignGrid(shape: grid, spacing: design.spacing)
    places = Self.places(of: support, on: grid)
    report = DesignReport(method: chosen, symmetry: symmetry, unknowns: unknowns)
    excess = equations.excess
    if excess > 0 {
      let ones = TapVector(
        values: Array(repeating: 1, count: support.elementCount),
        isHermitian: equations.symmetry != .none)
      response = try solver.solve([ones], progress: nil).solutions[0].values
      responseSum = response.reduce(0) { $0 + $1.real }
    } else {
      response = []
      responseSum = 0
    }
    progress?(0.5)
  }

  /// The best kernel for each ideal.
  ///
  /// - Parameters:
  ///   - ideals: The ideals of the kernels' transforms.
  ///   - progress: Called from time to time with the fraction that is done.
  /// - Returns: The kernels, their quality figures, and how they were found.
  /// - Throws: ``FiltersmithError`` for an ideal of another shape than the grid, one that is not
  ///   finite or zero everywhere, or when conjugate gradients do not converge.
  public func solve(
    _ ideals: [IdealResponse], progress: ProgressHandler? = nil
  ) throws(FiltersmithError) -> KernelSolution {
    try solve(
      ideals.enumerated().map { DesignTarget(ideal: $1, name: "kernel \($0)") },
      progress: progress)
  }

  /// The best kernel for each target.
  ///
  /// - Throws: ``FiltersmithError`` as ``solve(_:progress:)`` does.
  public func solve(
    _ targets: [DesignTarget], progress: ProgressHandler? = nil
  ) throws(FiltersmithError) -> KernelSolution {
    guard !targets.isEmpty else {
      throw FiltersmithError(.argument, "no ideal response to design a kernel for")
    }
    let taps = design.support.elementCount
    let kernelBytes = 96 * Double(taps) * Double(targets.count)
    guard kernelBytes <= Double(memoryLimit) else {
      throw FiltersmithError(
        .limit,
        "\(targets.count) kernels of size \(design.support) need \(Self.size(kernelBytes)) of memory; the limit is \(Self.size(Double(memoryLimit)))"
      )
    }
    var ideals: [SampledIdeal] = []
    for target in targets {
      try target.validate(dimensions: design.support.rank)
      ideals.append(
        try SampledIdeal(target.ideal, name: "the ideal of \(target.name)", grid: design.grid))
    }
    let scratch = try AlignedBuffer<Complex<Double>>(count: frequencyPower.count)
    let inverse = try ParallelFourierPlan<Double>(.inverse, shape: design.grid, inPlace: true)
    var rightHandSides: [TapVector] = []
    for (index, ideal) in ideals.enumerated() {
      rightHandSides.append(try rightHandSide(ideal, targets[index].name, scratch, inverse))
      progress?(0.4 * Double(index + 1) / Double(targets.count))
    }
    let (solutions, convergence) = try solver.solve(rightHandSides) {
      progress?(0.4 + 0.2 * $0)
    }
    var elements: [Complex<Double>] = []
    elements.reserveCapacity(targets.count * taps)
    var qualities: [FilterQuality] = []
    let forward = try ParallelFourierPlan<Double>(.forward, shape: design.grid, inPlace: true)
    for (index, solution) in solutions.enumerated() {
      let target = targets[index]
      let kernel = restoringZeroFrequency(solution)
      guard kernel.allSatisfy(\.isFinite) else {
        throw FiltersmithError(
          .numerical, "\(target.name) is not finite: the weights are too extreme")
      }
      elements.append(contentsOf: kernel)
      qualities.append(measure(kernel, ideals[index], target, scratch, forward))
      progress?(0.6 + 0.4 * Double(index + 1) / Double(targets.count))
    }
    var report = report
    report.convergence = convergence
    return KernelSolution(
      kernels: try Tensor(shape: [targets.count] + design.support, elements: elements),
      qualities: qualities, report: report)
  }

  /// Bᴴ F_w² F_i + f_w² f_i.
  private func rightHandSide(
    _ ideal: SampledIdeal, _ name: String, _ scratch: borrowing AlignedBuffer<Complex<Double>>,
    _ inverse: ParallelFourierPlan<Double>
  ) throws(FiltersmithError) -> TapVector {
    let values = SharedPointer(scratch.pointer)
    let grid = frequencies
    let energy = frequencyPower.withUnsafeElements { power in
      let power = ReadOnlyPointer(power)
      return grid.sum { row, base in
        var sum = 0.0
        ideal.forEachValue(ofRow: row, base: base, on: grid) { position, _, value in
          let weight = power[position]
          values[position] = Complex(value.real * weight, value.imaginary * weight)
          sum += weight * (value.real * value.real + value.imaginary * value.imaginary)
        }
        return [sum, 0, 0, 0]
      }[0]
    }
    guard energy.isFinite else {
      throw FiltersmithError(
        .argument, "the ideal of \(name) is not finite at every frequency of the grid")
    }
    guard energy > 0 else {
      throw FiltersmithError(
        .argument,
        "the ideal of \(name) is zero at every frequency of the grid: its band lies between or beyond them"
      )
    }
    inverse.execute(input: scratch.rawPointer, output: scratch.rawPointer)
    var side = places.map { values[$0] }
    let center = side.count / 2
    side[center] += Complex(spatialPower.elements[center], 0)
    return TapVector(values: side, isHermitian: ideal.isReal && report.symmetry != .none)
  }

  /// Puts back the weight of frequency 0 that the solver's equations lack (Sherman–Morrison).
  private func restoringZeroFrequency(_ kernel: TapVector) -> [Complex<Double>] {
    guard excess > 0 else { return kernel.values }
    let sum = kernel.values.reduce(.zero, +)
    let factor = 1 / (1 / excess + responseSum)
    // The sum of a Hermitian kernel is real but for rounding errors.
    let correction = Complex(
      sum.real * factor, kernel.isHermitian ? 0 : sum.imaginary * factor)
    return zip(kernel.values, response).map { $0 - $1 * correction }
  }

  /// Positions on the transforms' grid of all taps: coordinates modulo the grid's extents.
  private static func places(of support: Shape, on grid: Shape) -> [Int] {
    var places: [Int] = []
    places.reserveCapacity(support.elementCount)
    support.forEachIndex { index in
      var place = 0
      for axis in index.indices {
        let coordinate = index[axis] - support[axis] / 2
        place = place * grid[axis] + (coordinate < 0 ? coordinate + grid[axis] : coordinate)
      }
      places.append(place)
    }
    return places
  }

  private static func size(_ bytes: Double) -> String {
    bytes < 1e9 ? "\(Int((bytes / 1e6).rounded(.up))) MB" : "\((bytes / 1e8).rounded(.up) / 10) GB"
  }
}

/// One kernel to design.
public struct DesignTarget: Sendable {
  /// The ideal of the kernel's transform.
  public var ideal: IdealResponse
  /// The name to use in messages, such as `the low-pass filter`.
  public var name: String
  /// A unit vector for the leakage and the phase ripple; none for other filters.
  public var direction: [Double]?
  /// ρ0 for the phase ripple.
  public var centerFrequency: Double?

  /// An ideal with what all quality figures need.
  public init(
    ideal: IdealResponse, name: String = "the kernel", direction: [Double]? = nil,
    centerFrequency: Double? = nil
  ) {
    self.ideal = ideal
    self.name = name
    self.direction = direction
    self.centerFrequency = centerFrequency
  }

  func validate(dimensions: Int) throws(FiltersmithError) {
    guard let direction else { return }
    guard direction.count == dimensions else {
      throw FiltersmithError(
        .argument, "direction \(direction) of \(name), which has \(dimensions) axes")
    }
  }
}

/// Designed kernels.
public struct KernelSolution: Sendable {
  /// `[ideals, support…]`: real part even and imaginary part odd where the ideal is real.
  public let kernels: Tensor<Complex<Double>>
  /// The quality of each kernel.
  public let qualities: [FilterQuality]
  /// How the kernels were found.
  public let report: DesignReport
}
