import SIMDLoops
import Tensors

/// Sums of outer products of one-dimensional kernels, in single precision and with stride 1.
///
/// Boxes of outputs are computed so that intermediate results between two axes never leave the cache:
/// rows are filtered along x into a ring of rows, the ring's rows are combined along y into a plane of a
/// ring of planes, and so on. Along the first axis all terms of a filter are summed at once.
struct SeparablePass: Sendable {
  /// One outer product: a channel of the filter's group, and where its factors start.
  struct Term: Sendable, Hashable {
    let channel: Int
    let factors: Int
  }

  let convolution: Convolution
  let domain: ExtendedDomain
  /// Per axis: extents of the output, taps, and how far the taps reach.
  let outputs: [Int]
  let taps: [Int]
  let reach: [Int]
  /// The boxes of outputs that threads compute.
  let boxes: [[Range<Int>]]
  /// The largest extents of a box; along the last axis padded.
  let sizes: [Int]
  /// For each axis except the last: how many rows, planes, … of outputs are computed at a time, and how
  /// many of the following axes are kept for them.
  let steps: [Int]
  let slots: [Int]
  /// The most columns of a box that are copied together.
  let copiedColumns: Int

  /// The bytes that the rings of one box must not exceed by much.
  ///
  /// Rows of images are best whole, as long as the ring leaves room in a second-level cache of 512 KiB;
  /// rings of planes are best near the first-level cache.
  private static func ringBytes(rank: Int) -> Int { rank == 2 ? 400 << 10 : 96 << 10 }

  /// Some columns of a box, whose samples are read in the image or in copies.
  struct Segment: Sendable {
    let columns: Range<Int>
    let isDirect: Bool

    /// The columns near the image's edges separately, where that saves copying whole rows: as many as the
    /// widest block of the loops has, since narrow blocks are slow.
    static func segments(of columns: Range<Int>, reach: Int, interior: Range<Int>) -> [Segment] {
      let block = 192
      func whole(_ count: Int) -> Int { (count + block - 1) / block * block }
      let first = columns.lowerBound + whole(max(interior.lowerBound - columns.lowerBound, 0))
      let end = columns.upperBound - whole(max(columns.upperBound + reach - interior.upperBound, 0))
      guard end - first >= block || first..<max(end, first) == columns else {
        return [Segment(columns: columns, isDirect: false)]
      }
      return [
        Segment(columns: columns.lowerBound..<first, isDirect: false),
        Segment(columns: first..<end, isDirect: true),
        Segment(columns: end..<columns.upperBound, isDirect: false),
      ].filter { !$0.columns.isEmpty }
    }
  }

  /// Outputs along an axis that are computed at a time: several whole blocks of the loops.
  private static func step(_ taps: Int, dilation: Int) -> Int {
    guard dilation == 1 else { return 1 }
    let block = min(taps, Int(StencilMaxRows))
    return 12 / block * block
  }

