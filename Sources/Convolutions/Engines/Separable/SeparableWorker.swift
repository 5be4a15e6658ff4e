import SIMDLoops
import Tensors

extension SeparablePass {
  /// The layout of one thread's scratch memory.
  struct Memory {
    /// The most terms of a filter.
    let terms: Int
    /// The weights along the first axis, term after term.
    let weights: Int
    /// A row of the constant.
    let constant: Int
    /// The copied columns of rows, continued beyond the image's edges, and the distance between rows.
    let edges: Int
    let edgePitch: Int
    /// The number of all values, and of all pointers to lines.
    let count: Int
    let pointers: Int

    init(_ pass: SeparablePass, terms: Int) {
      let last = pass.sizes.count - 1
      self.terms = terms
      // Rings are moved by part of a cache line.
      weights = pass.ring(last, plane: 0, terms: terms) + 16
      constant = weights + (terms * pass.taps[0] + 15) / 16 * 16
      edges = constant + (pass.sizes[last] + pass.reach[last] + 31) / 16 * 16
      edgePitch = (pass.copiedColumns + pass.reach[last] + 31) / 16 * 16
      count = edges + pass.slots[last - 1] * edgePitch
      let mostLines = (0..<last).reduce(0) {
        max($0, (pass.taps[$1] + pass.steps[$1]) * ($1 == 0 ? terms : 1))
      }
      let mostSlots = pass.slots.max() ?? 0
      pointers = max(mostLines, mostSlots) + 2 * mostSlots
    }
  }

  /// What one thread needs to compute its box.
  struct Worker {
    let pass: SeparablePass
    let box: [Range<Int>]
    let segments: [Segment]
    /// Those of all filters, and of this one.
    let allTerms: OuterProductTerms
    let terms: Range<Int>
    let factors: UnsafePointer<Float>
    let image: UnsafePointer<Float>
    let memory: Memory
    let floats: UnsafeMutablePointer<Float>
    /// Lines to read; outputs to write; lines of the image.
    let lines: UnsafeMutablePointer<UnsafePointer<Float>?>
    let targets: UnsafeMutablePointer<UnsafeMutablePointer<Float>?>
    let samples: UnsafeMutablePointer<UnsafePointer<Float>?>
    let epilogue: LayerEpilogue
    let last: Int
    /// How far rings are shifted, so that their rows and the output's have the same alignment in a cache
    /// line.
    let shift: Int

    init(
      pass: SeparablePass, box: (ranges: [Range<Int>], segments: [Segment]),
      terms: OuterProductTerms, filter: Int, factors: UnsafePointer<Float>,
      image: UnsafePointer<Float>, memory: Memory, floats: UnsafeMutablePointer<Float>,
      pointers: UnsafeMutablePointer<UnsafePointer<Float>?>, target: UnsafeMutablePointer<Float>,
      epilogue: LayerEpilogue
    ) {
      let mostSlots = pass.slots.max() ?? 0
      self.pass = pass
      (self.box, segments) = box
      (allTerms, self.terms) = (terms, terms.ofFilter(filter))
      self.factors = factors
      self.image = image
      self.memory = memory
      self.floats = floats
      samples = pointers
      targets = UnsafeMutableRawPointer(pointers + mostSlots)
        .assumingMemoryBound(to: UnsafeMutablePointer<Float>?.self)
      lines = pointers + 2 * mostSlots
      self.epilogue = epilogue
      last = pass.taps.count - 1
      shift = Int(bitPattern: target) / MemoryLayout<Float>.stride % 16
      let weights = floats + memory.weights
      for (plane, term) in self.terms.enumerated() {
        (weights + plane * pass.taps[0]).update(
          from: factors + term * pass.factorCount(), count: pass.taps[0])
      }
      // What lies past copies of edges is read, though nothing computed from it is stored.
      (floats + memory.constant).update(
        repeating: Float(pass.domain.fill), count: memory.edges - memory.constant)
      (floats + memory.edges).update(repeating: 0, count: memory.count - memory.edges)
    }

    func run(into target: UnsafeMutablePointer<Float>) {
      combine(axis: 0, offset: 0, terms, into: target, strides: pass.outputStrides)
    }

    /// Filters along the axes from `axis` on, for one position along the axes before it.
    ///
    /// - Parameters:
    ///   - offset: Where that position's samples start in the image; `nil` in the constant.
    ///   - terms: The outer products to sum: all along the first axis, one along others.
    private func combine(
      axis: Int, offset: Int?, _ terms: Range<Int>, into target: UnsafeMutablePointer<Float>,
      strides: [Int]
    ) {
      let count = box[axis].count
      var filled = 0
      for first in stride(from: 0, to: count, by: pass.steps[axis]) {
        let rows = min(pass.steps[axis], count - first)
        let needed = first + rows + pass.reach[axis]
        for (plane, term) in terms.enumerated() {
          fill(axis: axis, filled..<needed, offset: offset, term, into: ring(axis, plane: plane))
        }
        filled = needed
        // Every row of the axes between this and the last.
        forEachRow(
          of: axis + 1..<box.count, { box[$0].count }, first: pass.ringStrides, second: strides
        ) { from, into in
          sum(
            axis: axis, first..<first + rows, terms, from: from,
            into: target + first * strides[axis] + into, step: strides[axis])
        }
      }
    }

