import Convolutions
import Tensors

extension Workload {
  /// All workloads: filters, banks, volumes, smoothing, layers.
  public static let all: [Workload] = {
    do throws(FiltersmithError) {
      return try filters() + banks() + smoothing() + layers()
    } catch {
      // Every description below is a constant of the program.
      preconditionFailure(error.message)
    }
  }()

  /// One dense kernel on a large and on a small image.
  private static func filters() throws(FiltersmithError) -> [Workload] {
    var workloads: [Workload] = []
    for (prefix, extent) in [("filter", 2048), ("filter512", 512)] {
      for taps in [3, 5, 7, 9, 11, 15, 21, 31, 63] {
        workloads.append(
          Workload(
            "\(prefix)-\(taps)", "one dense kernel of \(taps) × \(taps) on \(extent)²",
            kind: .dense,
            convolution: try Convolution(
              input: [1, 1, extent, extent], kernel: [1, 1, taps, taps], border: .mirror)))
      }
    }
    return workloads
  }

  /// Banks of complex quadrature filters on images, volumes and sequences of volumes.
  private static func banks() throws(FiltersmithError) -> [Workload] {
    let families: [(name: String, filters: Int, extents: Shape, taps: [Int])] = [
      ("bank", 4, [2048, 2048], [9, 11, 15]),
      ("volume", 6, [128, 128, 128], [7, 9]),
      ("spacetime", 12, [20, 32, 64, 64], [5, 7]),
    ]
    var workloads: [Workload] = []
    for (name, filters, extents, sizes) in families {
      for taps in sizes {
        let support = [Int](repeating: taps, count: extents.rank)
        let convolution = try Convolution(
          input: [1, 1] + extents, kernel: Shape([2 * filters, 1] + support), border: .mirror)
        for combinesPairs in [false, true] {
          workloads.append(
            Workload(
              "\(name)-\(taps)" + (combinesPairs ? "-magnitude" : ""),
              "\(filters) complex quadrature filters of \(taps) taps per axis on \(extents)"
                + (combinesPairs ? ", magnitudes" : ", responses"),
              kind: .quadrature, convolution: convolution, combinesPairs: combinesPairs))
        }
      }
    }
    return workloads
  }

  private static func smoothing() throws(FiltersmithError) -> [Workload] {
    var workloads: [Workload] = []
    for deviation in [1, 3, 10] {
      let taps = 8 * deviation + 1
      workloads.append(
        Workload(
          "gaussian-\(deviation)", "Gaussian, σ = \(deviation), cut off at 4 σ, on 2048²",
          kind: .gaussian(deviation: Double(deviation)),
          convolution: try Convolution(
            input: [1, 1, 2048, 2048], kernel: [1, 1, taps, taps], border: .mirror),
          productsPerOutput: 2 * taps))
    }
    workloads.append(
      Workload(
        "sobel", "Sobel's derivatives along y and x on 2048²", kind: .sobel,
        convolution: try Convolution(
          input: [1, 1, 2048, 2048], kernel: [2, 1, 3, 3], border: .mirror),
        productsPerOutput: 6))
    return workloads
  }

  /// Layers of networks, each with its three maps.
  ///
  /// Zeros around the input keep its extents.
  private static func layers() throws(FiltersmithError) -> [Workload] {
    let descriptions: [(input: Shape, filters: Int, taps: [Int], stride: Int, groups: Int)] = [
      ([64, 1, 28, 28], 32, [5, 5], 1, 1),
      ([64, 32, 14, 14], 64, [5, 5], 1, 1),
      ([32, 3, 32, 32], 32, [3, 3], 1, 1),
      ([8, 64, 56, 56], 64, [3, 3], 1, 1),
      ([8, 128, 28, 28], 128, [3, 3], 1, 1),
      ([8, 256, 14, 14], 256, [3, 3], 1, 1),
      ([1, 3, 224, 224], 64, [7, 7], 2, 1),
      ([8, 256, 56, 56], 64, [1, 1], 1, 1),
      ([1, 64, 224, 224], 64, [3, 3], 1, 1),
      ([8, 128, 56, 56], 128, [3, 3], 1, 128),
      ([4, 16, 32, 32, 32], 32, [3, 3, 3], 1, 1),
      ([32, 16, 4096], 32, [9], 1, 1),
      ([1, 8, 16, 16, 16, 16], 16, [3, 3, 3, 3], 1, 1),
    ]
    var workloads: [Workload] = []
    for (input, filters, taps, stride, groups) in descriptions {
      let convolution = try Convolution(
        input: input, kernel: Shape([filters, input[1] / groups] + taps),
        padding: .symmetric(taps.map { $0 / 2 }),
        stride: [Int](repeating: stride, count: taps.count), groups: groups)
      func joined(_ extents: [Int]) -> String { extents.map(String.init).joined(separator: "x") }
      let name =
        "layer-\(joined(input.dimensions))-\(filters)-\(joined(taps))"
        + (stride > 1 ? "-stride\(stride)" : "") + (groups > 1 ? "-depthwise" : "")
      let maps: [(LinearMap, name: String, words: String)] = [
        (.forward, "forward", "forward"), (.inputGradient, "input-gradient", "input gradient"),
        (.kernelGradient, "kernel-gradient", "kernel gradient"),
      ]
      for (map, suffix, words) in maps {
        workloads.append(
          Workload(
            "\(name)-\(suffix)",
            "\(input) → \(filters) with \(joined(taps))"
              + (stride > 1 ? ", stride \(stride)" : "") + (groups > 1 ? ", depthwise" : "")
              + ", \(words)",
            kind: .layer, convolution: convolution, map: map))
      }
    }
    return workloads
  }
}
