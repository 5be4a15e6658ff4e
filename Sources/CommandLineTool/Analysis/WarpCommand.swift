import ArgumentParser
import Filtersmith

/// `filtersmith warp`: affine transforms and displacement fields.
struct WarpCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "warp",
    abstract: "Rotates, shifts and scales an image or a volume, or displaces its samples.",
    discussion: """
      The content is scaled by --scale, then rotated by --rotate, both about the centre,
      then shifted by --shift. Angles are in degrees; an image rotates counter-clockwise,
      a volume about --axis, z,y,x. Shifts are in units of the spacing, and a volume of
      anisotropic spacing rotates without distortion.

      --matrix reads [D, D + 1] numbers (A | b) and --field displacements [D, ...], both
      in samples: output(x) = image(A x + b), output(x) = image(x + d(x)).

      EXAMPLES:
        filtersmith warp image.png --rotate 30 -o turned.png
        filtersmith warp image.png --shift 1.5,-2 --interpolation cubic -o moved.png
        filtersmith warp brain.nii.gz --rotate 10 --axis 1,0,0 -o turned.nii.gz
        filtersmith warp image.png --field displacement.npy -o warped.png
      """)

  @OptionGroup var input: ImageInput
  @OptionGroup var output: ImageOutput

  @Option(help: ArgumentHelp("An angle in degrees.", valueName: "a"))
  var rotate: Number?

  @Option(
    help: ArgumentHelp("The axis of rotation of a volume (default: 1,0,0).", valueName: "z,y,x"))
  var axis: NumberList?

  @Option(help: ArgumentHelp("The shift of the content along every axis.", valueName: "d,d"))
  var shift: NumberList?

  @Option(help: ArgumentHelp("The magnification of the content.", valueName: "f[,f…]"))
  var scale: NumberList?

  @Option(help: ArgumentHelp("A matrix and an offset (.npy).", valueName: "file"))
  var matrix: String?

  @Option(help: ArgumentHelp("Displacements (.npy, .npz, .nii.gz).", valueName: "file"))
  var field: String?

  @Option(help: .interpolation)
  var interpolation = "linear"

  @Option(help: Border.help)
  var border: String?

  @OptionGroup(title: "All subcommands") var common: CommonOptions

  func execute() throws(FiltersmithError) {
    let interpolation = try Interpolation(parsing: interpolation)
    let border =
      try border.map { text throws(FiltersmithError) in try Border(parsing: text) } ?? .zero
    let isMoved = rotate != nil || shift != nil || scale != nil
    guard [isMoved, matrix != nil, field != nil].count(where: { $0 }) == 1 else {
      throw FiltersmithError(
        .argument, "give --rotate, --shift and --scale, or --matrix, or --field")
    }
    let writer = try output.writer()
    let file = try input.read(colors: true)
    let result: Tensor<Float>
    if let field {
      let displacement = try ImageFile(field).image
      result = try file.image.warped(
        by: displacement, interpolation: interpolation, border: border)
    } else {
      let transform = try transform(file)
      result = try ProgressLine.during("warping") { _ throws(FiltersmithError) in
        try file.image.warped(by: transform, interpolation: interpolation, border: border)
      }
    }
    try writer.write(result, like: file)
  }

  /// From samples of the result to samples of the image.
  private func transform(_ file: ImageFile) throws(FiltersmithError) -> AffineMap {
    let axes = file.space.rank
    if let matrix {
      let numbers = try ImageFile(matrix).real(Double.self)
      guard numbers.shape == [axes, axes + 1] else {
        throw FiltersmithError(
          .shape, "\(matrix) has shape \(numbers.shape); [\(axes), \(axes + 1)] fits \(file.path)")
      }
      return try AffineMap(
        matrix: (0..<axes).map { row in (0..<axes).map { numbers[row, $0] } },
        offset: (0..<axes).map { numbers[$0, axes] })
    }
    let middle = zip(file.space, file.spacing).map { Double($0 - 1) / 2 * $1 }
    var contents = AffineMap.identity(dimensions: axes)
    if let scale {
      contents = .scaling(try scale.perAxis(axes, option: "--scale"), about: middle)
    }
    if let rotate {
      guard (2...3).contains(axes), axis == nil || axes == 3 else {
        throw FiltersmithError(
          .argument,
          "--rotate is for images, and for volumes about an --axis; \(file.path) has shape \(file.space)"
        )
      }
      let angle = rotate.value / 180 * .pi
      // y points down: against the clock is from x towards −y.
      let turn: AffineMap =
        axes == 2
        ? .rotation(by: -angle, dimensions: 2, about: middle)
        : try .rotation(about: axis?.values ?? [1, 0, 0], by: angle, center: middle)
      contents = turn.after(contents)
    }
    if let shift {
      contents = AffineMap.translation(try shift.perAxis(axes, option: "--shift"))
        .after(contents)
    }
    return try contents.inverse().inSamples(spacing: file.spacing)
  }
}
