import DataFiles
import Foundation
import Numerics
import Tensors

/// Banks as NumPy's files.
///
/// | array of `bank.npz` | what it holds |
/// |---|---|
/// | `kernels` | complex128, or float64 of a real bank, `[filters, support…]`: impulse responses |
/// | `directions` | float64 `[filters, axes]`, unit vectors; `[filters, 0]` where there are none |
/// | `labels` | text `[filters]` |
/// | `design` | the parameters as JSON text, enough to design the bank again |
/// | `qualities` | the quality figures as JSON text, a list of one object per filter; `[]` without |
///
/// Texts are NumPy's `<U` type, so that `numpy.load` needs no pickle:
/// `json.loads(str(numpy.load("bank.npz")["design"]))`.
extension FilterBank {
  /// Reads a bank from a file.
  ///
  /// A `bank.npz` needs only `kernels`, of any numeric type; whatever else is missing is taken as unknown.
  /// A bare `.npy` file is read as its `kernels`.
  ///
  /// - Throws: ``FiltersmithError`` when the file cannot be read, is not such a file, or its arrays do
  ///   not fit each other.
  public init(contentsOf path: String) throws(FiltersmithError) {
    let file = try DataFile(path)
    switch file.kind {
    case .npy:
      let kernels = try Self.kernels(try file.array(), in: path)
      try self.init(kernels: kernels, named: path)
    case .npz:
      let archive = try file.archive()
      guard archive.names.contains("kernels") else {
        let others = archive.names.isEmpty ? "nothing" : archive.names.joined(separator: ", ")
        throw FiltersmithError(
          .format, "\(path) is not a filter bank: it holds no array 'kernels', but \(others)")
      }
      func array(_ name: String) throws(FiltersmithError) -> DataArray? {
        archive.names.contains(name) ? try archive.array(name) : nil
      }
      try self.init(
        kernels: try Self.kernels(try archive.array("kernels"), in: path),
        directions: try Self.directions(try array("directions"), in: path),
        design: try Self.design(try array("design"), in: path),
        labels: try Self.labels(try array("labels"), in: path),
        qualities: try Self.qualities(try array("qualities"), in: path), named: path)
    default:
      throw FiltersmithError(
        .format, "\(path) is not a filter bank; an NPZ file with an array 'kernels' was expected")
    }
  }

  /// Writes the bank as an NPZ file, which appears whole or not at all.
  ///
  /// - Throws: ``FiltersmithError`` when the system refuses.
  public func write(to path: String) throws(FiltersmithError) {
    try NPZFile.write(try arrays(), to: path)
  }

  /// The contents of a `bank.npz`, in the order of the file.
  public func arrays() throws(FiltersmithError) -> [(name: String, array: DataArray)] {
    let kernels: DataArray
    switch self.kernels {
    case .real(let tensor): kernels = DataArray(tensor)
    case .complex(let tensor): kernels = DataArray(tensor)
    }
    let directions = try Tensor(
      shape: [count, self.directions.isEmpty ? 0 : dimensions],
      elements: self.directions.flatMap { $0 })
    return [
      ("kernels", kernels), ("directions", DataArray(directions)),
      ("labels", DataArray(Tensor(labels))), ("design", DataArray(text: try design.json())),
      ("qualities", DataArray(text: try qualitiesText())),
    ]
  }

  private func qualitiesText() throws(FiltersmithError) -> String {
    do {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys]
      return String(decoding: try encoder.encode(qualities), as: UTF8.self)
    } catch {
      throw FiltersmithError(.numerical, "a quality figure of the bank is not finite")
    }
  }

  /// A bank whose arrays come from a file: what does not fit is reported as the file's error.
  private init(
    kernels: Kernels, directions: [[Double]] = [], design: BankDesign = .custom,
    labels: [String] = [], qualities: [FilterQuality] = [], named path: String
  ) throws(FiltersmithError) {
    do throws(FiltersmithError) {
      try self.init(
        kernels: kernels, directions: directions, design: design, labels: labels,
        qualities: qualities)
    } catch {
      throw FiltersmithError(.format, "\(path) is not a valid filter bank: \(error.message)")
    }
  }

  private static func kernels(
    _ array: DataArray, in path: String
  ) throws(FiltersmithError) -> Kernels {
    if case .text = array {
      throw FiltersmithError(.format, "\(path) is not a filter bank: its 'kernels' are text")
    }
    return array.isComplex ? .complex(try array.asComplex()) : .real(try array.asDouble())
  }

  private static func directions(
    _ array: DataArray?, in path: String
  ) throws(FiltersmithError) -> [[Double]] {
    guard let array, array.shape.elementCount > 0 else { return [] }
    guard array.shape.rank == 2, array.elementType != .text, !array.isComplex else {
      throw FiltersmithError(
        .format,
        "\(path) is not a valid filter bank: its 'directions' are \(array), not numbers [filters, axes]"
      )
    }
    let (elements, axes) = (try array.asDouble().elements, array.shape[1])
    return stride(from: 0, to: elements.count, by: axes).map { Array(elements[$0..<$0 + axes]) }
  }

  private static func labels(
    _ array: DataArray?, in path: String
  ) throws(FiltersmithError) -> [String] {
    guard let array else { return [] }
    guard case .text(let labels) = array, labels.rank == 1 else {
      throw FiltersmithError(
        .format, "\(path) is not a valid filter bank: its 'labels' are \(array), not text [filters]"
      )
    }
    return labels.elements
  }

  private static func design(
    _ array: DataArray?, in path: String
  ) throws(FiltersmithError) -> BankDesign {
    guard let text = try text(array, "design", in: path) else { return .custom }
    do throws(FiltersmithError) {
      return try BankDesign(json: text)
    } catch {
      throw FiltersmithError(.format, "\(path): \(error.message)")
    }
  }

  private static func qualities(
    _ array: DataArray?, in path: String
  ) throws(FiltersmithError) -> [FilterQuality] {
    guard let text = try text(array, "qualities", in: path) else { return [] }
    guard let qualities = try? JSONDecoder().decode([FilterQuality].self, from: Data(text.utf8))
    else {
      throw FiltersmithError(
        .format,
        "\(path) is not a valid filter bank: its 'qualities' are not the JSON text of figures"
      )
    }
    return qualities
  }

  private static func text(
    _ array: DataArray?, _ name: String, in path: String
  ) throws(FiltersmithError) -> String? {
    guard let array else { return nil }
    guard case .text(let tensor) = array, tensor.count == 1 else {
      throw FiltersmithError(
        .format, "\(path) is not a valid filter bank: its '\(name)' is \(array), not a single text")
    }
    return tensor.elements[0]
  }
}
