import Figures
import Foundation
import Tensors

/// The kernels of a layer as two pictures: the kernels and their spectra.
struct FilterPanels {
  private let kernels: Tensor<Float>
  private let columns = 8

  /// `[filters, channels, y, x]`.
  init(_ kernels: Tensor<Float>) { self.kernels = kernels }

  /// Both pictures with a heading.
  func group(_ heading: String) -> Figure.Group {
    let none = Ticks(positions: [], labels: [])
    func panel(_ title: String, _ tiles: [ColorImage]) -> Panel {
      let image = mosaic(tiles)
      let height = 250.0 * Double(image.height) / Double(max(image.width, 1))
      return Panel(
        title, .picture(Panel.Picture(image, xTicks: none, yTicks: none)), size: Size(250, height))
    }
    return Figure.Group(
      heading: heading, rows: [[panel("kernels", spatialTiles), panel("spectra", spectra)]])
  }

  /// An image `[channels, y, x]` of numbers from 0 to 1, in colour where it has three channels.
  static func picture(of image: Tensor<Float>) -> ColorImage {
    let isColored = image.shape[0] == 3
    return ColorImage(width: image.shape[2], height: image.shape[1]) { row, column in
      if isColored {
        return Color(
          red: Double(image[0, row, column]), green: Double(image[1, row, column]),
          blue: Double(image[2, row, column]))
      }
      return Color(gray: Double(min(max(image[0, row, column], 0), 1)))
    }
  }

  private var spatialTiles: [ColorImage] {
    let (channels, height, width) = (kernels.shape[1], kernels.shape[2], kernels.shape[3])
    let taps = height * width
    return (0..<kernels.shape[0]).map { filter in
      let start = filter * channels * taps
      let values = kernels.elements[start..<start + channels * taps]
      let peak = Double(values.reduce(Float(1e-12)) { max($0, abs($1)) })
      func value(_ channel: Int, _ row: Int, _ column: Int) -> Double {
        // Reflected: the impulse response.
        Double(kernels.elements[start + channel * taps + taps - 1 - (row * width + column)]) / peak
      }
      return ColorImage(width: width, height: height) { row, column in
        channels == 3
          ? Color(
            red: 0.5 + 0.5 * value(0, row, column), green: 0.5 + 0.5 * value(1, row, column),
            blue: 0.5 + 0.5 * value(2, row, column))
          : ColorMap.diverging(0.5 + 0.5 * value(0, row, column))
      }
    }
  }

  private var spectra: [ColorImage] {
    let set = KernelSet(kernels)
    let (side, support) = (25, set.support)
    let frequencies = (0..<side).map { .pi * (2 * Double($0) / Double(side - 1) - 1) }
    return set.patterns.map { pattern in
      var magnitudes: [Double] = []
      for v in frequencies {
        for u in frequencies {
          var (real, imaginary) = (0.0, 0.0)
          for (tap, value) in pattern.enumerated() {
            let angle = v * Double(tap / support) + u * Double(tap % support)
            real += value * cos(angle)
            imaginary -= value * sin(angle)
          }
          magnitudes.append((real * real + imaginary * imaginary).squareRoot())
        }
      }
      let peak = max(magnitudes.max() ?? 0, 1e-12)
      return ColorImage(width: side, height: side) { row, column in
        ColorMap.sequential(magnitudes[row * side + column] / peak)
      }
    }
  }

  /// Tiles of one size in rows, with white between them.
  private func mosaic(_ tiles: [ColorImage]) -> ColorImage {
    guard let first = tiles.first else { return ColorImage(width: 1, height: 1) { _, _ in .white } }
    let gap = max(1, first.width / 8)
    let (stepX, stepY) = (first.width + gap, first.height + gap)
    let rows = (tiles.count + columns - 1) / columns
    return ColorImage(width: columns * stepX - gap, height: rows * stepY - gap) { row, column in
      let (y, x) = (row % stepY, column % stepX)
      let tile = row / stepY * columns + column / stepX
      guard y < first.height, x < first.width, tile < tiles.count else { return .white }
      return tiles[tile][y, x]
    }
  }
}
