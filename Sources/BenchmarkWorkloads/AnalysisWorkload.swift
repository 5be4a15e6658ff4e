import Convolutions
import DataFiles
import ImageAnalysis
import Tensors

/// An image operation that is timed, on a smooth random image or volume.
public struct AnalysisWorkload: Sendable {
  /// The name on the command line.
  public let name: String
  /// What it is, in a few words.
  public let summary: String
  /// The image's extents.
  private let shape: Shape
  private let run: @Sendable (Input) throws(FiltersmithError) -> Int

  /// The inputs of the operation.
  private struct Input: Sendable {
    let image: Tensor<Float>
    /// The image in 256 levels, as a picture has them.
    let levels: Tensor<Float>
    /// Where the image is above one half.
    let inside: Tensor<Bool>
  }

  /// How long an operation took.
  public struct Measurement: Sendable, Codable {
    /// The workload's name.
    public let workload: String
    /// The median of the timed runs.
    public let milliseconds: Double
    /// A count that other libraries can be compared by: edges, corners, components, or samples.
    public let count: Int
    /// How many threads worked.
    public let threads: Int
  }

  private init(
    _ name: String, _ summary: String, _ shape: Shape,
    _ run: @escaping @Sendable (Input) throws(FiltersmithError) -> Int
  ) {
    self.name = name
    self.summary = summary
    self.shape = shape
    self.run = run
  }

  /// A smooth random image from 0 to 1, the same for every workload of a shape and for the other
  /// libraries, which read it from a file.
  static func image(_ shape: Shape) throws(FiltersmithError) -> Tensor<Float> {
    var source = RandomSource(seed: 1)
    let noise = Tensor<Float>.uniform(shape: shape, using: &source)
    let smooth = try RecursiveGaussian(
      sigma: Array(repeating: 4, count: shape.rank), border: .wrap
    ).smooth(noise)
    let (low, high) = (smooth.min() ?? 0, smooth.max() ?? 1)
    return smooth.map { ($0 - low) / (high - low) }
  }

  private static let plane: Shape = [2048, 2048]
  private static let cube: Shape = [128, 128, 128]

  /// All operations that are timed.
  public static let all: [AnalysisWorkload] = [
    AnalysisWorkload("canny", "Canny's edges, σ = 1.5, on 2048²", plane) {
      input throws(FiltersmithError) in
      try Canny(sigma: 1.5, thresholds: .absolute(low: 0.005, high: 0.01))(input.image).count
    },
    AnalysisWorkload("harris", "Harris' response, σ = 1.5, on 2048²", plane) {
      input throws(FiltersmithError) in
      try CornerDetector(.harris(k: 0.05), sigma: 1.5).response(input.image).count
    },
    AnalysisWorkload("structure-tensor", "Gradient structure tensor, σ = 1.5, on 2048²", plane) {
      input throws(FiltersmithError) in
      try CornerDetector(sigma: 1.5).structureTensor(of: input.image).components.count
    },
    AnalysisWorkload("median-3", "Median of 3 × 3 on 2048²", plane) {
      input throws(FiltersmithError) in
      try input.image.median(size: [3, 3]).count
    },
    AnalysisWorkload("median-5", "Median of 5 × 5 on 2048²", plane) {
      input throws(FiltersmithError) in
      try input.image.median(size: [5, 5]).count
    },
    AnalysisWorkload("median-11", "Median of 11 × 11 on 2048² of 256 levels", plane) {
      input throws(FiltersmithError) in
      try input.levels.median(size: [11, 11]).count
    },
    AnalysisWorkload("median-11-float", "Median of 11 × 11 on 2048²", plane) {
      input throws(FiltersmithError) in
      try input.image.median(size: [11, 11]).count
    },
    AnalysisWorkload("median-3d", "Median of 3 × 3 × 3 on 128³", cube) {
      input throws(FiltersmithError) in
      try input.image.median(size: [3, 3, 3]).count
    },
    AnalysisWorkload("dilation-15", "Dilation by 15 × 15 on 2048²", plane) {
      input throws(FiltersmithError) in
      try input.image.dilated(by: .box([15, 15])).count
    },
    AnalysisWorkload("distance", "Euclidean distance on 2048²", plane) {
      input throws(FiltersmithError) in
      try input.inside.distances().count
    },
    AnalysisWorkload("distance-3d", "Euclidean distance on 128³", cube) {
      input throws(FiltersmithError) in
      try input.inside.distances().count
    },
    AnalysisWorkload("components", "Connected parts, 8-connected, on 2048²", plane) {
      input throws(FiltersmithError) in
      try ConnectedComponents(of: input.inside, connectivity: 2).count
    },
    AnalysisWorkload("components-3d", "Connected parts, 26-connected, on 128³", cube) {
      input throws(FiltersmithError) in
      try ConnectedComponents(of: input.inside, connectivity: 3).count
    },
    AnalysisWorkload("resize-half", "Linear, without antialiasing, 2048² to 1024²", plane) {
      input throws(FiltersmithError) in
      try input.image.resized(to: [1024, 1024], antialias: false).count
    },
    AnalysisWorkload("resize-enlarge", "Linear, 2048² to 3000²", plane) {
      input throws(FiltersmithError) in
      try input.image.resized(to: [3000, 3000]).count
    },
    AnalysisWorkload("resize-cubic", "Catmull and Rom, 2048² to 3000²", plane) {
      input throws(FiltersmithError) in
      try input.image.resized(to: [3000, 3000], interpolation: .catmullRom).count
    },
    AnalysisWorkload("resize-antialiased", "Linear, antialiased, 2048² to 1000²", plane) {
      input throws(FiltersmithError) in
      try input.image.resized(to: [1000, 1000]).count
    },
    AnalysisWorkload("resize-3d", "Linear, antialiased, 128³ to 96³", cube) {
      input throws(FiltersmithError) in
      try input.image.resized(to: [96, 96, 96]).count
    },
    AnalysisWorkload("rotate", "A turn by 30°, linear, on 2048²", plane) {
      input throws(FiltersmithError) in
      try input.image.warped(
        by: .rotation(by: .pi / 6, dimensions: 2, about: [1023.5, 1023.5])
      ).count
    },
  ]

  /// Runs the workload and times it.
  ///
  /// - Parameter rounds: How many runs are timed after one that is not; as many as fit a second unless
  ///   given.
  /// - Throws: ``FiltersmithError`` as the operation does.
  public func measure(rounds: Int? = nil) throws(FiltersmithError) -> Measurement {
    let image = try Self.image(shape)
    let input = Input(
      image: image, levels: image.map { ($0 * 255).rounded() / 255 },
      inside: image.map { $0 > 0.5 })
    // What fails, fails here and not while the clock runs.
    let count = try run(input)
    let times = Stopwatch.times(rounds: rounds, budget: 1) { _ = try? run(input) }
    return Measurement(
      workload: name, milliseconds: 1000 * Stopwatch.median(times), count: count,
      threads: Threads.count)
  }

  /// Writes the image and the volume into a folder, for the other libraries: `plane.npy` and `cube.npy`.
  ///
  /// - Throws: ``FiltersmithError`` when they cannot be written.
  public static func export(to folder: String) throws(FiltersmithError) {
    try NPYFile.write(image(plane), to: "\(folder)/plane.npy")
    try NPYFile.write(image(cube), to: "\(folder)/cube.npy")
  }

  /// The workload with the given name, if there is one.
  public static func named(_ name: String) -> AnalysisWorkload? { all.first { $0.name == name } }
}
