import FilterDesign
import Networks
import Tensors

/// An arm as networks: the fixed part, whose results are computed once, and the rest.
struct ArmNetworks: Sendable {
  /// Image → output of the fixed filters; `nil` where nothing is fixed.
  let fixed: Network?
  /// Output of the fixed part → classes.
  ///
  /// With a linear head it is a single dense layer.
  let learned: Network
  /// Image → classes: both in one, with the same names.
  let whole: Network
  /// What the first stage passes to the head, `[channels, y, x]`.
  let firstOutput: Shape

  /// The node of a learned first layer.
  static let filters = "first.filters"

  /// The networks of an arm.
  ///
  /// - Parameters:
  ///   - arm: The arm.
  ///   - input: `[channels, y, x]`.
  ///   - classes: The number of classes.
  ///   - windows: How many averages along each axis a linear head sees.
  ///   - seed: Determines random filters.
  /// - Throws: ``FiltersmithError`` when the images are too small, or a bank cannot be read or designed.
  init(
    _ arm: Arm, input: Shape, classes: Int, windows: Int = 7, seed: UInt64
  ) throws(FiltersmithError) {
    do throws(FiltersmithError) {
      guard input.rank == 3 else {
        throw FiltersmithError(
          .shape, "a study compares filters for images [channels, y, x]; the samples are \(input)")
      }
      let parts = try StageParts(arm, input: input, windows: windows, seed: seed)
      let head = Self.head(arm.head, classes: classes)
      var shape = input
      if parts.fixed.isEmpty {
        fixed = nil
      } else {
        let network = try Network(input: input) { Scope("fixed") { parts.fixed } }
        shape = network.outputShapes[0]
        fixed = network
      }
      firstOutput =
        parts.learned.isEmpty
        ? shape : try Network(input: shape) { Scope("first") { parts.learned } }.outputShapes[0]
      learned = try Network(input: shape) {
        if !parts.learned.isEmpty { Scope("first") { parts.learned } }
        Scope("head") { head }
      }
      whole = try Network(input: input) {
        if !parts.fixed.isEmpty { Scope("fixed") { parts.fixed } }
        if !parts.learned.isEmpty { Scope("first") { parts.learned } }
        Scope("head") { head }
      }
    } catch {
      throw FiltersmithError(error.kind, "arm '\(arm.name)': \(error.message)")
    }
  }

  private static func head(_ head: Arm.Head, classes: Int) -> [any NetworkPart] {
    switch head {
    case .linear: [Flatten(), Dense(classes).named("classes")]
    case .network:
      [
        BatchNormalization(), Conv(32, kernel: 5, padding: .same), ReLU(),
        MaxPooling(2, includesPartial: true), Flatten(), Dense(120), ReLU(), Dropout(0.5),
        Dense(classes).named("classes"),
      ]
    }
  }
}

/// The layers of an arm's first stage.
struct StageParts {
  /// Layers without parameters.
  var fixed: [any NetworkPart] = []
  /// Layers after them, with parameters.
  var learned: [any NetworkPart] = []

  init(_ arm: Arm, input: Shape, windows: Int, seed: UInt64) throws(FiltersmithError) {
    let channels = input[0]
    let (rows, columns) = (input[1], input[2])
    /// Averages over windows; a single one leaves out `margin` positions along the border, whose
    /// filters met zeros beyond it.
    func averages(_ rows: Int, _ columns: Int, margin: Int) -> any NetworkPart {
      let extent = max(rows, columns)
      guard windows == 1 else {
        return AveragePooling(max(1, extent / windows), includesPartial: true)
      }
      let cut = min(margin, (min(rows, columns) - 1) / 2)
      return Sequential([
        Cropping(before: [cut], after: [cut]),
        AveragePooling(extent - 2 * cut, includesPartial: true),
      ])
    }
    // A network sees 12 to 16 maxima along each axis: half the extent of the usual images.
    func pooling(_ support: Int) -> any NetworkPart {
      arm.head == .linear
        ? averages(rows, columns, margin: support / 2)
        : MaxPooling(max(2, max(rows, columns) / 12), includesPartial: true)
    }
    func filters(_ pairs: Int, _ support: Int, _ initializer: Initializer) -> any NetworkPart {
      Conv(2 * pairs, kernel: support, padding: .same, hasBias: false, initializer: initializer)
        .named("filters")
    }
    switch arm.first {
    case .pixels: break
    case .bank(let source):
      let kernels = try source.kernels(channels: channels)
      fixed = [FixedFilters(kernels), Magnitude(), pooling(kernels.shape[2])]
    case .random(let random):
      fixed = [
        FixedFilters(random.kernels(channels: channels, seed: seed)), Magnitude(),
        pooling(random.support),
      ]
    case .started(let source):
      let kernels = try source.kernels(channels: channels)
      learned = [
        filters(
          kernels.shape[0] / 2, kernels.shape[2], .values(kernels.elements.map { Double($0) })),
        Magnitude(), pooling(kernels.shape[2]),
      ]
    case .learned(let random):
      learned = [
        filters(random.pairs, random.support, .heUniform), Magnitude(), pooling(random.support),
      ]
    case .derivatives(let basis):
      fixed = [FixedFilters(try basis.kernels())]
      learned = [filters(basis.pairs, 1, .heUniform), Magnitude(), pooling(1)]
    case .scattering(let scattering):
      fixed = try scattering.parts(for: input)
      let scale = 1 << scattering.octaves
      let (down, across) = ((rows - 1) / scale + 1, (columns - 1) / scale + 1)
      if arm.head == .linear, max(down, across) > windows {
        fixed.append(averages(down, across, margin: 1))
      }
    }
  }
}

extension DerivativeBasis {
  /// The basis, `[derivatives, 1, y, x]`, every kernel of norm 1, all with the support of the largest.
  func kernels() throws(FiltersmithError) -> Tensor<Float> {
    guard !sigmas.isEmpty, (0...6).contains(order), pairs > 0 else {
      throw FiltersmithError(
        .argument,
        "a basis of derivatives has at least one σ, an order from 0 to 6 and at least one pair; given "
          + "σ = \(sigmas), order \(order) and \(pairs) pairs")
    }
    let orders = (0...order).flatMap {
      GaussianDerivativeDesign.orders(total: $0, dimensions: 2)
    }
    var banks: [Tensor<Double>] = []
    for sigma in sigmas {
      let bank = try GaussianDerivativeDesign(
        sigma: [sigma, sigma], orders: orders, truncation: 3
      ).bank(progress: nil)
      banks.append(try bank.correlationKernels(as: Double.self))
    }
    let largest = banks.map { $0.shape[2] }.max() ?? 1
    let taps = largest * largest
    var numbers = [Float](repeating: 0, count: banks.count * orders.count * taps)
    for (scale, bank) in banks.enumerated() {
      let (size, count) = (bank.shape[2], bank.shape[2] * bank.shape[3])
      let margin = (largest - size) / 2
      for index in orders.indices {
        let kernel = bank.elements[index * count..<(index + 1) * count]
        let norm = kernel.reduce(0) { $0 + $1 * $1 }.squareRoot()
        let start = (scale * orders.count + index) * taps
        for (position, value) in kernel.enumerated() {
          let (row, column) = (position / size + margin, position % size + margin)
          numbers[start + row * largest + column] = Float(value / max(norm, 1e-12))
        }
      }
    }
    return try Tensor(shape: [banks.count * orders.count, 1, largest, largest], elements: numbers)
  }
}