    /// The ring of an axis for one of the terms that are summed along it.
    private func ring(_ axis: Int, plane: Int) -> UnsafeMutablePointer<Float> {
      floats + shift + pass.ring(axis, plane: plane, terms: memory.terms)
    }

    /// Fills the slots of a ring for some positions along its axis with what the axes behind make of them.
    private func fill(
      axis: Int, _ positions: Range<Int>, offset: Int?, _ term: Int,
      into ring: UnsafeMutablePointer<Float>
    ) {
      let (slots, slotSize) = (pass.slots[axis], pass.ringStrides[axis])
      for position in positions {
        let source = pass.domain.sources[axis][box[axis].lowerBound + position]
        let offset =
          source < 0 ? nil : offset.map { $0 + source * pass.imageStrides[axis] }
        let slot = ring + position % slots * slotSize
        if axis == last - 1 {
          let channel = allTerms.channel(term) * pass.imageStrides[0] * pass.domain.extents[0]
          samples[position - positions.lowerBound] = offset.map { image + channel + $0 }
          targets[position - positions.lowerBound] = slot
        } else {
          combine(
            axis: axis + 1, offset: offset, term..<term + 1, into: slot, strides: pass.ringStrides)
        }
      }
      if axis == last - 1 { filterRows(positions.count, term) }
    }

    /// Sums the taps along an axis, for some outputs along it and one row of the axes behind.
    ///
    /// - Parameters:
    ///   - offset: Where the row starts in each slot.
    ///   - step: From one output to the next.
    private func sum(
      axis: Int, _ outputs: Range<Int>, _ terms: Range<Int>, from offset: Int,
      into target: UnsafeMutablePointer<Float>, step: Int
    ) {
      let (taps, slots) = (pass.taps[axis], pass.slots[axis])
      let perPlane = taps + outputs.count - 1
      for plane in 0..<terms.count {
        let start = ring(axis, plane: plane) + offset
        var slot = outputs.lowerBound % slots
        for line in 0..<perPlane {
          lines[plane * perPlane + line] = UnsafePointer(start + slot * pass.ringStrides[axis])
          slot += pass.convolution.dilation[axis]
          if slot >= slots { slot %= slots }
        }
      }
      for row in 0..<outputs.count { targets[row] = target + row * step }
      var work = StencilRows()
      work.lines = UnsafePointer(lines)
      work.plane_lines = perPlane
      work.weights =
        axis == 0
        ? UnsafePointer(floats + memory.weights)
        : factors + terms.lowerBound * pass.factorCount() + pass.factorCount(before: axis)
      work.outputs = UnsafePointer(targets)
      work.planes = terms.count
      work.tap_rows = taps
      work.tap_columns = 1
      work.column_step = 1
      work.rows = outputs.count
      work.count = box[last].count
      work.readable = pass.sizes[last] - 16
      if axis == 0 { work.epilogue = epilogue }
      stencil_rows(&work)
    }

    /// Filters some rows along the last axis: those at `samples`, `nil` in the constant, to `targets`.
    private func filterRows(_ count: Int, _ term: Int) {
      let reach = pass.reach[last]
      var work = StencilRows()
      work.lines = UnsafePointer(lines)
      work.plane_lines = count
      work.weights = factors + term * pass.factorCount() + pass.factorCount(before: last)
      work.outputs = UnsafePointer(targets)
      work.planes = 1
      work.tap_rows = 1
      work.tap_columns = pass.taps[last]
      work.column_step = pass.convolution.dilation[last]
      work.rows = count
      var shifted = 0
      for segment in segments {
        find(segment.columns.lowerBound..<segment.columns.upperBound + reach, segment, rows: count)
        let moved = segment.columns.lowerBound - box[last].lowerBound
        for row in 0..<count { targets[row] = targets[row].map { $0 + (moved - shifted) } }
        shifted = moved
        work.count = segment.columns.count
        work.readable = segment.isDirect ? segment.columns.count : memory.edgePitch - reach
        stencil_rows(&work)
      }
    }

    /// Sets `lines` to where some columns of the rows at `samples` are, copied unless the segment is read
    /// in the image.
    private func find(_ columns: Range<Int>, _ segment: Segment, rows: Int) {
      let constant = UnsafePointer(floats + memory.constant)
      let inside = columns.clamped(to: pass.domain.interior[last])
      let before = columns.lowerBound..<(inside.isEmpty ? columns.upperBound : inside.lowerBound)
      let behind = (inside.isEmpty ? columns.upperBound : inside.upperBound)..<columns.upperBound
      let fill = Float(pass.domain.fill)
      // One access to the table for all rows.
      pass.domain.sources[last].withUnsafeBufferPointer { sources in
        let first = inside.isEmpty ? 0 : sources[inside.lowerBound]
        for row in 0..<rows {
          guard let start = samples[row] else {
            lines[row] = constant
            continue
          }
          if segment.isDirect {
            lines[row] = start + first
            continue
          }
          let copy = floats + memory.edges + row * memory.edgePitch
          let target = copy - columns.lowerBound
          for column in before {
            target[column] = sources[column] < 0 ? fill : start[sources[column]]
          }
          (target + inside.lowerBound).update(from: start + first, count: inside.count)
          for column in behind {
            target[column] = sources[column] < 0 ? fill : start[sources[column]]
          }
          lines[row] = UnsafePointer(copy)
        }
      }
    }
  }
}
