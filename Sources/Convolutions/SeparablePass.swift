import SIMDLoops
import Tensors

/// Sums of outer products of one-dimensional kernels, in single precision and with stride 1.
///
/// Boxes of outputs are computed so that what lies between two axes never leaves the cache: rows are
/// filtered along x into a ring of rows, the ring's rows are combined along y into a plane of a ring
/// of planes, and so on. Along the first axis all terms of a filter are summed at once.
struct SeparablePass: Sendable {
  /// One outer product: a channel of the filter's group, and where its factors start.
  struct Term: Sendable, Hashable {
    let channel: Int
    let factors: Int
  }

  private let convolution: Convolution
  private let domain: ExtendedDomain
  /// Per axis: extents of the output, taps, and how far the taps reach.
  private let outputs: [Int]
  private let taps: [Int]
  private let reach: [Int]
  /// The boxes of outputs that threads take.
  private let boxes: [[Range<Int>]]
  /// The most outputs of a box per axis; along the last axis padded.
  private let sizes: [Int]

  /// The bytes that the rings of one box shall not exceed by much.
  private static let ringBytes = 320 << 10

  /// - Parameter terms: How many outer products a filter has, all channels counted.
  init(_ convolution: Convolution, terms: Int) {
    let rank = convolution.spatialRank
    self.convolution = convolution
    domain = ExtendedDomain(convolution)
    let outputs = Array(convolution.output.dimensions.suffix(rank))
    let taps = Array(convolution.kernel.dimensions.suffix(rank))
    let reach = zip(taps, convolution.dilation).map { ($0 - 1) * $1 }
    var sizes = outputs
    // Along the first axis a box may be long; what it shares with its neighbours is computed twice.
    sizes[0] = min(outputs[0], max(rank == 2 ? 96 : 24, 4 * reach[0]))
    let least = (0..<rank).map { $0 == rank - 1 ? 64 : 8 }
    func ringFloats() -> Int {
      var floats = 0
      var inner = sizes[rank - 1]
      for axis in (0..<rank - 1).reversed() {
        floats += (reach[axis] + Int(StencilMaxRows)) * inner * (axis == 0 ? terms : 1)
        inner *= sizes[axis]
      }
      return floats
    }
    while ringFloats() * MemoryLayout<Float>.stride > Self.ringBytes,
      let axis = (1..<rank).filter({ sizes[$0] > least[$0] })
        .max(by: { sizes[$0] * least[$1] < sizes[$1] * least[$0] })
    {
      sizes[axis] = max((sizes[axis] + 1) / 2, least[axis])
    }
    var boxes: [[Range<Int>]] = [[]]
    for axis in 0..<rank {
      boxes = boxes.flatMap { box in
        stride(from: 0, to: outputs[axis], by: sizes[axis]).map { start in
          box + [start..<min(start + sizes[axis], outputs[axis])]
        }
      }
    }
    (self.outputs, self.taps, self.reach, self.boxes) = (outputs, taps, reach, boxes)
    // An odd number of cache lines, so that rows do not compete for the same places in the cache.
    sizes[rank - 1] = (sizes[rank - 1] + 31) / 32 * 32 + 16
    self.sizes = sizes
  }

  /// Products of all passes for one outer product, those of overlapping boxes included.
  var products: Int {
    boxes.reduce(0) { sum, box in
      var (inner, outer) = (0, 1)
      for axis in box.indices {
        let below = box[(axis + 1)...].reduce(1) { $0 * $1.count }
        inner += outer * box[axis].count * below * taps[axis]
        outer *= box[axis].count + reach[axis]
      }
      return sum + inner
    }
  }

  /// Bytes that one thread works in.
  func scratchBytes(terms: Int) -> Int { ringOffsets(terms: terms).total * 4 }

  /// Where the rings of each axis start in the scratch memory, and how long they are for one term.
  private func ringOffsets(terms: Int) -> (starts: [Int], lengths: [Int], total: Int) {
    let rank = sizes.count
    var (starts, lengths): ([Int], [Int]) = ([], [])
    var total = 0
    for axis in 0..<rank - 1 {
      let inner = sizes[(axis + 1)...].reduce(1, *)
      let length = (reach[axis] + Int(StencilMaxRows)) * inner
      starts.append(total)
      lengths.append(length)
      total += length * (axis == 0 ? terms : 1)
    }
    // A row continued beyond the image's edges, and a row of the constant.
    return (starts, lengths, total + 2 * rowLength)
  }

