import SIMDLoops
import Tensors

/// Matrix products in single precision by the loops of layers: columns of the right matrix are
/// packed into panels of 16 that stay in cache, and rows of the left one meet them six at a time.
///
/// Every sum is taken in the same order whatever the number of columns.
@usableFromInline
package enum PanelProduct {
  /// The largest part of the inner index summed at a time: the panels that the loops take together then
  /// fit into a first-level cache.
  private static var depth: Int { simd_float_lanes() == 16 ? 64 : 256 }
  /// The values of the right matrix in panels, and of the left one beside them: a second-level cache
  /// holds both.
  private static let panelNumbers = 32 * 1024
  private static let leftNumbers = 16 * 1024

  /// How often every element of the result is read and written.
  package static func passes(inner: Int) -> Int { (inner + depth - 1) / depth }

  /// target = left · right.
  ///
  /// - Parameters:
  ///   - left: `[rows, inner]`, rows `leftLeading` apart; `[inner, rows]` if transposed.
  ///   - right: `[inner, columns]`, rows `rightLeading` apart; `[columns, inner]` if transposed.
  ///   - target: `[rows, columns]`, rows `targetLeading` apart.
  ///   - accumulates: Whether the product is added to the target.
  @usableFromInline
  package static func multiply(
    _ left: UnsafePointer<Float>, isTransposed: Bool, leading leftLeading: Int,
    _ right: UnsafePointer<Float>, rightIsTransposed: Bool = false, leading rightLeading: Int,
    _ extents: (rows: Int, columns: Int, inner: Int),
    into target: UnsafeMutablePointer<Float>, leading targetLeading: Int, accumulates: Bool = false
  ) {
    let (rows, columns, inner) = extents
    let chunks = passes(inner: inner)
    let longest = (inner + chunks - 1) / chunks
    let wide = min((columns + 15) / 16 * 16, max(panelNumbers / longest / 16, 1) * 16)
    let high = min(rows, max(leftNumbers / longest / 6, 1) * 6)
    // An odd number of cache lines, so that panels do not compete for the same cache lines.
    let pitch = (longest | 1) * 16
    withScratch(Float.self, count: wide / 16 * pitch + high * (longest + 16)) { panels in
      let turned = panels + wide / 16 * pitch
      let rest = turned + high * longest
      withUnsafeTemporaryAllocation(of: Int32.self, capacity: high + longest) { table in
        let (positions, offsets) = (table.baseAddress, table.baseAddress.map { $0 + high })
        for index in 0..<longest { table[high + index] = Int32(truncatingIfNeeded: index) }
        for chunk in 0..<chunks {
          let start = inner * chunk / chunks
          let count = inner * (chunk + 1) / chunks - start
          for column in stride(from: 0, to: columns, by: wide) {
            let width = min(wide, columns - column)
            if rightIsTransposed {
              for panel in 0..<(width + 15) / 16 {
                layer_pack_transposed(
                  right + (column + panel * 16) * rightLeading + start, rightLeading,
                  min(16, width - panel * 16), count, panels + panel * pitch, 0)
              }
            } else {
              layer_pack_columns(
                right + start * rightLeading + column, rightLeading, count, width, panels, pitch)
            }
            for row in stride(from: 0, to: rows, by: high) {
              let height = min(high, rows - row)
              var source = left + row * leftLeading + start
              var step = leftLeading
              if isTransposed {
                turn(left + start * leftLeading + row, leftLeading, height, count, into: turned)
                (source, step) = (UnsafePointer(turned), count)
              } else if leftLeading % 128 == 0, width >= 64 {
                // Rows a power of two apart would compete for a few cache lines.
                for row in 0..<height {
                  (turned + row * count).update(from: source + row * leftLeading, count: count)
                }
                (source, step) = (UnsafePointer(turned), count)
              }
              for index in 0..<height { table[index] = Int32(truncatingIfNeeded: index * step) }
              let corner = target + row * targetLeading + column
              var work = LayerProducts(
                source: source, positions: positions, rows: height, offsets: offsets, count: count,
                slab: panels, slab_step: pitch, panels: width / 16, tile: corner, tile_step: 16,
                pitch: targetLeading, accumulates: accumulates || chunk > 0, halves_last: false,
                following: nil)
              layer_gathered_products(&work)
              guard width % 16 > 0 else { continue }
              let last = width / 16
              work.slab = UnsafePointer(panels + last * pitch)
              work.panels = 1
              work.tile = rest
              work.pitch = 16
              work.accumulates = false
              work.halves_last = width % 16 <= 8
              layer_gathered_products(&work)
              place(
                rest, height, width % 16, into: corner + last * 16, targetLeading,
                accumulates: accumulates || chunk > 0)
            }
          }
        }
      }
    }
  }

  /// Columns as rows.
  private static func turn(
    _ source: UnsafePointer<Float>, _ leading: Int, _ rows: Int, _ count: Int,
    into target: UnsafeMutablePointer<Float>
  ) {
    for index in 0..<count {
      let line = source + index * leading
      for row in 0..<rows { target[row * count + index] = line[row] }
    }
  }

  /// Writes or adds the columns of a panel that is not full.
  private static func place(
    _ panel: UnsafePointer<Float>, _ rows: Int, _ columns: Int,
    into target: UnsafeMutablePointer<Float>, _ leading: Int, accumulates: Bool
  ) {
    for row in 0..<rows {
      let (from, into) = (panel + row * 16, target + row * leading)
      for column in 0..<columns {
        into[column] = accumulates ? into[column] + from[column] : from[column]
      }
    }
  }
}
