import FilterDesign
import Fourier
import Numerics
import Tensors
import Testing

/// The problem written out from its definition, apart from the code under test.
struct WrittenProblem {
  let support: Shape
  let grid: Shape
  /// F_w² and f_w², centred.
  let frequencyPower: Tensor<Double>
  let spatialPower: Tensor<Double>

  /// The customary weights from their formulas.
  init(support: Shape, parameters: LeastSquaresParameters = LeastSquaresParameters()) {
    let grid = parameters.grid.map { Shape($0) } ?? Shape(support.map { 2 * $0 + 1 })
    let spacing = parameters.spacing ?? support.map { _ in 1 }
    func frequency(_ index: [Int], _ axis: Int) -> Double {
      2 * .pi * Double(index[axis] - (grid[axis] - 1) / 2) / Double(grid[axis])
    }
    let spectrum = Tensor<Double>(shape: grid) { index in
      var (square, cosines) = (0.0, 1.0)
      for axis in grid.indices {
        square += Double.pow(frequency(index, axis) / spacing[axis], 2)
        cosines *= Double.pow(Double.cos(frequency(index, axis) / 2), parameters.cosineExponent)
      }
      guard square > 0 else { return 0 }
      return Double.pow(square.squareRoot(), parameters.frequencyExponent) * cosines
    }
    let noise =
      Double.pow(10, -parameters.signalToNoise / 20)
      * spectrum.map { $0 * $0 }.mean().squareRoot()
    let center = grid.map { ($0 - 1) / 2 }
    var power = spectrum.map { ($0 + noise) * ($0 + noise) }
    power[center] = 0
    let sum = power.sum()
    power = power.map { $0 / sum }
    power[center] = parameters.dcWeight * parameters.dcWeight
    let locality = Tensor<Double>(shape: support) { index in
      var (square, window) = (0.0, 1.0)
      for axis in support.indices {
        let x = Double(index[axis] - (support[axis] - 1) / 2)
        square += Double.pow(x * spacing[axis], 2)
        window *= 1 - Double.pow(2 * x / Double(support[axis] + 1), 2)
      }
      return Double.pow(square.squareRoot(), parameters.spatialExponent) / window
    }
    let total = locality.map { $0 * $0 }.sum()
    self.init(
      support: support, grid: grid, frequencyPower: power,
      spatialPower: locality.map { $0 * $0 / total * parameters.locality * parameters.locality })
  }

  init(support: Shape, grid: Shape, frequencyPower: Tensor<Double>, spatialPower: Tensor<Double>) {
    self.support = support
    self.grid = grid
    self.frequencyPower = frequencyPower
    self.spatialPower = spatialPower
  }

  /// F(u) on the centred grid.
  func transform(_ kernel: Tensor<Complex<Double>>) throws -> Tensor<Complex<Double>> {
    var padded = Tensor<Complex<Double>>(zeros: grid)
    support.forEachIndex { index in
      let place = index.indices.map { (index[$0] - support[$0] / 2 + grid[$0]) % grid[$0] }
      padded[place] = kernel[index]
    }
    return try padded.fourierTransform().centered()
  }

  /// Half the gradient of ε², zero at the minimum, and the size of its two opposed parts.
  func gradient(
    _ kernel: Tensor<Complex<Double>>, ideal: Tensor<Complex<Double>>
  ) throws -> (gradient: Double, scale: Double) {
    func pulledBack(_ spectrum: Tensor<Complex<Double>>) throws -> Tensor<Complex<Double>> {
      let weighted = try spectrum.zip(with: frequencyPower) { $0 * Complex($1) }
      let lags = try weighted.uncentered().inverseFourierTransform()
      return Tensor(shape: support) { index in
        lags[index.indices.map { (index[$0] - support[$0] / 2 + grid[$0]) % grid[$0] }]
          * Complex(Double(grid.elementCount))
      }
    }
    let difference = try pulledBack(transform(kernel) - ideal)
    let scale = try pulledBack(ideal).map(\.lengthSquared).sum().squareRoot()
    let center = support.map { $0 / 2 }
    var sum = 0.0
    support.forEachIndex { index in
      let impulse: Complex<Double> = index == center ? 1 : 0
      sum +=
        (difference[index] + Complex(spatialPower[index]) * (kernel[index] - impulse))
        .lengthSquared
    }
    return (sum.squareRoot(), scale)
  }