  /// - Parameter terms: The most outer products of a filter, over all channels.
  init(_ convolution: Convolution, terms: Int) {
    let rank = convolution.spatialRank
    self.convolution = convolution
    domain = ExtendedDomain(convolution)
    let outputs = Array(convolution.output.dimensions.suffix(rank))
    let taps = Array(convolution.kernel.dimensions.suffix(rank))
    let reach = zip(taps, convolution.dilation).map { ($0 - 1) * $1 }
    var sizes = outputs
    // Along the first axis a box may be long; the overlap with its neighbours is computed twice.
    let most = rank == 2 ? max(192, 12 * reach[0]) : max(24, 6 * reach[0])
    let parts = (outputs[0] + most - 1) / most
    sizes[0] = min(outputs[0], ((outputs[0] + parts - 1) / parts + 11) / 12 * 12)
    let least = (0..<rank).map { $0 == rank - 1 ? 256 : 8 }
    func ringFloats() -> Int {
      var floats = 0
      var inner = sizes[rank - 1]
      for axis in (0..<rank - 1).reversed() {
        let step = Self.step(taps[axis], dilation: convolution.dilation[axis])
        floats += (reach[axis] + step) * inner * (axis == 0 ? terms : 1)
        inner *= sizes[axis]
      }
      return floats
    }
    while ringFloats() * MemoryLayout<Float>.stride > Self.ringBytes(rank: rank),
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
    steps = (0..<rank - 1).map { Self.step(taps[$0], dilation: convolution.dilation[$0]) }
    slots = zip(reach, steps).map { $0 + $1 }
    let (domain, last) = (domain, rank - 1)
    copiedColumns =
      Set(boxes.map { $0[last] }).flatMap { columns in
        Segment.segments(of: columns, reach: reach[last], interior: domain.interior[last])
      }.map { $0.isDirect ? 0 : $0.columns.count }.max() ?? 0
    // An odd number of cache lines, so that rows do not compete for the same cache lines.
    sizes[rank - 1] = (sizes[rank - 1] + 31) / 32 * 32 + 16
    self.sizes = sizes
  }

  /// Rows and multiply-adds of all passes for one outer product, including those of overlapping boxes;
  /// multiply-adds fill whole vectors.
  var work: (rows: Int, products: Int) {
    let lanes = Int(simd_float_lanes())
    var work = (rows: 0, products: 0)
    for box in boxes {
      let last = box.count - 1
      let columns = (box[last].count + lanes - 1) / lanes * lanes
      var outer = 1
      for axis in box.indices {
        let rows = axis == last ? outer : outer * box[axis..<last].reduce(1) { $0 * $1.count }
        work.rows += rows
        work.products += rows * columns * taps[axis]
        outer *= box[axis].count + reach[axis]
      }
    }
    return work
  }

  /// The bytes of scratch memory of one thread.
  func scratchBytes(terms: Int) -> Int {
    let memory = Memory(self, terms: terms)
    return memory.count * MemoryLayout<Float>.stride
      + memory.pointers * MemoryLayout<UnsafePointer<Float>?>.stride
  }

  /// - Parameters:
  ///   - factors: The factors of all terms, axis by axis for each term, with those of all axes except the
  ///     last reversed, as the loops read them.
  ///   - terms: The terms of each filter.
  func run(
    _ input: UnsafePointer<Float>, factors: UnsafePointer<Float>, terms: [[Term]],
    _ output: UnsafeMutablePointer<Float>, _ epilogue: Epilogue<Float>
  ) {
    let counts = convolution.counts
    let source = ReadOnlyPointer(input)
    let factors = ReadOnlyPointer(factors)
    let target = SharedPointer(output)
    let imageCount = domain.extents.reduce(1, *)
    let outputCount = outputs.reduce(1, *)
    let strides = Shape(outputs).strides
    parallelFor(counts.batch * counts.filters * boxes.count) { piece in
      // Filters that share their input compute the same box one after another.
      let filter = piece % counts.filters
      let box = boxes[piece / counts.filters % boxes.count]
      let batch = piece / counts.filters / boxes.count
      let group = filter / counts.filtersPerGroup
      let start = zip(box, strides).reduce(0) { $0 + $1.0.lowerBound * $1.1 }
      let place = target.pointer + (batch * counts.filters + filter) * outputCount + start
      let image =
        source.pointer + (batch * counts.channels + group * counts.channelsPerGroup) * imageCount
      let memory = Memory(self, terms: terms[filter].count)
      withScratch(Float.self, count: memory.count) { floats in
        withScratch(UnsafePointer<Float>?.self, count: memory.pointers) { pointers in
          Worker(
            pass: self, box: box, terms: terms[filter], factors: factors.pointer, image: image,
            memory: memory, floats: floats, pointers: pointers, target: place,
            bias: epilogue.bias?[filter] ?? 0, activation: StencilActivation(epilogue.activation)
          ).run(into: place, strides: strides)
        }
      }
    }
  }
}
