import ArgumentParser
import Filtersmith

/// `filtersmith orient`: local orientation, shape and motion.
struct OrientCommand: Subcommand {
  static let configuration = CommandConfiguration(
    commandName: "orient",
    abstract: "Measures local orientation: tensors, eigenvalues, coherence, motion.",
    discussion: """
      gradient    the structure tensor of the gradient, with --inner and --outer scale
      quadrature  the tensor of quadrature filters
      monomial    the tensor of monomial filters

      The result holds 'tensor' (upper triangle), 'eigenvalues' (largest first),
      'eigenvectors' ([eigenvalue, component in array order, ...]), 'certainty' and
      'coherence'; for images also 'angle' in radians, for volumes 'plane', 'line' and
      'isotropic'. With --time the first axis is time, and the result holds 'velocity'
      (normal to edges) and 'pathVelocity' (of points), with their certainties.

      EXAMPLES:
        filtersmith orient image.png -o tensor.npz --picture orientation.png
        filtersmith orient image.png --method quadrature --outer 2 -o tensor.npz
        filtersmith orient brain.nii.gz --inner 1.5 --outer 3 -o tensor.npz
        filtersmith orient beating-heart.nii.gz --time -o motion.npz
        filtersmith orient gaps.npy --mask finite -o tensor.npz
      """)

  enum Method: String, ExpressibleByArgument, CaseIterable {
    case gradient, quadrature, monomial
  }

  @OptionGroup var input: ImageInput
  @OptionGroup var certainty: CertaintyOption

  @Option(help: "The method: gradient, quadrature or monomial.")
  var method = Method.gradient

  @Option(
    help: ArgumentHelp(
      "Standard deviation of the gradient's Gaussian, in units of the spacing, one for all axes or one for each.",
      valueName: "s[,s…]"))
  var inner: NumberList?

  @Option(
    help: ArgumentHelp(
      "Standard deviation of the Gaussian that averages tensors, in units of the spacing; 0 for none.",
      valueName: "s[,s…]"))
  var outer: NumberList?

  @Option(
    help: ArgumentHelp("The filters' centre frequency in rad/sample.", valueName: "f"))
  var center = Number(.pi / 3, "pi/3")

  @Option(help: ArgumentHelp("The filters' taps along each axis, odd.", valueName: "n"))
  var size = 9

  @Flag(help: "The first axis is time: measure velocity.")
  var time = false

  @Option(
    name: [.short, .long], help: ArgumentHelp("The arrays, an .npz file.", valueName: "out.npz"))
  var output: String

  @Option(
    help: ArgumentHelp("Draw the orientation, or the velocity, in colour.", valueName: "picture"))
  var picture: String?

  @OptionGroup(title: "All subcommands") var common: CommonOptions

  func execute() throws(FiltersmithError) {
    let files = try OutputFiles(main: output, pictures: [picture])
    let file = try input.read(allowsMissing: certainty.allowsMissing)
    try file.require(axes: (time ? 2 : 1)...4, for: time ? "velocity" : "orientation")
    let masked = try certainty.apply(to: file)
    let tensor = try ProgressLine.during("measuring orientation") {
      _ throws(FiltersmithError) -> OrientationTensor in
      try measured(file, masked)
    }
    let contents = try arrays(of: tensor, spacing: file.spacing)
    if let picture {
      let shown = certainty.allowsMissing ? nil : try file.image
      try files.draw(try figure(of: tensor, shown, file.spacing), to: picture)
    }
    try files.finish { () throws(FiltersmithError) in try NPZFile.write(contents, to: output) }
  }

  private func measured(
    _ file: ImageFile, _ masked: MaskedImage?
  ) throws(FiltersmithError) -> OrientationTensor {
    let axes = file.space.rank
    // Velocities are counted in samples first, so that time and space can be compared.
    let spacing = time ? Array(repeating: 1, count: axes) : file.spacing
    let parameters = LeastSquaresParameters(imageSpacing: spacing)
    let support = Array(repeating: size, count: axes)
    let bank: FilterBank
    switch method {
    case .gradient:
      let structure = GradientStructureTensor(
        innerScale: inner?.values ?? [spacing.max() ?? 1],
        outerScale: outer?.values ?? [2 * (spacing.max() ?? 1)], spacing: spacing)
      if let masked { return try structure(masked).tensor }
      return try structure(file.image)
    case .quadrature:
      bank = try QuadratureDesign(
        support: support, centerFrequency: center.value, parameters: parameters
      ).bank()
    case .monomial:
      bank = try MonomialDesign(
        support: support, centerFrequency: center.value, parameters: parameters
      ).bank()
    }
    let scale = outer?.values ?? [0]
    if let masked {
      return try bank.orientationTensor(of: masked, outerScale: scale, spacing: spacing).tensor
    }
    return try bank.orientationTensor(of: file.image, outerScale: scale, spacing: spacing)
  }

  private func figure(
    of tensor: OrientationTensor, _ image: Tensor<Float>?, _ spacing: [Double]
  ) throws(FiltersmithError) -> Figure {
    guard time else {
      return try ResponseFigure(
        image: image, orientation: tensor, title: "Local orientation"
      ).figure()
    }
    let velocity = try LocalVelocity(tensor.eigensystem(), spacing: spacing)
    return try VelocityFigure(velocity, sequence: image).figure()
  }

  private func arrays(
    of tensor: OrientationTensor, spacing: [Double]
  ) throws(FiltersmithError) -> [(name: String, array: DataArray)] {
    let eigen = tensor.eigensystem()
    var arrays: [(name: String, array: DataArray)] = [
      ("tensor", .float32(tensor.components)), ("eigenvalues", .float32(eigen.values)),
      ("eigenvectors", .float32(eigen.vectors)), ("certainty", .float32(eigen.certainty)),
      ("coherence", .float32(eigen.coherence)),
    ]
    if time {
      let velocity = try LocalVelocity(eigen, spacing: spacing)
      arrays += [
        ("velocity", .float32(velocity.normal)),
        ("velocityCertainty", .float32(velocity.normalCertainty)),
        ("pathVelocity", .float32(velocity.path)),
        ("pathCertainty", .float32(velocity.pathCertainty)),
      ]
    } else if tensor.dimensions == 2 {
      arrays.append(("angle", .float32(try tensor.doubleAngle().angle)))
    } else if tensor.dimensions == 3 {
      let shapes = try eigen.shapeMeasures()
      arrays += [
        ("plane", .float32(shapes.plane)), ("line", .float32(shapes.line)),
        ("isotropic", .float32(shapes.isotropic)),
      ]
    }
    return arrays
  }
}
