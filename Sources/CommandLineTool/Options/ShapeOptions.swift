import ArgumentParser
import Filtersmith

/// How many axes filters have and how many taps along each.
struct ShapeOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Taps per axis, one number or one per axis (9,11 is 9 along y).",
      valueName: "n[,n…]"))
  var size: IntegerList?

  @Option(
    help: ArgumentHelp(
      "Number of axes, 1 to 4 (default: that of --size or --direction, else 2).", valueName: "d"))
  var dimensions: Int?

  /// The number of axes: as given, or implied by a list with one entry per axis.
  ///
  /// - Parameter implied: The lengths of lists with one entry per axis.
  func axes(implied: [Int?] = []) throws(FiltersmithError) -> Int {
    let lengths = ([size?.values.count] + implied).compactMap { $0 }.filter { $0 > 1 }
    let axes = dimensions ?? lengths.first ?? 2
    guard (1...4).contains(axes) else {
      throw FiltersmithError(.argument, "filters have 1 to 4 dimensions; given \(axes)")
    }
    return axes
  }

  /// Taps per axis.
  func support(axes: Int, otherwise taps: Int) throws(FiltersmithError) -> [Int] {
    try size?.perAxis(axes, option: "--size") ?? Array(repeating: taps, count: axes)
  }
}

/// The width of a Gaussian and where it is cut off.
struct GaussianOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Standard deviation in samples: one number, or one per axis (default: 1).",
      valueName: "s[,s…]"))
  var sigma: NumberList?

  @Option(
    help: ArgumentHelp(
      "Where the filter is cut off, in standard deviations (default: 4, as SciPy).",
      valueName: "t"))
  var truncation: Number?

  /// One standard deviation per axis.
  ///
  /// - Parameter implied: The lengths of other lists with one entry per axis.
  func sigma(
    _ shape: ShapeOptions, implied: [Int?] = []
  ) throws(FiltersmithError) -> [Double] {
    let axes = try shape.axes(implied: [sigma?.values.count] + implied)
    return try sigma?.perAxis(axes, option: "--sigma") ?? Array(repeating: 1, count: axes)
  }

  /// Where to cut off: as given, or where the given taps end.
  func truncation(_ sigma: [Double], _ shape: ShapeOptions) throws(FiltersmithError) -> Double {
    guard let size = try shape.size?.perAxis(sigma.count, option: "--size") else {
      return truncation?.value ?? 4
    }
    guard truncation == nil else {
      throw FiltersmithError(.argument, "--size and --truncation cannot be given together")
    }
    guard let taps = size.first, taps % 2 == 1, taps > 0, size.allSatisfy({ $0 == taps }),
      let width = sigma.first, width > 0, sigma.allSatisfy({ $0 == width })
    else {
      throw FiltersmithError(
        .argument,
        "--size \(size) with sigma \(sigma): --size takes one odd number, and needs the same sigma along "
          + "every axis; give --truncation otherwise")
    }
    return Double(taps / 2) / width
  }
}