  /// ε².
  func cost(_ kernel: Tensor<Complex<Double>>, ideal: Tensor<Complex<Double>>) throws -> Double {
    let spectral = try (transform(kernel) - ideal).zip(with: frequencyPower) {
      $0.lengthSquared * $1
    }.sum()
    let center = support.map { $0 / 2 }
    var spatial = 0.0
    support.forEachIndex { index in
      let impulse: Complex<Double> = index == center ? 1 : 0
      spatial += spatialPower[index] * (kernel[index] - impulse).lengthSquared
    }
    return spectral + spatial
  }

  func sampled(_ function: FrequencyFunction, spacing: [Double]? = nil) -> Tensor<Complex<Double>> {
    let axes = FrequencyGrid(shape: grid).axes
    return Tensor(shape: grid) { index in
      function(FrequencyVector(index.indices.map { axes[$0][index[$0]] / (spacing?[$0] ?? 1) }))
    }
  }
}

@Suite("Least-squares designs")
struct LeastSquaresTests {
  struct Case: Sendable {
    var support: [Int]
    var parameters = LeastSquaresParameters()
  }

  static let cases: [Case] = [
    Case(support: [9]),
    Case(support: [7, 9]),
    Case(support: [5, 5], parameters: LeastSquaresParameters(grid: [5, 7], dcWeight: 3)),
    Case(support: [5, 7], parameters: LeastSquaresParameters(grid: [21, 17], locality: 0)),
    Case(
      support: [7, 5],
      parameters: LeastSquaresParameters(
        signalToNoise: 12, dcWeight: 0, locality: 5, frequencyExponent: -0.5, cosineExponent: 2,
        spatialExponent: 1)),
    Case(support: [5, 5, 7], parameters: LeastSquaresParameters(spacing: [2, 1, 0.7])),
    Case(support: [3, 3, 5, 3]),
  ]

  @Test(
    "the kernel is where the gradient of ε² vanishes, and its figures are as defined",
    arguments: cases)
  func optimum(designCase: Case) throws {
    let (support, parameters) = (Shape(designCase.support), designCase.parameters)
    let problem = WrittenProblem(support: support, parameters: parameters)
    let direction = support.indices.map { $0 == 0 ? 1.0 : 0 }
    let design = QuadratureDesign(
      support: designCase.support, centerFrequency: 1.1, directions: [direction],
      angularExponent: 3, parameters: parameters)
    let (bank, report) = try design.solution()
    #expect(report.symmetry == .axes && report.method == .cholesky)
    #expect(report.unknowns.reduce(0, +) == support.elementCount)
    let kernel = try bank.complexKernels.selected(axis: 0, at: 0)
    let ideal = problem.sampled(try design.ideals()[0], spacing: parameters.spacing)
    let (gradient, scale) = try problem.gradient(kernel, ideal: ideal)
    // F_w(0)² F(0) is a million times the sum of n numbers that nearly cancel: rounding shows in it, at
    // most by n/2 ulps of the numbers' lengths. How much it is depends on the processor's BLAS.
    let rounding =
      parameters.dcWeight * parameters.dcWeight * kernel.map(\.length).sum() * Double.ulpOfOne / 2
      * Double(support.elementCount)
    #expect(gradient < 1e-11 * scale + rounding)

    let quality = bank.qualities[0]
    #expect(abs(quality.cost / (try problem.cost(kernel, ideal: ideal)) - 1) < 1e-9)
    let response = try problem.transform(kernel)
    func weighted(_ values: Tensor<Complex<Double>>) throws -> Double {
      try values.zip(with: problem.frequencyPower) { $0.lengthSquared * $1 }.sum()
    }
    let error = try (weighted(response - ideal) / weighted(ideal)).squareRoot()
    #expect(abs(quality.weightedError - error) < 1e-9)
    let half = problem.grid[0] / 2
    let behind = try response.sliced(axis: 0, 0..<half).map(\.lengthSquared).sum()
    let all = response.map(\.lengthSquared).sum()
    let leakage = try #require(quality.leakage)
    #expect(abs(leakage - (behind / all).squareRoot()) < 1e-9)
    #expect(abs(quality.energy - kernel.map(\.lengthSquared).sum()) < 1e-12)
    #expect(quality.centerTap == kernel[support.map { $0 / 2 }].real)
    let again = try parameters.kernelDesign(support: designCase.support).plan().quality(
      of: kernel,
      comparedWith: DesignTarget(
        ideal: .complex(ideal), direction: direction, centerFrequency: 1.1))
    #expect(abs(again.cost / quality.cost - 1) < 1e-9 && again.leakage == quality.leakage)
  }