  private var rowLength: Int { sizes[sizes.count - 1] + reach[reach.count - 1] + 64 }

  /// - Parameters:
  ///   - factors: The factors of all terms: per term axis by axis, and those of all but the last axis
  ///     reversed, as the loops read them.
  ///   - terms: Per filter.
  func run(
    _ input: UnsafePointer<Float>, factors: UnsafePointer<Float>, terms: [[Term]],
    _ output: UnsafeMutablePointer<Float>, _ epilogue: Epilogue<Float>
  ) {
    let shape = convolution.shapeNumbers
    let source = SharedPointer(UnsafeMutablePointer(mutating: input))
    let factors = SharedPointer(UnsafeMutablePointer(mutating: factors))
    let target = SharedPointer(output)
    let imageCount = domain.extents.reduce(1, *)
    let outputCount = outputs.reduce(1, *)
    parallelFor(shape.batch * shape.filters * boxes.count) { piece in
      // Filters that share their input take the same box one after the other.
      let filter = piece % shape.filters
      let box = boxes[piece / shape.filters % boxes.count]
      let batch = piece / shape.filters / boxes.count
      let group = filter / shape.filtersPerGroup
      let rings = ringOffsets(terms: terms[filter].count)
      withScratch(Float.self, count: rings.total) { memory in
        let constant = memory + rings.total - rowLength
        constant.update(repeating: Float(domain.fill), count: rowLength)
        let worker = Worker(
          pass: self, box: box, terms: terms[filter], factors: factors.pointer,
          image: source.pointer
            + (batch * shape.channels + group * shape.channelsPerGroup) * imageCount,
          rings: memory, ringStarts: rings.starts, ringLengths: rings.lengths,
          row: constant - rowLength, constant: constant, bias: epilogue.bias?[filter] ?? 0,
          activation: StencilActivation(epilogue.activation))
        let strides = Shape(outputs).strides
        let start = zip(box, strides).reduce(0) { $0 + $1.0.lowerBound * $1.1 }
        worker.combine(
          axis: 0, offset: 0, term: nil,
          into: target.pointer + (batch * shape.filters + filter) * outputCount + start,
          strides: strides)
      }
    }
  }

  /// What one thread knows of the box it computes.
  private struct Worker {
    let pass: SeparablePass
    let box: [Range<Int>]
    let terms: [Term]
    let factors: UnsafePointer<Float>
    let image: UnsafePointer<Float>
    let rings: UnsafeMutablePointer<Float>
    let ringStarts: [Int]
    let ringLengths: [Int]
    let row: UnsafeMutablePointer<Float>
    let constant: UnsafeMutablePointer<Float>
    let bias: Float
    let activation: StencilActivation

    private var last: Int { box.count - 1 }

    /// Filters along the axes from `axis` on, for one position along the axes before it.
    ///
    /// - Parameters:
    ///   - offset: Where that position's samples start in the image; `nil` in the constant.
    ///   - term: The outer product; `nil` for the sum of all.
    func combine(
      axis: Int, offset: Int?, term: Term?, into target: UnsafeMutablePointer<Float>,
      strides: [Int]
    ) {
      guard axis < last else { return filterRow(offset, term ?? terms[0], into: target) }
      let pass = pass
      let step = pass.convolution.dilation[axis]
      let taps = pass.taps[axis]
      let height = step == 1 ? min(taps, Int(StencilMaxRows)) : 1
      let slots = pass.reach[axis] + Int(StencilMaxRows)
      let inner = Array(pass.sizes[(axis + 1)...])
      let innerStrides = [Int](repeating: 0, count: axis + 1) + Shape(inner).strides
      let slotSize = inner.reduce(1, *)
      let planes = term.map { [$0] } ?? terms
      let imageStride = pass.domain.extents[(axis + 1)...].reduce(1, *)
      let ring = rings + ringStarts[axis]
      var filled = 0
      var first = 0
      let count = box[axis].count
      while first < count {
        let rows = min(height, count - first)
        while filled < first + rows + pass.reach[axis] {
          let from = pass.domain.sources[axis][box[axis].lowerBound + filled]
          let position = from < 0 ? nil : offset.map { $0 + from * imageStride }
          for (plane, term) in planes.enumerated() {
            combine(
              axis: axis + 1, offset: position, term: term,
              into: ring + plane * ringLengths[axis] + filled % slots * slotSize,
              strides: innerStrides)
          }
          filled += 1
        }
        withUnsafeTemporaryAllocation(
          of: UnsafePointer<Float>?.self, capacity: planes.count * (taps + rows - 1)
        ) { lines in
          Shape(box[(axis + 1)..<last].map(\.count)).forEachIndex { index in
            var (from, into) = (0, first * strides[axis])
            for (position, coordinate) in index.enumerated() {
              from += coordinate * innerStrides[axis + 1 + position]
              into += coordinate * strides[axis + 1 + position]
            }
            for plane in planes.indices {
              for line in 0..<taps + rows - 1 {
                let slot = (first + line * step) % slots
                lines[plane * (taps + rows - 1) + line] = UnsafePointer(
                  ring + plane * ringLengths[axis] + slot * slotSize + from)
              }
            }
            add(lines, axis: axis, rows: rows, planes: planes, target + into, strides[axis])
          }
        }
        first += rows
      }
    }

