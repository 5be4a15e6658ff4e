import SIMDLoops

/// A kernel as the SIMD stencils read it: which filters are computed together, and their weights in
/// the order in which the loops take them.
///
/// A filter and its point reflection agree if it is even, f(−x) = f(x), and differ in sign if it is
/// odd. Pairs of one even and one odd filter, the parts of quadrature filters, use sums and
/// differences of mirrored samples and half the multiply-adds.
struct StencilKernel: Sendable {
  /// Filters that are computed together.
  enum Job: Sendable, Hashable {
    /// One filter by itself.
    case single(Int)
    /// Even filters and as many odd ones.
    case pairs(even: [Int], odd: [Int])
  }

  /// Its jobs, and where the weights of each start.
  let jobs: [(job: Job, weights: Int)]

  /// Reads what ``encode(_:convolution:)`` wrote.
  init(layout: [Int]) {
    var jobs: [(job: Job, weights: Int)] = []
    var position = 0
    while position < layout.count {
      let (weights, pairs) = (layout[position], layout[position + 1])
      let filters = layout[(position + 2)...]
      if pairs == 0 {
        jobs.append((.single(filters[filters.startIndex]), weights))
        position += 3
      } else {
        jobs.append(
          (
            .pairs(
              even: Array(filters.prefix(pairs)), odd: Array(filters.dropFirst(pairs).prefix(pairs))
            ), weights
          ))
        position += 2 + 2 * pairs
      }
    }
    self.jobs = jobs
  }

  /// The weights of a kernel in the order of its jobs, and the jobs as numbers.
  static func encode<Scalar: ConvolutionScalar>(
    _ kernel: UnsafePointer<Scalar>, convolution: Convolution
  ) -> PreparedKernel<Scalar> {
    let geometry = TapGeometry(convolution)
    var (values, layout): ([Scalar], [Int]) = ([], [])
    for job in jobs(for: kernel, convolution: convolution) {
      layout.append(values.count)
      switch job {
      case .single(let filter):
        layout += [0, filter]
        let taps = kernel + filter * geometry.count
        for plane in 0..<geometry.planes {
          for column in 0..<geometry.columns {
            for row in (0..<geometry.rows).reversed() {
              values.append(taps[(plane * geometry.rows + row) * geometry.columns + column])
            }
          }
        }
      case .pairs(let even, let odd):
        layout += [even.count] + even + odd
        // The loops treat the lines of all planes of a channel as one sequence.
        let size = geometry.count / convolution.kernel[1]
        for channel in 0..<convolution.kernel[1] {
          for tap in 0..<(size + 1) / 2 {
            for filter in even + odd {
              values.append(kernel[filter * geometry.count + channel * size + tap])
            }
          }
        }
      }
    }
    return PreparedKernel(values, layout: layout)
  }

  /// Which filters are computed together.
  static func jobs<Scalar: ConvolutionScalar>(
    for kernel: UnsafePointer<Scalar>, convolution: Convolution
  ) -> [Job] {
    let count = convolution.kernel.dimensions.dropFirst().reduce(1, *)
    let size = count / convolution.kernel[1]
    let perGroup = convolution.kernel[0] / convolution.groups
    var jobs: [Job] = []
    for first in stride(from: 0, to: convolution.kernel[0], by: perGroup) {
      let filters = first..<first + perGroup
      let signs = filters.map { filter in
        symmetry(of: kernel + filter * count, channels: convolution.kernel[1], size: size)
      }
      var pairs: [(even: Int, odd: Int)] = []
      // Neighbours first, since pairs are combined as neighbours.
      var left: [Int] = []
      var filter = first
      while filter < filters.upperBound {
        let next = filter + 1
        let sign = signs[filter - first]
        if (filter - first) % 2 == 0, next < filters.upperBound, sign != 0,
          signs[next - first] == -sign
        {
          pairs.append(sign > 0 ? (filter, next) : (next, filter))
          filter += 2
        } else {
          left.append(filter)
          filter += 1
        }
      }
      while !pairs.isEmpty {
        let together = pairs.prefix(Int(StencilMaxPairs))
        jobs.append(.pairs(even: together.map(\.even), odd: together.map(\.odd)))
        pairs.removeFirst(together.count)
      }
      jobs += left.map { .single($0) }
    }
    return jobs
  }

  /// 1 for an even filter, −1 for an odd one, 0 for others: exactly, in every coefficient.
  private static func symmetry<Scalar: ConvolutionScalar>(
    of filter: UnsafePointer<Scalar>, channels: Int, size: Int
  ) -> Scalar {
    var (isEven, isOdd) = (true, true)
    for channel in 0..<channels {
      let taps = filter + channel * size
      for tap in 0..<(size + 1) / 2 {
        let (one, other) = (taps[tap], taps[size - 1 - tap])
        isEven = isEven && one == other
        isOdd = isOdd && one == -other
      }
    }
    return isEven ? 1 : isOdd ? -1 : 0
  }
}

/// The taps of one filter as planes of rows of columns: the last two axes, and all others.
struct TapGeometry: Sendable, Hashable {
  let planes: Int
  let rows: Int
  let columns: Int
  var count: Int { planes * rows * columns }

  init(_ convolution: Convolution) {
    let taps = Array(convolution.kernel.dimensions.dropFirst())
    columns = taps[taps.count - 1]
    rows = taps.count > 2 ? taps[taps.count - 2] : 1
    planes = taps.dropLast(taps.count > 2 ? 2 : 1).reduce(1, *)
  }
}
