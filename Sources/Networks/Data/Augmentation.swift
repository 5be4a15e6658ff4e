import Tensors

/// Random changes to inputs that leave the right answer the same, in one to four dimensions.
///
/// The geometric ones transform an image, by linear interpolation, and its label map, by nearest
/// neighbours, so that labels stay valid; they are composed and sampled once. Beyond the edges the
/// nearest pixel is repeated: `aaaa|abcd|dddd`. Amounts of 0 change no bit, and flips are exact.
///
/// As text, `flip,rotate=15,scale=0.1,shift=0.1,elastic=4,noise=0.05,contrast=0.2,brightness=0.1`:
/// see ``init(parsing:)``.
public struct Augmentation: Sendable, Hashable, Codable {
  /// Axes that are reversed, each in half of the cases, counted from the last: 0 is x, 1 is y, 2 is z.
  public var flips: [Int] = []
  /// The largest angle in degrees; each plane of two axes is rotated by an angle from −angle to +angle.
  public var rotation = 0.0
  /// The largest relative change of size; all axes are scaled by one factor from 1 − scale to
  /// 1 + scale.
  public var scale = 0.0
  /// The largest shift along each axis, as a fraction of its extent.
  public var shift = 0.0
  /// The standard deviation in pixels of the displacements of a coarse grid of control points.
  ///
  /// Cubic B-splines interpolate between the points; Ronneberger and others (2015) use 10 on images of
  /// 512 × 512.
  public var elastic = 0.0
  /// The number of cells of the grid of control points along each axis.
  public var elasticCells = 3
  /// The standard deviation of normal noise added to each sample.
  public var noise = 0.0
  /// The largest relative change of contrast about an image's mean, the same for all channels.
  public var contrast = 0.0
  /// The largest number added to all samples of an image.
  public var brightness = 0.0

  /// No changes; set the amounts.
  public init() {}

  /// Whether nothing is changed.
  public var isIdentity: Bool {
    flips.isEmpty && !isGeometric && noise == 0 && contrast == 0 && brightness == 0
  }

  /// Whether pixels move to positions between others.
  var isGeometric: Bool { rotation != 0 || scale != 0 || shift != 0 || elastic != 0 }

  /// Checks the amounts.
  ///
  /// - Throws: ``FiltersmithError`` of kind `argument` for one that is negative, not finite or too
  ///   large.
  public func validate() throws(FiltersmithError) {
    let amounts: [(name: String, value: Double, most: Double)] = [
      ("rotate", rotation, 180), ("scale", scale, 0.9), ("shift", shift, 1),
      ("elastic", elastic, 1000), ("noise", noise, .greatestFiniteMagnitude),
      ("contrast", contrast, 1), ("brightness", brightness, .greatestFiniteMagnitude),
    ]
    for (name, value, most) in amounts where !(0...most).contains(value) {
      let range = most == .greatestFiniteMagnitude ? "finite and from 0 up" : "from 0 to \(most)"
      throw FiltersmithError(.argument, "augmentation \(name)=\(value) is not \(range)")
    }
    guard (1...64).contains(elasticCells) else {
      throw FiltersmithError(.argument, "augmentation cells=\(elasticCells) is not from 1 to 64")
    }
    guard flips.allSatisfy({ (0...3).contains($0) }), Set(flips).count == flips.count else {
      throw FiltersmithError(
        .argument, "augmentation flips axes \(flips); different ones from 0 (x) to 3 were expected")
    }
  }

  /// A changed input, and its label map changed in the same way.
  ///
  /// The same source gives the same bits.
  ///
  /// - Parameters:
  ///   - input: `[channels, spatial…]` with one to four spatial axes.
  ///   - labels: `[spatial…]`, if there are any.
  ///   - spacing: The distances between pixels, one per spatial axis, so that rotations keep shapes;
  ///     1 unless given.
  ///   - source: Where the random amounts come from.
  /// - Throws: ``FiltersmithError`` when an amount or a shape is not what it should be.
  public func applied(
    to input: Tensor<Float>, labels: Tensor<UInt8>? = nil, spacing: [Double]? = nil,
    using source: inout RandomSource
  ) throws(FiltersmithError) -> (input: Tensor<Float>, labels: Tensor<UInt8>?) {
    try validate()
    guard (2...5).contains(input.rank) else {
      throw FiltersmithError(
        .shape, "augmentation takes [channels, …] with 1 to 4 spatial axes; given \(input.shape)")
    }
    let extents = Array(input.shape.dimensions.dropFirst())
    guard labels.map({ $0.shape == Shape(extents) }) ?? true else {
      throw FiltersmithError(
        .shape,
        "labels \(labels?.shape ?? []) do not have the extents of the input \(input.shape)")
    }
    let spacing = spacing?.count == extents.count ? spacing : nil
    var (image, labels) = (input, labels)

    var reversed: [Int] = []
    for flip in flips where flip < extents.count && source.next() >> 63 == 1 {
      reversed.append(-1 - flip)
    }
    if !reversed.isEmpty {
      image = try image.flipped(axes: reversed)
      labels = try labels?.flipped(axes: reversed)
    }
    if isGeometric {
      let transform = transform(
        extents: extents, spacing: spacing ?? [Double](repeating: 1, count: extents.count), &source)
      let displacement =
        elastic > 0
        ? ElasticField(extents: extents, cells: elasticCells, deviation: elastic, using: &source)
        : nil
      image = try transform.sampled(image, displacement)
      if let map = labels { labels = try transform.sampledNearest(map, displacement) }
    }
    change(&image, &source)
    return (image, labels)
  }

  /// A random affine transform.
  private func transform(
    extents: [Int], spacing: [Double], _ source: inout RandomSource
  ) -> SpatialTransform {
    func amount(_ most: Double) -> Double { most == 0 ? 0 : most * (2 * source.uniform() - 1) }
    var transform = SpatialTransform(extents: extents, spacing: spacing)
    if rotation != 0 {
      for first in extents.indices {
        for second in first + 1..<extents.count {
          transform.rotate(first, second, radians: amount(rotation) * .pi / 180)
        }
      }
    }
    if scale != 0 { transform.scale(by: 1 + amount(scale)) }
    if shift != 0 {
      for axis in extents.indices {
        transform.shift(axis, by: amount(shift) * Double(extents[axis]))
      }
    }
    return transform
  }

  /// Changes the values, not their positions.
  private func change(_ image: inout Tensor<Float>, _ source: inout RandomSource) {
    guard contrast != 0 || brightness != 0 || noise != 0, image.count > 0 else { return }
    let factor = contrast == 0 ? 1 : 1 + contrast * (2 * source.uniform() - 1)
    let addend = brightness == 0 ? 0 : brightness * (2 * source.uniform() - 1)
    let mean =
      contrast == 0 ? 0 : image.elements.reduce(0.0) { $0 + Double($1) } / Double(image.count)
    let noise = noise
    image.withUnsafeMutableElements { elements in
      for index in elements.indices {
        var value = Double(elements[index])
        if factor != 1 { value = mean + factor * (value - mean) }
        value += addend
        if noise != 0 { value += noise * source.normal() }
        elements[index] = Float(value)
      }
    }
  }
}
