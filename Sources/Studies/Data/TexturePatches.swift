import DataFiles
import Foundation
import Networks
import Tensors

/// Patches of textures to classify: the data of a study when there are no others.
///
/// Three textures are photographs in the public domain (brick, grass and gravel, 256 × 256), five are
/// computed: clouds, weave, wood, cells and scales. Training patches are cut from the upper left of
/// every texture, validation patches from the lower left, and test patches from the right;
/// strips between them belong to none, so no pixel is shared. Every patch is rotated by a small angle
/// and has a contrast of its own; its mean is ½, so that brightness carries no information.
public struct TexturePatches: Sendable, Hashable, Codable {
  /// Rows and columns of a patch.
  public var extent: Int
  /// The distance in the texture between neighbouring pixels of a patch.
  public var step: Double
  /// Training patches of each texture.
  public var trainingPerClass: Int
  /// Validation patches of each texture.
  public var validationPerClass: Int
  /// Test patches of each texture.
  public var testPerClass: Int
  /// The standard deviation of the noise added, as a fraction of white.
  public var noise: Double
  /// Determines positions, rotations, contrast and noise.
  public var seed: UInt64

  /// Patches of 48 × 48 pixels, at the textures' resolution, 120 for training, 20 for validation and
  /// 60 for tests of each texture.
  public init(
    extent: Int = 48, step: Double = 1, trainingPerClass: Int = 120,
    validationPerClass: Int = 20, testPerClass: Int = 60, noise: Double = 0.03, seed: UInt64 = 7
  ) {
    self.extent = extent
    self.step = step
    self.trainingPerClass = trainingPerClass
    self.validationPerClass = validationPerClass
    self.testPerClass = testPerClass
    self.noise = noise
    self.seed = seed
  }

  /// The textures' names, class by class.
  public static let classNames = [
    "brick", "grass", "gravel", "clouds", "weave", "wood", "cells", "scales",
  ]
  /// Rows and columns of a texture.
  static let textureExtent = 256

  /// The training, validation and test patches.
  ///
  /// - Throws: ``FiltersmithError`` when patches are too large for the textures, or their number is
  ///   not positive.
  public func datasets() throws(FiltersmithError) -> (
    training: Dataset, validation: Dataset, test: Dataset
  ) {
    let side = Self.textureExtent
    // A patch rotated by 15° needs more room than its own extent.
    let reach = Int((min(Double(extent) * step, 1e3) * 0.5 * 1.23).rounded(.up)) + 1
    let (column, row, strip) = (side * 5 / 8, side * 45 / 64, 4)
    guard extent >= 8, step >= 0.1, trainingPerClass > 0, validationPerClass > 0, testPerClass > 0,
      2 * reach + 2 <= side - row - strip
    else {
      throw FiltersmithError(
        .argument,
        "patches of \(extent) × \(extent) in steps of \(step), \(trainingPerClass), "
          + "\(validationPerClass) and \(testPerClass) of each texture; at least 8 pixels, at most 54 "
          + "of the texture and at least one patch were expected")
    }
    let textures = try Self.textures()
    var random = RandomSource(seed: seed)
    func cut(
      _ count: Int, rows: Range<Int>, columns: Range<Int>
    ) throws(FiltersmithError) -> Dataset {
      var numbers: [Float] = []
      var labels: [Int] = []
      func place(_ range: Range<Int>) -> Double {
        Double(range.lowerBound + reach + random.integer(below: range.count - 2 * reach))
      }
      for (label, texture) in textures.enumerated() {
        for _ in 0..<count {
          let (row, column) = (place(rows), place(columns))
          numbers += patch(of: texture, row: row, column: column, &random)
          labels.append(label)
        }
      }
      let images = try Tensor(
        shape: [labels.count, 1, extent, extent], elements: numbers)
      return try Dataset(images: images, labels: labels, classNames: Self.classNames)
    }
    return (
      try cut(trainingPerClass, rows: 0..<row, columns: 0..<column),
      try cut(validationPerClass, rows: row + strip..<side, columns: 0..<column),
      try cut(testPerClass, rows: 0..<side, columns: column + strip..<side)
    )
  }

  /// A patch around a position, rotated by up to 15°, with contrast and noise of its own and mean ½.
  private func patch(
    of texture: Tensor<Float>, row: Double, column: Double, _ random: inout RandomSource
  ) -> [Float] {
    let angle = random.uniform(in: -0.26..<0.26)
    let (sine, cosine) = (sin(angle), cos(angle))
    let contrast = random.uniform(in: 0.6..<1.1)
    let center = Double(extent - 1) / 2
    let side = Self.textureExtent
    let values = texture.withUnsafeElements { texture in
      (0..<extent * extent).map { position in
        let y = step * (Double(position / extent) - center)
        let x = step * (Double(position % extent) - center)
        let sourceRow = row + cosine * y + sine * x
        let sourceColumn = column - sine * y + cosine * x
        let (top, left) = (Int(sourceRow), Int(sourceColumn))
        let (down, right) = (sourceRow - Double(top), sourceColumn - Double(left))
        func value(_ row: Int, _ column: Int) -> Double {
          Double(texture[min(row, side - 1) * side + min(column, side - 1)])
        }
        return (1 - down) * ((1 - right) * value(top, left) + right * value(top, left + 1)) + down
          * ((1 - right) * value(top + 1, left) + right * value(top + 1, left + 1))
      }
    }
    let mean = values.reduce(0, +) / Double(values.count)
    return values.map { value in
      Float(min(max(0.5 + contrast * (value - mean) + noise * random.normal(), 0), 1))
    }
  }

  /// All textures, `[y, x]` from 0 to 1, in the order of ``classNames``; each has mean ½ and standard deviation
  /// 0.18, so that neither brightness nor contrast distinguishes them.
  static func textures() throws(FiltersmithError) -> [Tensor<Float>] {
    let photographs = [
      (PackageResources.brick_png, "brick"), (PackageResources.grass_png, "grass"),
      (PackageResources.gravel_png, "gravel"),
    ]
    var textures: [Tensor<Float>] = []
    for (bytes, name) in photographs {
      textures.append(try Image(png: bytes, name: "the texture \(name)").luminance())
    }
    textures += TextureSynthesis(extent: textureExtent).all
    return textures.map { texture in
      let mean = texture.mean()
      let deviation = texture.variance().squareRoot()
      return texture.map { 0.5 + 0.18 * ($0 - mean) / max(deviation, 1e-6) }
    }
  }
}
