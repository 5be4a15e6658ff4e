import Foundation
import Tensors

extension OrientedGradients {
  /// A picture of the histograms of all cells, `[y, x]` from 0 to 1.
  ///
  /// Through the centre of each cell a line is drawn for every orientation, along the edges that
  /// its gradients belong to, as bright as it is strong. White is the value that the strongest
  /// orientation reaches in one cell out of ten.
  ///
  /// - Parameters:
  ///   - image: `[y, x]`.
  ///   - magnification: The width of an image sample in the picture, in samples.
  /// - Throws: ``FiltersmithError`` as ``cells(of:)``, and for a magnification that is not from 1 to 64.
  public func glyphs(
    of image: Tensor<Float>, magnification: Int = 1
  ) throws(FiltersmithError) -> Tensor<Float> {
    guard (1...64).contains(magnification) else {
      throw FiltersmithError(
        .argument, "a magnification of \(magnification) was given; 1 to 64 were expected")
    }
    let cells = try cells(of: image)
    let strongest = try cells.max(axes: [2]).elements.filter { $0 > 0 }.sorted()
    let white = strongest.isEmpty ? 0 : strongest[(strongest.count - 1) * 9 / 10]
    let size = try Shape(checking: image.shape.map { $0 * magnification })
    var picture = Tensor<Float>(zeros: size)
    guard white > 0 else { return picture }
    let extent = cell.map { Double($0 * magnification) }
    let reach = (extent.min() ?? 1) / 2 - 0.5
    for row in 0..<cells.shape[0] {
      for column in 0..<cells.shape[1] {
        let middle = [
          (Double(row) + 0.5) * extent[0] - 0.5, (Double(column) + 0.5) * extent[1] - 0.5,
        ]
        for bin in 0..<orientations {
          let value = min(cells[row, column, bin] / white, 1)
          // The edge is perpendicular to its gradient.
          let angle = (Double(bin) + 0.5) / Double(orientations) * .pi + .pi / 2
          for step in stride(from: -reach, through: reach, by: 0.5) {
            let y = Int((middle[0] + step * sin(angle)).rounded())
            let x = Int((middle[1] + step * cos(angle)).rounded())
            guard y >= 0, x >= 0, y < size[0], x < size[1] else { continue }
            picture[y, x] = max(picture[y, x], value)
          }
        }
      }
    }
    return picture
  }
}
