import SIMDLoops
import Tensors

extension SeparablePass {
  /// The layout of one thread's scratch memory.
  struct Memory {
    /// Where the ring of each axis starts, and how long it is for one term.
    let rings: [Int]
    let ringLengths: [Int]
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
      var (rings, lengths): ([Int], [Int]) = ([], [])
      var total = 0
      for axis in 0..<last {
        let length = pass.slots[axis] * pass.sizes[(axis + 1)...].reduce(1, *)
        rings.append(total)
        lengths.append(length)
        total += length * (axis == 0 ? terms : 1)
      }
      (self.rings, ringLengths) = (rings, lengths)
      // Rings are shifted by part of a cache line.
      weights = total + 16
      constant = weights + (terms * pass.taps[0] + 15) / 16 * 16
      edges = constant + (pass.sizes[last] + pass.reach[last] + 31) / 16 * 16
      edgePitch = (pass.copiedColumns + pass.reach[last] + 31) / 16 * 16
      count = edges + pass.slots[last - 1] * edgePitch
      let lines = (0..<last).map { (pass.taps[$0] + pass.steps[$0]) * ($0 == 0 ? terms : 1) }
      let mostSlots = pass.slots.max() ?? 0
      pointers = max(lines.max() ?? 0, mostSlots) + 2 * mostSlots
    }
  }

  /// What one thread needs to compute its box.
  struct Worker {
    let pass: SeparablePass
    let box: [Range<Int>]
    let terms: [Term]
    let factors: UnsafePointer<Float>
    let image: UnsafePointer<Float>
    let memory: Memory
    let floats: UnsafeMutablePointer<Float>
    /// Lines to read; outputs to write; lines of the image.
    let lines: UnsafeMutablePointer<UnsafePointer<Float>?>
    let targets: UnsafeMutablePointer<UnsafeMutablePointer<Float>?>
    let samples: UnsafeMutablePointer<UnsafePointer<Float>?>
    let bias: Float
    let activation: StencilActivation
    let last: Int
    /// How far rings are shifted, so that their rows and the output's have the same alignment in a cache
    /// line.
    let shift: Int
    let segments: [Segment]
    let imageStrides: [Int]
    let ringStrides: [Int]

    init(
      pass: SeparablePass, box: [Range<Int>], terms: [Term], factors: UnsafePointer<Float>,
      image: UnsafePointer<Float>, memory: Memory, floats: UnsafeMutablePointer<Float>,
      pointers: UnsafeMutablePointer<UnsafePointer<Float>?>, target: UnsafeMutablePointer<Float>,
      bias: Float, activation: StencilActivation
    ) {
      let last = box.count - 1
      let mostSlots = pass.slots.max() ?? 0
      self.pass = pass
      self.box = box
      self.terms = terms
      self.factors = factors
      self.image = image
      self.memory = memory
      self.floats = floats
      samples = pointers
      targets = UnsafeMutableRawPointer(pointers + mostSlots)
        .assumingMemoryBound(to: UnsafeMutablePointer<Float>?.self)
      lines = pointers + 2 * mostSlots
      self.bias = bias
      self.activation = activation
      self.last = last
      shift = Int(bitPattern: target) / MemoryLayout<Float>.stride % 16
      segments = Segment.segments(
        of: box[last], reach: pass.reach[last], interior: pass.domain.interior[last])
      imageStrides = Shape(pass.domain.extents).strides
      ringStrides = Shape(pass.sizes).strides
      let weights = floats + memory.weights
      for (number, term) in terms.enumerated() {
        (weights + number * pass.taps[0]).update(
          from: factors + term.factors, count: pass.taps[0])
      }
      // What lies past copies of edges is read, though nothing computed from it is stored.
      (floats + memory.constant).update(
        repeating: Float(pass.domain.fill), count: memory.edges - memory.constant)
      (floats + memory.edges).update(repeating: 0, count: memory.count - memory.edges)
    }

    func run(into target: UnsafeMutablePointer<Float>, strides: [Int]) {
      combine(axis: 0, offset: 0, term: nil, into: target, strides: strides)
    }

    /// Filters along the axes from `axis` on, for one position along the axes before it.
    ///
    /// - Parameters:
    ///   - offset: Where that position's samples start in the image; `nil` in the constant.
    ///   - term: The outer product; `nil` for the sum of all.
    private func combine(
      axis: Int, offset: Int?, term: Term?, into target: UnsafeMutablePointer<Float>,
      strides: [Int]
    ) {
      let dilation = pass.convolution.dilation[axis]
      let (taps, reach, slots) = (pass.taps[axis], pass.reach[axis], pass.slots[axis])
      let planes = term == nil ? terms.count : 1
      let slotSize = ringStrides[axis]
      let ring = floats + memory.rings[axis] + shift
      let sources = pass.domain.sources[axis]
      let weights =
        term.map { factors + $0.factors + pass.taps[..<axis].reduce(0, +) }
        ?? UnsafePointer(floats + memory.weights)
      let count = box[axis].count
      var filled = 0
      for first in stride(from: 0, to: count, by: pass.steps[axis]) {
        let rows = min(pass.steps[axis], count - first)
        let needed = first + rows + reach
        for plane in 0..<planes {
          let term = term ?? terms[plane]
          let slot = ring + plane * memory.ringLengths[axis]
          if axis == last - 1 {
            for position in filled..<needed {
              let from = sources[box[axis].lowerBound + position]
              samples[position - filled] = offset.flatMap { offset in
                from < 0
                  ? nil
                  : image + term.channel * imageStrides[0] * pass.domain.extents[0] + offset
                    + from * imageStrides[axis]
              }
              targets[position - filled] = slot + position % slots * slotSize
            }
            filterRows(needed - filled, term)
          } else {
            for position in filled..<needed {
              let from = sources[box[axis].lowerBound + position]
              combine(
                axis: axis + 1,
                offset: from < 0 ? nil : offset.map { $0 + from * imageStrides[axis] },
                term: term, into: slot + position % slots * slotSize, strides: ringStrides)
            }
          }
        }
        filled = needed
        // Every row of the axes between this and the last.
        Shape(box[(axis + 1)..<last].map(\.count)).forEachIndex { index in
          var (from, into) = (0, first * strides[axis])
          for (position, coordinate) in index.enumerated() {
            from += coordinate * ringStrides[axis + 1 + position]
            into += coordinate * strides[axis + 1 + position]
          }
          let perPlane = taps + rows - 1
          for plane in 0..<planes {
            let start = ring + plane * memory.ringLengths[axis] + from
            var slot = first % slots
            for line in 0..<perPlane {
              lines[plane * perPlane + line] = UnsafePointer(start + slot * slotSize)
              slot += dilation
              if slot >= slots { slot %= slots }
            }
          }
          for row in 0..<rows { targets[row] = target + into + row * strides[axis] }
          var work = StencilRows()
          work.lines = UnsafePointer(lines)
          work.plane_lines = perPlane
          work.weights = weights
          work.outputs = UnsafePointer(targets)
          work.planes = planes
          work.tap_rows = taps
          work.tap_columns = 1
          work.column_step = 1
          work.rows = rows
          work.count = box[last].count
          work.readable = pass.sizes[last] - 16
          work.bias = axis == 0 ? bias : 0
          work.activation = axis == 0 ? activation : StencilActivation(.identity)
          stencil_rows(&work)
        }
      }
    }

    /// Filters some rows along the last axis: from `samples`, `nil` in the constant, to `targets`.
    private func filterRows(_ count: Int, _ term: Term) {
      let reach = pass.reach[last]
      var work = StencilRows()
      work.lines = UnsafePointer(lines)
      work.plane_lines = count
      work.weights = factors + term.factors + pass.taps[..<last].reduce(0, +)
      work.outputs = UnsafePointer(targets)
      work.planes = 1
      work.tap_rows = 1
      work.tap_columns = pass.taps[last]
      work.column_step = pass.convolution.dilation[last]
      work.rows = count
      work.activation = StencilActivation(.identity)
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