  /// Weights with all, central and no symmetry, and the system each leads to.
  static let symmetries: [(DesignSymmetry, FrequencyFunction)] = [
    (.axes, FrequencyFunction { u in 1 + u.radius }),
    (.center, FrequencyFunction { u in 2 + Double.sin(u[0]) * Double.sin(u[1]) }),
    (.none, FrequencyFunction { u in 2 + Double.sin(u[0] + 0.5) }),
  ]

  @Test("weights of any symmetry and ideals real or complex, by both methods", arguments: 0..<3)
  func symmetry(_ index: Int) throws {
    let (symmetry, weight) = Self.symmetries[index]
    let support: Shape = [5, 7]
    let grid: Shape = [13, 15]
    var source = RandomSource(seed: 31)
    // Spatial weights of the same symmetry; the centre's is not zero, so that f_i matters.
    let spatial = Tensor<Double>(shape: support) { index in
      let (y, x) = (Double(index[0] - 2), Double(index[1] - 3))
      switch symmetry {
      case .axes: return 0.3 + 0.2 * abs(x) + 0.1 * y * y
      case .center: return 0.3 + 0.05 * (x + y) * (x + y)
      case .none: return 0.1 + source.uniform()
      }
    }
    let design = try KernelDesign(
      support: support, grid: grid, frequencyWeight: .function(weight),
      spatialWeight: .samples(spatial))
    let shell = WrittenProblem(
      support: support, grid: grid, frequencyPower: Tensor(zeros: grid),
      spatialPower: spatial.map { $0 * $0 })
    let problem = WrittenProblem(
      support: support, grid: grid,
      frequencyPower: shell.sampled(weight).map { $0.real * $0.real },
      spatialPower: shell.spatialPower)
    let noise = Tensor<Complex<Double>>(shape: grid) { _ in
      Complex(source.normal(), source.normal())
    }
    let ideals: [IdealResponse] = [
      .function(.quadrature(direction: [0.6, 0.8], centerFrequency: 1, octaves: 2)),
      .function(.riesz([0, 1]) * .logNormal(centerFrequency: 1, octaves: 2)),
      .complex(noise),
      .real(noise.realPart()),
    ]
    let direct = try design.plan(method: .cholesky).solve(ideals)
    #expect(direct.report.symmetry == symmetry)
    let iterative = try design.plan(method: .conjugateGradients()).solve(ideals)
    for (index, ideal) in ideals.enumerated() {
      let samples: Tensor<Complex<Double>> =
        switch ideal {
        case .function(let function): problem.sampled(function)
        case .real(let values): values.map { Complex($0) }
        case .complex(let values): values
        }
      let kernel = try direct.kernels.selected(axis: 0, at: index)
      let (gradient, scale) = try problem.gradient(kernel, ideal: samples)
      #expect(gradient < 1e-11 * scale, "\(symmetry), ideal \(index)")
      let same = try iterative.kernels.selected(axis: 0, at: index)
      let difference = try (kernel - same).map(\.lengthSquared).sum().squareRoot()
      #expect(difference < 1e-9, "\(symmetry), ideal \(index)")
      if ideal.isReal {
        #expect(try kernel.flipped().conjugate() == kernel || symmetry == .none)
      }
      #expect(iterative.report.convergence[index].residual < 1e-11)
      #expect(iterative.report.convergence[index].iterations > 0)
    }
  }

