import ArgumentParser
import Filtersmith

/// Names of axes on the command line.
enum VolumeAxis: String, ExpressibleByArgument, CaseIterable {
  case t, z, y, x

  /// Where the axis stands among those of a volume or a sequence.
  func position(in axes: Int) throws(FiltersmithError) -> Int {
    let names = Array(["t", "z", "y", "x"].suffix(axes))
    guard let place = names.firstIndex(of: rawValue) else {
      throw FiltersmithError(
        .argument,
        "there is no axis \(rawValue); the \(axes) axes are \(names.joined(separator: ", "))")
    }
    return place
  }
}

/// The input and output of a view of a volume, and the axis it is taken along.
struct VolumeViewOptions: ParsableArguments {
  @OptionGroup var input: ImageInput

  @Option(
    help: ArgumentHelp(
      "The values that become black and white (default: the smallest and the largest).",
      valueName: "low,high"))
  var range: NumberList?

  @Option(help: "Along which axis: z, y or x.")
  var axis = VolumeAxis.z

  @Option(help: ArgumentHelp("Which frame of a sequence.", valueName: "i"))
  var frame = 0

  @Option(
    name: [.short, .long], help: ArgumentHelp("The view: .png or .npy.", valueName: "out.png"))
  var output: String

  /// Reads the volume, or one frame of a sequence, and writes the view of it along the axis: in a PNG
  /// with square pixels.
  func write(
    _ view: (_ volume: Tensor<Float>, _ axis: Int) throws(FiltersmithError) -> Tensor<Float>
  ) throws(FiltersmithError) {
    _ = try OutputFiles(main: output)
    let file = try input.read()
    try file.require(axes: 3...4, for: "a view of a volume")
    let isSequence = file.space.rank == 4
    let volume = isSequence ? try file.image.slice(across: 0, at: frame) : try file.image
    let place = try axis.position(in: volume.rank)
    var spacing = Array(file.spacing.suffix(3))
    spacing.remove(at: place)
    try write(view(volume, place), spacing: spacing)
  }

  private func write(_ image: Tensor<Float>, spacing: [Double]) throws(FiltersmithError) {
    guard output.hasSuffix(".png") else {
      guard output.hasSuffix(".npy") else {
        throw FiltersmithError(
          .argument, "cannot write \(output): its name should end in .png or .npy")
      }
      return try NPYFile.write(image, to: output)
    }
    let square = try image.withSquarePixels(spacing: spacing)
    let limits = range?.values ?? [Double(image.min() ?? 0), Double(image.max() ?? 1)]
    guard limits.count == 2, limits[0] <= limits[1] else {
      throw FiltersmithError(
        .argument,
        "--range is \(limits); the value of black, then that of white, were expected")
    }
    let (low, span) = (Float(limits[0]), Float(max(limits[1] - limits[0], 1e-30)))
    try Image(luminance: square.map { ($0 - low) / span }).write(to: output)
  }
}

/// `filtersmith slice`: one slice of a volume as a picture.
struct SliceCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "slice",
    abstract: "Cuts a slice out of a volume, as a picture with square pixels.",
    discussion: """
      Of a sequence the slice is taken from one frame, given by --frame (default: the first).

      EXAMPLES:
        filtersmith slice brain.nii.gz -o axial.png
        filtersmith slice brain.nii.gz --axis y --at 110 --range 0,200 -o coronal.png
      """)

  @OptionGroup var view: VolumeViewOptions

  @Option(help: ArgumentHelp("Which slice (default: the middle one).", valueName: "i"))
  var at: Int?

  @OptionGroup(title: "All subcommands") var common: CommonOptions

  func execute() throws(FiltersmithError) {
    try view.write { volume, axis throws(FiltersmithError) in
      try volume.slice(across: axis, at: at)
    }
  }
}

/// `filtersmith project`: projections of a volume.
struct ProjectCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "project",
    abstract: "Projects a volume along an axis: maximum, minimum or mean intensity.",
    discussion: """
      EXAMPLES:
        filtersmith project angiography.nii.gz -o mip.png
        filtersmith project brain.nii.gz --axis x --mode mean -o radiograph.png
      """)

  @OptionGroup var view: VolumeViewOptions

  @Option(help: "The projection: maximum, minimum or mean.")
  var mode = Tensor<Float>.Projection.maximum

  @OptionGroup(title: "All subcommands") var common: CommonOptions

  func execute() throws(FiltersmithError) {
    try view.write { volume, axis throws(FiltersmithError) in
      try volume.projected(along: axis, mode)
    }
  }
}

/// `filtersmith stack`: a volume of slices, or a sequence of frames.
struct StackCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "stack",
    abstract: "Stacks images to a volume, or volumes to a sequence.",
    discussion: """
      The result has one more axis, the first. --distance is the spacing of the slices,
      or the time between frames; a NIfTI file stores it.

      EXAMPLES:
        filtersmith stack slice-1.png slice-2.png slice-3.png --distance 2 -o volume.nii.gz
        filtersmith stack frame-1.nii.gz frame-2.nii.gz --distance 1.5 -o sequence.nii.gz
      """)

  @Argument(help: ArgumentHelp("The images or volumes, the first one first.", valueName: "image"))
  var inputs: [String]

  @OptionGroup var output: ImageOutput

  @Option(
    help: ArgumentHelp(
      "The distance between samples of each, one for all axes or one for each (default: the volume's, or 1).",
      valueName: "s[,s…]"))
  var spacing: NumberList?

  @Option(help: ArgumentHelp("The distance between consecutive ones.", valueName: "d"))
  var distance = Number(1)

  @OptionGroup(title: "All subcommands") var common: CommonOptions

  func execute() throws(FiltersmithError) {
    let writer = try output.writer()
    guard distance.value > 0, distance.value.isFinite else {
      throw FiltersmithError(.argument, "--distance is \(distance.value); above 0 was expected")
    }
    var files: [ImageFile] = []
    for path in inputs {
      let file = try ImageFile(path, spacing: spacing)
      try file.require(axes: 1...3, for: "stacking")
      if let first = files.first, file.data.shape != first.data.shape {
        throw FiltersmithError(
          .shape, "\(path) has shape \(file.data.shape); \(first.path) has \(first.data.shape)")
      }
      files.append(file)
    }
    guard let first = files.first else {
      throw FiltersmithError(.argument, "nothing to stack; name at least one image")
    }
    let stack = try Tensor.stacked(
      files.map { file throws(FiltersmithError) in try file.image })
    try writer.write(stack, like: first, leadingSpacing: distance.value)
  }
}

extension Tensor<Float>.Projection: ExpressibleByArgument {}
