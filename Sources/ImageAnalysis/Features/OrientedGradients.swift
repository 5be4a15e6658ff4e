import Foundation
import Tensors

/// Histograms of oriented gradients (Dalal and Triggs 2005), with scikit-image's conventions.
///
/// The gradient is the difference of the neighbours on both sides, 0 at the outermost samples; every
/// sample adds its magnitude to the bin of its direction, taken from 0 to π, in its cell, divided by
/// the samples of a cell; blocks of cells are scaled to unit length, clipped at 0.2 and scaled again
/// (L2-Hys).
public struct OrientedGradients: Sendable, Hashable {
  /// The number of bins for the directions from 0 to π.
  public var orientations: Int
  /// The samples of a cell along [y, x].
  public var cell: [Int]
  /// The cells of a block along [y, x].
  public var block: [Int]

  /// Histograms of cells in blocks.
  public init(orientations: Int = 9, cell: [Int] = [8, 8], block: [Int] = [2, 2]) {
    self.orientations = orientations
    self.cell = cell
    self.block = block
  }

  /// The histogram of every cell, `[cell y, cell x, orientation]`; samples beyond the last whole cell are
  /// left out.
  ///
  /// - Throws: ``FiltersmithError`` for other axes, an image smaller than a cell, or parameters below 1.
  public func cells(of image: Tensor<Float>) throws(FiltersmithError) -> Tensor<Float> {
    guard image.rank == 2 else {
      throw FiltersmithError(.shape, "oriented gradients are those of [y, x]; given \(image.shape)")
    }
    guard orientations >= 1, cell.count == 2, cell.allSatisfy({ $0 >= 1 }),
      zip(image.shape, cell).allSatisfy({ $0 >= $1 })
    else {
      throw FiltersmithError(
        .argument,
        "cells of \(cell) samples and \(orientations) orientations do not fit an image of \(image.shape)"
      )
    }
    let (height, width) = (image.shape[0], image.shape[1])
    let (rows, columns) = (height / cell[0], width / cell[1])
    let (cell, bins) = (cell, orientations)
    var result = Tensor<Float>(zeros: [rows, columns, bins])
    let scale = 1 / Float(cell[0] * cell[1])
    result.withUnsafeMutableElements { buffer in
      let output = SharedPointer(buffer)
      image.withUnsafeElements { source in
        let source = ReadOnlyPointer(source)
        parallelFor(rows) { row in
          for y in row * cell[0]..<(row + 1) * cell[0] {
            for x in 0..<columns * cell[1] {
              let place = y * width + x
              let isInside = (y > 0 && y < height - 1, x > 0 && x < width - 1)
              let dy = isInside.0 ? source[place + width] - source[place - width] : 0
              let dx = isInside.1 ? source[place + 1] - source[place - 1] : 0
              let magnitude = (dy * dy + dx * dx).squareRoot()
              guard magnitude > 0 else { continue }
              var turn = atan2(Double(dy), Double(dx)) / .pi
              if turn < 0 { turn += 1 }
              if turn >= 1 { turn -= 1 }
              let bin = min(Int(turn * Double(bins)), bins - 1)
              output[(row * columns + x / cell[1]) * bins + bin] += magnitude * scale
            }
          }
        }
      }
    }
    return result
  }

  /// The features of an image, `[block y, block x, cell y, cell x, orientation]`; blocks overlap, one
  /// starting at each cell.
  ///
  /// - Throws: ``FiltersmithError`` as ``cells(of:)``, and for blocks larger than the image.
  public func callAsFunction(_ image: Tensor<Float>) throws(FiltersmithError) -> Tensor<Float> {
    let cells = try cells(of: image)
    guard block.count == 2, block.allSatisfy({ $0 >= 1 }),
      zip(cells.shape, block).allSatisfy({ $0 >= $1 })
    else {
      throw FiltersmithError(
        .argument,
        "blocks of \(block) cells do not fit the \(cells.shape[0]) × \(cells.shape[1]) cells")
    }
    let down = cells.shape[0] - block[0] + 1
    let across = cells.shape[1] - block[1] + 1
    var values: [Float] = []
    for row in 0..<down {
      for column in 0..<across {
        let part = try cells.sliced([
          row..<row + block[0], column..<column + block[1], 0..<orientations,
        ])
        values += Self.normalized(part.elements)
      }
    }
    return try Tensor(
      shape: [down, across, block[0], block[1], orientations], elements: values)
  }

  /// Scaled to unit length, clipped at 0.2, and scaled again.
  private static func normalized(_ values: [Float]) -> [Float] {
    func scaled(_ values: [Float]) -> [Float] {
      let square = values.reduce(0.0) { $0 + Double($1) * Double($1) }
      let length = (square + 1e-10).squareRoot()
      return values.map { Float(Double($0) / length) }
    }
    return scaled(scaled(values).map { min($0, 0.2) })
  }
}
