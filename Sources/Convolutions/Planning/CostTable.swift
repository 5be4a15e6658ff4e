import SIMDLoops
import Tensors

/// What operations cost, fitted on one processor: the planner's only source of times.
public struct CostTable: Sendable, Hashable, Codable {
  /// The processor the numbers were fitted on.
  public var processor: String
  /// Seconds per multiply-add of the plain algorithm.
  public var plainMultiplyAdd: Double
  /// Further seconds per row and tap of the plain algorithm.
  public var plainRun: Double
  /// Seconds per multiply-add of the direct algorithm.
  public var directMultiplyAdd: Double
  /// The same for pairs of an even and an odd filter, which share sums and differences.
  public var directPairMultiplyAdd: Double
  /// Seconds per sample that the direct algorithm loads for a block of rows.
  public var directSample: Double
  /// Seconds per line of samples that the direct algorithm looks up for a block of rows.
  public var directLine: Double
  /// Further seconds per output of the direct algorithm.
  public var directPerOutput: Double
  /// Seconds per multiply-add of one separable pass in plain loops.
  public var separableMultiplyAdd: Double
  /// The same in vector registers.
  public var separableVectorMultiplyAdd: Double
  /// Further seconds per output, channel and axis of the separable algorithm in vector registers.
  public var separableVectorPerOutput: Double
  /// Further seconds per row of a pass of the separable algorithm in vector registers.
  public var separableVectorRow: Double
  /// Seconds per sample and binary logarithm of the samples of a real Fourier transform.
  public var fourierPerSample: Double
  /// Further seconds per such transform.
  public var fourierCall: Double
  /// Seconds per complex multiply-add between spectra.
  public var spectralMultiplyAdd: Double
  /// Seconds per multiply-add of the blocked algorithm, all 16 filters of a block counted.
  public var blockedMultiplyAdd: Double
  /// Seconds per multiply-add of a kernel gradient along rows, for few filters.
  public var rowMultiplyAdd: Double
  /// Seconds per multiply-add of the planar algorithm.
  public var planarMultiplyAdd: Double
  /// Seconds per sample that the planar algorithm loads for a block of filters.
  public var planarSample: Double
  /// The same where those of a block of outputs exceed the first-level cache.
  public var planarFarSample: Double
  /// Seconds per output that the planar algorithm writes.
  public var planarOutput: Double
  /// Seconds per output that the blocked algorithm writes.
  public var blockedOutput: Double
  /// Seconds per sample copied into or out of cache.
  public var copiedSample: Double
  /// Seconds per sample scattered to its position, or added there.
  public var placedSample: Double
  /// Seconds per multiply-add of a matrix product in panels.
  public var panelMultiplyAdd: Double
  /// Seconds per element of the result and pass over it.
  public var panelOutput: Double
  /// Seconds per sample packed into panels.
  public var panelSample: Double
  /// Seconds per multiply-add of a matrix product by BLAS.
  public var matrixMultiplyAdd: Double
  /// Further seconds per call of BLAS.
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
  /// Seconds per complex multiply-add between spectra of tiles.
  public var tileMultiplyAdd: Double

  /// Seconds to fetch one packed coefficient from memory, where a network's other kernels have
  /// displaced it.
  ///
  /// Not fitted: calibration runs one convolution again and again, whose kernel stays in cache.
  static let fetchedWeight = 0.2e-9

  /// The table that comes with the library for the vectors of this machine.
  public static let builtIn = simd_float_lanes() == 16 ? longVectors : shortVectors

  /// For vectors of up to eight lanes.
  ///
  /// `panelOutput` and `directSample` came out as next to nothing and are set to 10⁻¹² s. The costs of the
  /// direct algorithm and `transformPoint` are below the fit, which has few large images and sequences.
  static let shortVectors = CostTable(
    processor: "AMD EPYC (Zen 3), 2.4 GHz", plainMultiplyAdd: 0.172e-9, plainRun: 8.31e-9,
    directMultiplyAdd: 0.03e-9, directPairMultiplyAdd: 0.015e-9, directSample: 0.001e-9,
    directLine: 5e-9, directPerOutput: 0.34e-9, separableMultiplyAdd: 2.72e-9,
    separableVectorMultiplyAdd: 0.0278e-9, separableVectorPerOutput: 0.421e-9,
    separableVectorRow: 35.2e-9, fourierPerSample: 0.546e-9, fourierCall: 0.4e-6,
    spectralMultiplyAdd: 0.933e-9, blockedMultiplyAdd: 0.0271e-9, rowMultiplyAdd: 0.058e-9,
    planarMultiplyAdd: 0.0333e-9, planarSample: 0.00696e-9, planarFarSample: 0.121e-9,
    planarOutput: 0.268e-9, blockedOutput: 0.359e-9, copiedSample: 0.208e-9, placedSample: 1.35e-9,
    panelMultiplyAdd: 0.0331e-9, panelOutput: 0.001e-9, panelSample: 0.257e-9,
    matrixMultiplyAdd: 0.0813e-9, matrixCall: 0.939e-6, columnSample: 0.454e-9,
    winogradInput: 0.591e-9, winogradOutput: 0.392e-9, cachedTransformPoint: 0.183e-9,
    transformPoint: 0.26e-9, tileMultiplyAdd: 1.92e-9)

  /// For vectors of 16 lanes.
  ///
  /// `planarFarSample` is set rather than fitted: by layers of networks, whose samples other layers have
  /// displaced from the caches.
  static let longVectors = CostTable(
    processor: "Intel Xeon (Sapphire Rapids), 2.8 GHz", plainMultiplyAdd: 0.113e-9,
    plainRun: 7.92e-9, directMultiplyAdd: 0.0105e-9, directPairMultiplyAdd: 0.015e-9,
    directSample: 0.00404e-9, directLine: 5.43e-9, directPerOutput: 0.18e-9,
    separableMultiplyAdd: 2.22e-9, separableVectorMultiplyAdd: 0.019e-9,
    separableVectorPerOutput: 0.144e-9, separableVectorRow: 19e-9, fourierPerSample: 0.349e-9,
    fourierCall: 0.491e-6, spectralMultiplyAdd: 0.445e-9, blockedMultiplyAdd: 0.0116e-9,
    rowMultiplyAdd: 0.0635e-9, planarMultiplyAdd: 0.00765e-9, planarSample: 0.0248e-9,
    planarFarSample: 0.038e-9, planarOutput: 0.145e-9, blockedOutput: 0.25e-9,
    copiedSample: 0.205e-9, placedSample: 0.429e-9, panelMultiplyAdd: 0.018e-9,
    panelOutput: 0.246e-9, panelSample: 0.0912e-9, matrixMultiplyAdd: 0.0602e-9,
    matrixCall: 0.467e-6, columnSample: 0.391e-9, winogradInput: 0.223e-9,
    winogradOutput: 0.196e-9, cachedTransformPoint: 0.117e-9, transformPoint: 0.213e-9,
    tileMultiplyAdd: 1.37e-9)
}