  @Test("conjugate gradients agree with Cholesky on a bank, and say when they fail")
  func conjugateGradients() throws {
    let design = try QuadratureDesign(support: [7, 7, 7], centerFrequency: .pi / 3)
    let direct = try design.bank()
    let (bank, report) = try design.solution(method: .conjugateGradients())
    let difference = try (bank.complexKernels - direct.complexKernels).map(\.length).max()
    #expect(try #require(difference) < 1e-9)
    #expect(report.convergence.count == 6 && report.explanation.contains("iterations"))
    for (left, right) in zip(bank.qualities, direct.qualities) {
      #expect(abs(left.cost / right.cost - 1) < 1e-9)
    }
    let failure = #expect(throws: FiltersmithError.self) {
      try design.solution(method: .conjugateGradients(maximumIterations: 3))
    }
    #expect(failure?.kind == .numerical)
    #expect(failure?.message.contains("after 3 iterations") == true)
  }

  @Test("a response that some kernel has exactly gives that kernel back")
  func recovery() throws {
    var source = RandomSource(seed: 32)
    let kernel = Tensor<Complex<Double>>(shape: [5, 7]) { _ in
      Complex(source.normal(), source.normal())
    }
    let design = try KernelDesign(
      support: [5, 7], frequencyWeight: .spectrum(dcWeight: 1), spatialWeight: .none)
    let problem = WrittenProblem(support: [5, 7])
    let solution = try design.plan().solve([.complex(try problem.transform(kernel))])
    let recovered = try solution.kernels.selected(axis: 0, at: 0)
    #expect(try (recovered - kernel).map(\.length).max() ?? 1 < 1e-10)
    #expect(solution.qualities[0].weightedError < 1e-11)
  }

  @Test("kernels depend linearly on their ideals, and arrays serve as well as functions")
  func linearityAndArrays() throws {
    let first = FrequencyFunction.quadrature(direction: [0, 1], centerFrequency: 1, octaves: 2)
    let second = FrequencyFunction.derivative([1, 0]) * .gaussian(sigma: 1)
    let design = try KernelDesign(support: [7, 7])
    let plan = try design.plan()
    let problem = WrittenProblem(support: [7, 7])
    let solution = try plan.solve([
      .function(first), .function(second), .function(first * 2 - second),
      .complex(problem.sampled(second)), .real(problem.sampled(first).realPart()),
    ])
    let kernels = try (0..<5).map { try solution.kernels.selected(axis: 0, at: $0) }
    let sum = try kernels[0] * 2 - kernels[1]
    func distance(_ a: Tensor<Complex<Double>>, _ b: Tensor<Complex<Double>>) throws -> Double {
      try (a - b).map(\.length).max() ?? 1
    }
    #expect(try distance(sum, kernels[2]) < 1e-13)
    #expect(try distance(kernels[3], kernels[1]) < 1e-13)
    #expect(try distance(kernels[4], kernels[0]) < 1e-13)
    let weights = try KernelDesign(
      support: [7, 7],
      frequencyWeight: .samples(problem.frequencyPower.map { $0.squareRoot() }),
      spatialWeight: .samples(problem.spatialPower.map { $0.squareRoot() }))
    let same = try weights.plan().solve([.function(first)])
    #expect(same.report.symmetry == .axes)
    #expect(try distance(same.kernels.selected(axis: 0, at: 0), kernels[0]) < 1e-12)
  }

  @Test(
    "the number of threads does not change a bit",
    arguments: [[11, 11], [7, 7, 7], [5, 5, 5, 5]])
  func threads(support: [Int]) throws {
    let design = try QuadratureDesign(support: support, centerFrequency: .pi / 3)
    let setting = Threads.count
    defer { Threads.count = setting }
    var banks: [FilterBank] = []
    for count in [1, 2, 5] {
      Threads.count = count
      banks.append(try design.bank())
      #expect(banks.last == banks.first)
    }
  }

  @Test("only the ratio of spacing and wavelength matters")
  func spacing() throws {
    let plain = try QuadratureDesign(support: [9, 7], centerFrequency: 1.2).bank()
    let scaled = try QuadratureDesign(
      support: [9, 7], centerFrequency: 0.6,
      parameters: LeastSquaresParameters(spacing: [2, 2])
    ).bank()
    #expect(try (plain.complexKernels - scaled.complexKernels).map(\.length).max() ?? 1 < 1e-12)
    // Half as dense along y: the same wave has twice the frequency there, in rad/sample.
    let anisotropic = QuadratureDesign(
      support: [9, 9], centerFrequency: 0.6, directions: [[1, 0], [0, 1]],
      parameters: LeastSquaresParameters(spacing: [2, 1]))
    let bank = try anisotropic.bank()
    for (filter, frequency) in [[1.2, 0], [0, 0.6]].enumerated() {
      func response(_ sign: Double) -> Double {
        var sum = Complex<Double>.zero
        Shape([9, 9]).forEachIndex { index in
          let phase = frequency[0] * Double(index[0] - 4) + frequency[1] * Double(index[1] - 4)
          sum += bank.complexKernels[[filter] + index] * Complex(length: 1, phase: -sign * phase)
        }
        return sum.length
      }
      let ripple = try #require(bank.qualities[filter].phaseRipple)
      #expect(abs(ripple - response(-1) / response(1)) < 1e-12)
      #expect(ripple < 0.1)
    }
  }
}