    /// Combines lines of the rings of one axis into output rows.
    private func add(
      _ lines: UnsafeMutableBufferPointer<UnsafePointer<Float>?>, axis: Int, rows: Int,
      planes: [Term], _ target: UnsafeMutablePointer<Float>, _ stride: Int
    ) {
      let taps = pass.taps[axis]
      let start = pass.taps[..<axis].reduce(0, +)
      withUnsafeTemporaryAllocation(of: UnsafeMutablePointer<Float>?.self, capacity: rows) {
        targets in
        withUnsafeTemporaryAllocation(of: Float.self, capacity: planes.count * taps) { weights in
          for row in 0..<rows { targets[row] = target + row * stride }
          for (plane, term) in planes.enumerated() {
            for tap in 0..<taps {
              weights[plane * taps + tap] = factors[term.factors + start + tap]
            }
          }
          var work = StencilRows()
          work.lines = lines.baseAddress.map { UnsafePointer($0) }
          work.weights = weights.baseAddress.map { UnsafePointer($0) }
          work.outputs = targets.baseAddress.map { UnsafePointer($0) }
          work.planes = planes.count
          work.tap_rows = taps
          work.tap_columns = 1
          work.column_step = 1
          work.rows = rows
          work.count = box[last].count
          work.readable = pass.sizes[last]
          work.bias = axis == 0 ? bias : 0
          work.activation = axis == 0 ? activation : StencilActivation(.identity)
          stencil_rows(&work)
        }
      }
    }

    /// Filters one row along the last axis.
    private func filterRow(
      _ offset: Int?, _ term: Term, into target: UnsafeMutablePointer<Float>
    ) {
      let (pass, columns) = (pass, box[last])
      let reach = pass.reach[last]
      let domain = pass.domain
      let extended = columns.lowerBound..<columns.upperBound + reach
      let interior = domain.interior[last]
      var start = UnsafePointer(constant)
      var readable = pass.sizes[last]
      if let offset {
        let imageCount = domain.extents.reduce(1, *)
        let samples = image + term.channel * imageCount + offset
        if interior.lowerBound <= extended.lowerBound, extended.upperBound <= interior.upperBound {
          start = samples + domain.sources[last][extended.lowerBound]
          readable = columns.count
        } else {
          domain.copyRow(samples, extended, into: row)
          (row + extended.count).update(repeating: 0, count: pass.rowLength - extended.count)
          start = UnsafePointer(row)
        }
      }
      var line: UnsafePointer<Float>? = start
      var output: UnsafeMutablePointer<Float>? = target
      withUnsafePointer(to: &line) { line in
        withUnsafePointer(to: &output) { output in
          var work = StencilRows()
          work.lines = line
          work.weights = factors + term.factors + pass.taps[..<last].reduce(0, +)
          work.outputs = output
          work.planes = 1
          work.tap_rows = 1
          work.tap_columns = pass.taps[last]
          work.column_step = pass.convolution.dilation[last]
          work.rows = 1
          work.count = columns.count
          work.readable = readable
          work.activation = StencilActivation(.identity)
          stencil_rows(&work)
        }
      }
    }
  }
}
