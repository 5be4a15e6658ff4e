import ArgumentParser
import Filtersmith

/// `filtersmith register`: one image aligned with another.
struct RegisterCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "register",
    abstract: "Registers a moving image or volume with a fixed one, by local phase.",
    discussion: """
      shift        a translation of images of one size, by phase correlation
      translation  a translation, rigid or affine map, by the phase of quadrature
      rigid        filters, coarse to fine; in units of the spacing
      affine
      morphon      a displacement for every sample, after an affine map with --affine

      The result is the moving image on the fixed one's grid. --field writes where every
      sample of the fixed image lies in the moving one (.npz, or .nii.gz of volumes),
      --matrix and --json the map from the fixed image's samples to the moving one's,
      in array order.

      EXAMPLES:
        filtersmith register before.png after.png --kind rigid -o aligned.png
        filtersmith register t1.nii.gz t2.nii.gz --kind affine -o t2-on-t1.nii.gz \\
            --matrix affine.npz --json
        filtersmith register a.png b.png --kind morphon -o aligned.png \\
            --field field.npz --picture field.png
        filtersmith register a.npy b.npy --kind shift --json
      """)

  enum Kind: String, ExpressibleByArgument, CaseIterable {
    case shift, translation, rigid, affine, morphon
  }

  @Argument(help: ArgumentHelp("The fixed image.", valueName: "fixed"))
  var fixed: String

  @Argument(help: ArgumentHelp("The moving image.", valueName: "moving"))
  var moving: String

  @Option(help: "The kind of map: shift, translation, rigid, affine or morphon.")
  var kind = Kind.affine

  @Option(
    help: ArgumentHelp(
      "How well each sample of the fixed image is known, 0 to 1.", valueName: "image"))
  var fixedMask: String?

  @Option(
    help: ArgumentHelp(
      "How well each sample of the moving image is known, 0 to 1.", valueName: "image"))
  var movingMask: String?

  @Option(
    help: ArgumentHelp(
      "The distance between samples on the finest level (default: that of the fixed image).",
      valueName: "d"))
  var finest: Number?

  @Option(help: ArgumentHelp("The number of levels (default: by size).", valueName: "n"))
  var levels: Int?

  @Option(help: ArgumentHelp("The largest number of iterations on each level.", valueName: "n"))
  var iterations: Int?

  @Option(
    help: ArgumentHelp(
      "The stiffness of the field: σ of the window it is smoothed over, in samples of each level (morphon; default: 2).",
      valueName: "s"))
  var stiffness: Number?

  @Flag(help: "Start with an affine map (morphon).")
  var affine = false

  @Option(help: ArgumentHelp("Interpolation: nearest, linear or cubic.", valueName: "name"))
  var interpolation = "cubic"

  @Option(
    name: [.short, .long],
    help: ArgumentHelp("The moving image on the fixed one's grid.", valueName: "out"))
  var output: String?

  @Option(help: ArgumentHelp("The displacement field.", valueName: "field.npz"))
  var field: String?

  @Option(help: ArgumentHelp("The map as 'matrix' and 'offset', .npz.", valueName: "map.npz"))
  var matrix: String?

  @Option(help: ArgumentHelp("Draw the displacement field.", valueName: "picture"))
  var picture: String?

  @Flag(help: "Print the map as JSON.")
  var json = false

  @OptionGroup(title: "All subcommands") var common: CommonOptions

  /// What is found.
  private struct Found {
    var field: DisplacementField
    var transform: AffineMap?
    var iterations: [Int] = []
    var peak: Double?
  }

  /// What is printed.
  private struct Report: Encodable {
    let kind: String
    let matrix: [[Double]]?
    let offset: [Double]?
    let iterations: [Int]
    let peak: Double?
    let largestDisplacement: Double
  }

  /// Checks every path before the search, which can take minutes.
  private func checkedOutputs() throws(FiltersmithError) -> OutputFiles {
    if let output {
      _ = try ImageWriter(output)
      _ = try OutputFiles(main: output)
    }
    for (path, endings) in [(field, [".npz", ".nii", ".nii.gz"]), (matrix, [".npz"])] {
      guard let path else { continue }
      guard endings.contains(where: path.hasSuffix) else {
        throw FiltersmithError(
          .argument,
          "cannot write \(path): its name should end in \(endings.joined(separator: " or "))")
      }
      _ = try OutputFiles(main: path)
    }
    return try OutputFiles(main: nil, pictures: [picture])
  }

  func execute() throws(FiltersmithError) {
    guard output != nil || field != nil || matrix != nil || picture != nil || json else {
      throw FiltersmithError(
        .argument, "nothing to write; give -o, --field, --matrix, --picture or --json")
    }
    if matrix != nil, kind == .morphon {
      throw FiltersmithError(
        .argument, "--kind morphon gives no matrix; --field writes the displacements")
    }
    let interpolation = try Interpolation(parsing: interpolation)
    let files = try checkedOutputs()
    let fixed = try ImageFile(fixed)
    let moving = try ImageFile(moving)
    let found = try ProgressLine.during("registering") { progress throws(FiltersmithError) in
      try find(fixed, moving, progress)
    }
    if let output {
      let image = try found.field.warp(moving.image, interpolation: interpolation)
      try ImageWriter(output).write(image, like: fixed)
    }
    if let field { try found.field.write(to: field, like: fixed.volume) }
    if let matrix, let transform = found.transform {
      let rows = Tensor<Double>(shape: [transform.dimensions, transform.dimensions]) {
        transform.matrix[$0[0]][$0[1]]
      }
      try NPZFile.write(
        [("matrix", .float64(rows)), ("offset", .float64(Tensor(transform.offset)))], to: matrix)
    }
    if let picture {
      let figure = try DisplacementFigure(
        found.field, image: fixed.image, title: "Displacement field")
      try files.draw(try figure.figure(), to: picture)
    }
    try files.finish()
    if json {
      let largest = found.field.vectors.elements.reduce(0) { max($0, abs($1)) }
      let report = Report(
        kind: kind.rawValue, matrix: found.transform?.matrix, offset: found.transform?.offset,
        iterations: found.iterations, peak: found.peak, largestDisplacement: Double(largest))
      try StandardOutput.write(JSONText.of(report))
    }
  }

  private func find(
    _ fixed: ImageFile, _ moving: ImageFile, _ progress: @escaping ProgressHandler
  ) throws(FiltersmithError) -> Found {
    if kind == .shift {
      let result = try PhaseCorrelation()(fixed: fixed.image, moving: moving.image)
      return Found(
        field: try DisplacementField(
          result.transform, over: fixed.space, spacing: fixed.spacing),
        transform: result.transform, peak: result.peak)
    }
    let still = try masked(fixed, fixedMask)
    let moved = try masked(moving, movingMask)
    var start: LinearRegistration.Result?
    if kind != .morphon || affine {
      var linear = LinearRegistration(
        kind == .translation ? .translation : kind == .rigid ? .rigid : .affine)
      linear.finest = finest?.value
      linear.levels = levels
      if let iterations { linear.iterations = iterations }
      start = try linear(
        fixed: still, moving: moved, fixedSpacing: fixed.spacing, movingSpacing: moving.spacing,
        progress: progress)
    }
    var field: DisplacementField?
    if let start {
      field = try DisplacementField(
        start.transform, over: fixed.space, spacing: fixed.spacing)
    }
    if let field, let start, kind != .morphon {
      return Found(field: field, transform: start.transform, iterations: start.iterations)
    }
    var morphon = MorphonRegistration()
    morphon.finest = finest?.value
    morphon.levels = levels
    if let iterations { morphon.iterations = iterations }
    if let stiffness { morphon.stiffness = stiffness.value }
    return Found(
      field: try morphon(
        fixed: still, moving: moved, spacing: fixed.spacing, initial: field, progress: progress))
  }

  private func masked(
    _ file: ImageFile, _ mask: String?
  ) throws(FiltersmithError) -> MaskedImage {
    guard let mask else { return try MaskedImage(file.image) }
    return try MaskedImage(file.image, certainty: ImageFile(mask).image)
  }
}
