import Tensors

/// A picture of coloured pixels, the form in which every tensor is drawn.
public struct ColorImage: Sendable, Hashable {
  /// The number of columns.
  public let width: Int
  /// The number of rows.
  public let height: Int
  /// The pixels in row-major order as `0xRRGGBB`.
  public let pixels: [UInt32]

  /// A picture whose pixels are computed from their row and column.
  public init(width: Int, height: Int, _ color: (_ row: Int, _ column: Int) -> Color) {
    var pixels: [UInt32] = []
    pixels.reserveCapacity(width * height)
    for row in 0..<height {
      for column in 0..<width { pixels.append(color(row, column).hex) }
    }
    self.init(width: width, height: height, pixels: pixels)
  }

  private init(width: Int, height: Int, pixels: [UInt32]) {
    (self.width, self.height, self.pixels) = (width, height, pixels)
  }

  /// A picture of a matrix `[y, x]`: `range` spans the colour map.
  ///
  /// A range of zero width maps everything to the middle of the map.
  ///
  /// - Throws: ``FiltersmithError`` when the tensor is not of rank 2.
  public init<Element: BinaryFloatingPoint>(
    _ matrix: Tensor<Element>, map: ColorMap, range: ClosedRange<Double>
  ) throws(FiltersmithError) {
    guard matrix.rank == 2 else {
      throw FiltersmithError(
        .shape, "a picture shows a matrix [y, x]; the tensor has shape \(matrix.shape)")
    }
    let span = range.upperBound - range.lowerBound
    self.init(
      width: matrix.shape[1], height: matrix.shape[0],
      pixels: matrix.elements.map { element in
        map(span > 0 ? (Double(element) - range.lowerBound) / span : 0.5).hex
      })
  }

  /// The colour of one pixel.
  public subscript(row: Int, column: Int) -> Color { Color(hex: pixels[row * width + column]) }

  /// The picture with every pixel drawn as a block of `factor` × `factor` pixels.
  ///
  /// Viewers of SVG and PDF smooth small images as they please; blocks keep the taps of a kernel
  /// crisp in all of them.
  func magnified(by factor: Int) -> ColorImage {
    guard factor > 1 else { return self }
    var result: [UInt32] = []
    result.reserveCapacity(pixels.count * factor * factor)
    for row in 0..<height * factor {
      for column in 0..<width * factor {
        result.append(pixels[row / factor * width + column / factor])
      }
    }
    return ColorImage(width: width * factor, height: height * factor, pixels: result)
  }

  /// The picture with blocks of `factor` × `factor` pixels averaged; blocks at the far edges may be
  /// smaller.
  func reduced(by factor: Int) -> ColorImage {
    guard factor > 1 else { return self }
    let columns = (width + factor - 1) / factor
    let rows = (height + factor - 1) / factor
    return ColorImage(width: columns, height: rows) { row, column in
      var (red, green, blue, count) = (0.0, 0.0, 0.0, 0.0)
      for y in row * factor..<min((row + 1) * factor, height) {
        for x in column * factor..<min((column + 1) * factor, width) {
          let color = self[y, x]
          red += color.red
          green += color.green
          blue += color.blue
          count += 1
        }
      }
      return Color(red: red / count, green: green / count, blue: blue / count)
    }
  }

  /// The picture with at most about `extent` pixels per side, so that a figure with many panels
  /// stays a file of reasonable size.
  func limited(to extent: Int) -> ColorImage {
    reduced(by: (max(width, height) + extent - 1) / extent)
  }
}
