import Tensors

/// What operations cost, fitted on one processor: the planner's only source of times.
public struct CostTable: Sendable, Hashable, Codable {
  /// The processor the numbers were fitted on.
  public var processor: String
  /// Seconds per product and sum of the plain algorithm.
  public var plainMultiplyAdd: Double
  /// Seconds per row and tap of the plain algorithm besides.
  public var plainRun: Double
  /// Seconds per product and sum of the direct algorithm.
  public var directMultiplyAdd: Double
  /// The same for pairs of an even and an odd filter, which share sums and differences.
  public var directPairMultiplyAdd: Double
  /// Seconds per sample that the direct algorithm loads for a block of rows.
  public var directSample: Double
  /// Seconds per line of samples that the direct algorithm looks up for a block of rows.
  public var directLine: Double
  /// Seconds per output of the direct algorithm besides.
  public var directPerOutput: Double
  /// Seconds per product and sum of one separable pass in plain loops.
  public var separableMultiplyAdd: Double
  /// The same in vector registers.
  public var separableVectorMultiplyAdd: Double
  /// Seconds per output, channel and axis of the separable algorithm in vector registers besides.
  public var separableVectorPerOutput: Double
  /// Seconds per sample and binary logarithm of the samples of a real Fourier transform.
  public var fourierPerSample: Double
  /// Seconds per such transform besides.
  public var fourierCall: Double
  /// Seconds per complex product and sum between spectra.
  public var spectralMultiplyAdd: Double
  /// Seconds per product and sum of the blocked algorithm, all 16 filters of a block counted.
  public var blockedMultiplyAdd: Double
  /// Seconds per product and sum of a kernel gradient along rows, for few filters.
  public var rowMultiplyAdd: Double
  /// Seconds per product and sum of the planar algorithm.
  public var planarMultiplyAdd: Double
  /// Seconds per sample that the planar algorithm loads for a block of filters.
  public var planarSample: Double
  /// Seconds per output that the planar algorithm writes.
  public var planarOutput: Double
  /// Seconds per output that the blocked algorithm writes.
  public var blockedOutput: Double
  /// Seconds per sample copied into or out of cache.
  public var copiedSample: Double
  /// Seconds per sample that is put in its place among others, or added to it.
  public var placedSample: Double
  /// Seconds per product and sum of a matrix product in panels.
  public var panelMultiplyAdd: Double
  /// Seconds per sample that is brought into panels.
  public var panelSample: Double
  /// Seconds per product and sum of a matrix product by BLAS.
  public var matrixMultiplyAdd: Double
  /// Seconds per call of BLAS besides.
  public var matrixCall: Double
  /// Seconds per sample of the matrix of columns.
  public var columnSample: Double
  /// Seconds per entry of a tile and channel that Winograd's algorithm transforms.
  public var winogradInput: Double
  /// Seconds per entry and output of a tile and filter that Winograd's algorithm transforms back.
  public var winogradOutput: Double
  /// Seconds per point and binary logarithm of the points of a complex transform in cache.
  public var cachedTransformPoint: Double
  /// The same for tiles that leave the second-level cache.
  public var transformPoint: Double
  /// Seconds per complex product and sum between spectra of tiles.
  public var tileMultiplyAdd: Double

  /// Seconds to fetch one packed coefficient from memory, where a network's other kernels have
  /// displaced it.
  ///
  /// Not fitted: calibration runs one convolution again and again, whose kernel stays in cache.
  static let fetchedWeight = 0.2e-9

  /// The table that comes with the library.
  public static let builtIn = CostTable(
    processor: "AMD EPYC (Zen 3), 2.4 GHz", plainMultiplyAdd: 0.135e-9, plainRun: 9.16e-9,
    directMultiplyAdd: 0.0206e-9, directPairMultiplyAdd: 0.015e-9, directSample: 0.0182e-9,
    directLine: 3.88e-9, directPerOutput: 0.383e-9,
    separableMultiplyAdd: 3.47e-9, separableVectorMultiplyAdd: 0.0293e-9,
    separableVectorPerOutput: 0.734e-9, fourierPerSample: 0.369e-9, fourierCall: 1.63e-6,
    spectralMultiplyAdd: 0.821e-9,
    blockedMultiplyAdd: 0.0265e-9, rowMultiplyAdd: 0.0765e-9, planarMultiplyAdd: 0.0256e-9,
    planarSample: 0.0158e-9, planarOutput: 0.182e-9, blockedOutput: 0.304e-9,
    copiedSample: 0.583e-9, placedSample: 2.08e-9, panelMultiplyAdd: 0.025e-9, panelSample: 0.2e-9,
    matrixMultiplyAdd: 0.04e-9,
    matrixCall: 3.07e-6,
    columnSample: 0.412e-9,
    winogradInput: 0.759e-9, winogradOutput: 0.286e-9, cachedTransformPoint: 0.109e-9,
    transformPoint: 0.2e-9, tileMultiplyAdd: 2.32e-9)
}
