import ArgumentParser
import Filtersmith

/// `filtersmith resize`: resampling to another size or spacing.
struct ResizeCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "resize",
    abstract: "Resamples an image or a volume to another size or spacing.",
    discussion: """
      One of --size, --scale and --to-spacing gives the size of the result. Shrinking
      smooths first, against aliasing, unless --no-antialias is given.

      A volume keeps its position in space: its spacing and affine matrix are those of
      the new grid.

      EXAMPLES:
        filtersmith resize image.png --scale 0.5 -o half.png
        filtersmith resize image.png --size 300,400 --interpolation cubic -o large.png
        filtersmith resize brain.nii.gz --to-spacing 2 -o brain-2mm.nii.gz
        filtersmith resize labels.nii.gz --to-spacing 2 --interpolation nearest -o l.nii.gz
      """)

  @OptionGroup var input: ImageInput
  @OptionGroup var output: ImageOutput

  @Option(help: ArgumentHelp("The size, y,x or z,y,x.", valueName: "n,n"))
  var size: IntegerList?

  @Option(help: ArgumentHelp("One factor for all axes or one for each.", valueName: "f[,f…]"))
  var scale: NumberList?

  @Option(
    help: ArgumentHelp(
      "The new distance between samples, one for all axes or one for each.", valueName: "s[,s…]"))
  var toSpacing: NumberList?

  @Option(help: .interpolation)
  var interpolation = "linear"

  @Flag(inversion: .prefixedNo, help: "Smooth before shrinking, against aliasing.")
  var antialias = true

  @OptionGroup(title: "All subcommands") var common: CommonOptions

  func execute() throws(FiltersmithError) {
    let interpolation = try Interpolation(parsing: interpolation)
    guard [size != nil, scale != nil, toSpacing != nil].count(where: { $0 }) == 1 else {
      throw FiltersmithError(.argument, "give one of --size, --scale and --to-spacing")
    }
    let writer = try output.writer()
    let file = try input.read(colors: true)
    let axes = file.space.rank
    var factors = Array(repeating: 1.0, count: axes)
    if let scale { factors = try scale.perAxis(axes, option: "--scale") }
    if let toSpacing {
      let wanted = try toSpacing.perAxis(axes, option: "--to-spacing")
      factors = zip(file.spacing, wanted).map { $0 / $1 }
    }
    guard factors.allSatisfy({ $0 > 0 && $0.isFinite }) else {
      throw FiltersmithError(.argument, "the factors \(factors) must be positive")
    }
    var extents = zip(file.space, factors).map { max(($1 * Double($0)).rounded(), 1) }
    if let size { extents = try size.perAxis(axes, option: "--size").map(Double.init) }
    guard extents.allSatisfy({ $0 >= 1 && $0 < 0x1p31 }), extents.reduce(1, *) < 0x1p31 else {
      throw FiltersmithError(
        .argument,
        "the size \(extents) must be at least 1 along every axis, and below 2^31 samples in all")
    }
    let target = extents.map { Int($0) }
    let shape = Shape(Array(file.data.shape.dimensions.dropLast(axes)) + target)
    let result = try ProgressLine.during("resizing") { _ throws(FiltersmithError) in
      try file.image.resized(to: shape, interpolation: interpolation, antialias: antialias)
    }
    let steps = zip(file.space, target).map { Double($0) / Double($1) }
    try writer.write(
      result, like: file, spacing: zip(file.spacing, steps).map { $0 * $1 },
      transform: AffineMap(
        matrix: steps.indices.map { row in steps.indices.map { $0 == row ? steps[row] : 0 } },
        offset: steps.map { $0 / 2 - 0.5 }))
  }
}

extension ArgumentHelp {
  /// How an image is read between its samples.
  static let interpolation = ArgumentHelp(
    "Between samples: nearest, linear, cubic (spline) or catmull-rom.", valueName: "name")
}
