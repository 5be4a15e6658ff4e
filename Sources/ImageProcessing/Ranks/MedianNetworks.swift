import Convolutions
import SIMDLoops
import Tensors

/// Medians of 3 × 3 and 5 × 5 samples in single precision, by sorting networks.
enum MedianNetworks {
  /// The filtered images `[…, y, x]`.
  ///
  /// - Parameter size: 3 or 5.
  static func run(_ image: Tensor<Float>, size: Int, border: Border) -> Tensor<Float> {
    let (height, width) = (image.shape[image.rank - 2], image.shape[image.rank - 1])
    let radius = size / 2
    let columns = (-radius..<width + radius).map { border.source(of: $0, extent: width) ?? -1 }
    let edges = Array(0..<radius) + Array(width + radius..<width + 2 * radius)
    let fill = Float(border.fill)
    let step = width + 2 * radius + 32
    let bandHeight = 32
    let bands = (height + bandHeight - 1) / bandHeight
    let images = image.count / max(height * width, 1)
    return Tensor(uninitialized: image.shape) { buffer in
      let output = SharedPointer(buffer)
      image.withUnsafeElements { source in
        let source = ReadOnlyPointer(source)
        parallelFor(images * bands) { piece in
          let (plane, top) = (piece / bands * height * width, piece % bands * bandHeight)
          let rows = min(bandHeight, height - top)
          // A ring of as many rows as the window has, and scratch memory to sort them.
          withScratch(Float.self, count: (size + 5) * step) { scratch in
            func fetch(_ row: Int) {
              let line = scratch + (row + size) % size * step
              guard let from = border.source(of: row, extent: height) else {
                return line.update(repeating: fill, count: step)
              }
              let samples = source.pointer + plane + from * width
              (line + radius).update(from: samples, count: width)
              for position in edges {
                line[position] = columns[position] < 0 ? fill : samples[columns[position]]
              }
              (line + width + 2 * radius).update(repeating: 0, count: 32)
            }
            for row in top - radius..<top + radius { fetch(row) }
            for row in top..<top + rows {
              fetch(row + radius)
              let lines = (0..<size).map { UnsafePointer(scratch + $0 * step) as UnsafePointer? }
              let target = output.pointer + plane + row * width
              lines.withUnsafeBufferPointer { lines in
                guard let lines = lines.baseAddress else { return }
                if size == 3 {
                  median_3x3(lines, width, target)
                } else {
                  median_5x5(lines, width, scratch + size * step, target)
                }
              }
            }
          }
        }
      }
    }
  }
}
