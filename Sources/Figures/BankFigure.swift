import FilterDesign
import Foundation
import Numerics
import Tensors

/// The picture of a filter bank: every filter in the spatial and in the frequency domain, with its
/// direction and quality figures.
///
/// Coefficients are blue below and red above a white zero, on one symmetric scale; magnitudes run
/// from zero in dark violet to the peak in yellow, with the ideal on the same scale beside them.
/// Filters with one axis are drawn as stems and lines; those with three or four axes as the planes
/// through the origin that each pair of axes spans.
public struct BankFigure: Sendable {
  /// The frequency function a filter was designed to have: filter number and frequency in
  /// rad/sample, array order.
  public typealias Ideal = @Sendable (_ filter: Int, _ frequency: [Double]) -> Complex<Double>

  /// How colours are scaled in the panels of different filters.
  public enum Scale: String, Sendable, Hashable, CaseIterable {
    /// One scale for all filters.
    case shared
    /// The whole range of colours for every filter, with its scale stated below it.
    case perFilter
    /// Shared unless the filters' peaks are more than a factor of three apart.
    case automatic
  }

  /// The filters.
  public var bank: FilterBank
  /// Their ideals; `nil` where there are none.
  public var ideal: Ideal?
  /// How colours are scaled.
  public var scale: Scale
  /// The title above the figure.
  public var title: String
  /// The number of filters side by side; `nil` for a page a little wider than tall.
  public var columns: Int?

  /// The picture of a bank.
  ///
  /// - Parameters:
  ///   - ideal: The filters' ideals; taken from the bank's design when `nil`, which
  ///     knows it for quadrature and monomial filters.
  ///   - title: The title; the family, number and support of the filters when `nil`.
  public init(
    _ bank: FilterBank, ideal: Ideal? = nil, scale: Scale = .automatic, title: String? = nil,
    columns: Int? = nil
  ) {
    self.bank = bank
    self.ideal = ideal ?? bank.ideal
    self.scale = scale
    self.title = title ?? BankText.title(of: bank)
    self.columns = columns
  }

  /// The figure, ready to be written.
  ///
  /// - Throws: ``FiltersmithError`` when the bank cannot be drawn.
  public func figure() throws(FiltersmithError) -> Figure {
    bank.dimensions == 1 ? try profileFigure() : try planeFigure()
  }

  /// Writes the figure as PNG, SVG or PDF, by the path's ending.
  ///
  /// - Throws: ``FiltersmithError`` for another ending, or when the file cannot be written.
  public func write(to path: String, pixelsPerInch: Double = 144) throws(FiltersmithError) {
    // A wrong ending is found before time is spent on drawing.
    _ = try FigureFormat(path: path)
    try figure().write(to: path, pixelsPerInch: pixelsPerInch)
  }
}

extension BankFigure {
  /// The values to show of one filter, before scales are known.
  struct Parts {
    /// Real kernel slices: even and odd of a complex filter, or the kernel of a real one; by plane.
    var spatial: [[Tensor<Double>]]
    /// Magnitudes of the filter and of its ideal, by plane.
    var frequency: [[Tensor<Double>]]

    var spatialPeak: Double { Self.peak(spatial) }
    var frequencyPeak: Double { Self.peak(frequency) }

    private static func peak(_ tensors: [[Tensor<Double>]]) -> Double {
      tensors.joined().map { tensor in
        tensor.elements.reduce(0) { max($0, abs($1)) }
      }.max() ?? 0
    }
  }

  /// The values along `planes` of axes, each of one or two axes.
  func parts(
    of filter: Int, planes: [[Int]], samples: Int
  ) throws(FiltersmithError) -> Parts {
    let kernel = try bank.complexKernels.selected(axis: 0, at: filter)
    let frequencies = Self.frequencies(samples)
    var parts = Parts(spatial: [], frequency: [])
    for axes in planes {
      let extents = Shape(axes.map { kernel.shape[$0] })
      // The samples at x = 0 along the other axes.
      let slice = try kernel.sliced(
        kernel.shape.enumerated().map { axis, taps in
          axes.contains(axis) ? 0..<taps : taps / 2..<taps / 2 + 1
        }
      ).reshaped(to: extents)
      parts.spatial.append(
        bank.isComplex ? [slice.realPart(), slice.imaginaryPart()] : [slice.realPart()])
      let grid = kernel.shape.indices.map { axes.contains($0) ? frequencies : [0] }
      let plane = Shape(axes.map { _ in samples })
      var magnitudes: [Tensor<Double>] = [
        try bank[filter].frequencyResponse(along: grid).reshaped(to: plane).magnitude()
      ]
      if let ideal {
        magnitudes.append(
          Tensor(shape: plane) { index in
            var frequency = [Double](repeating: 0, count: bank.dimensions)
            for (axis, bin) in Swift.zip(axes, index) { frequency[axis] = frequencies[bin] }
            return ideal(filter, frequency).length
          })
      }
      parts.frequency.append(magnitudes)
    }
    return parts
  }

  /// Frequencies from −π to π, both included, in rad/sample.
  static func frequencies(_ count: Int) -> [Double] {
    (0..<count).map { Double.pi * (2 * Double($0) / Double(count - 1) - 1) }
  }

  /// Whether one scale serves all peaks.
  func sharesScale(_ peaks: [Double]) -> Bool {
    switch scale {
    case .shared: return true
    case .perFilter: return false
    case .automatic:
      guard let smallest = peaks.min(), let largest = peaks.max() else { return true }
      return largest <= 3 * smallest
    }
  }

  /// The peak each filter's colours are scaled by; 1 where a filter is all zero.
  func scales(_ peaks: [Double]) -> [Double] {
    let largest = peaks.max() ?? 1
    return peaks.map { peak in
      let scale = sharesScale(peaks) ? largest : peak
      return scale > 0 ? scale : 1
    }
  }

  /// The names of the panels of the spatial domain.
  var spatialNames: [String] { bank.isComplex ? ["even", "odd"] : ["kernel"] }
  /// The names of the panels of the frequency domain.
  var frequencyNames: [String] { ideal == nil ? ["|F|"] : ["|F|", "ideal"] }
}
