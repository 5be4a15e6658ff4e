import Convolutions
import DataFiles
import Tensors

extension Weights where Scalar == Float {
  /// Writes all parameters under their names, `conv1.weight`, `conv1.bias` …, as a safetensors file.
  ///
  /// Python's `safetensors.numpy.load_file` reads it: a dictionary of arrays.
  ///
  /// - Throws: ``FiltersmithError`` of kind `file` when the system refuses.
  public func write(to path: String, metadata: [String: String] = [:]) throws(FiltersmithError) {
    try SafetensorsFile.write(try arrays(), metadata: metadata, to: path)
  }

  /// All parameters as arrays with their names, optionally with a prefix.
  func arrays(prefix: String = "") throws(FiltersmithError) -> [(name: String, array: DataArray)] {
    var arrays: [(name: String, array: DataArray)] = []
    for slot in slots {
      arrays.append((name: prefix + slot.name, array: DataArray(try tensor(slot.name))))
    }
    return arrays
  }

  /// Reads the parameters of a network from a safetensors file.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - network: The network that they belong to.
  ///   - fileName: The name of a parameter in the file, for files written by other software.
  /// - Throws: ``FiltersmithError`` when the file cannot be read, or a parameter is missing or has
  ///   another shape: it names the first.
  public init(
    contentsOf path: String, for network: Network, naming fileName: (String) -> String = { $0 }
  ) throws(FiltersmithError) {
    try self.init(
      try SafetensorsFile(contentsOf: path), for: network, name: path, naming: fileName)
  }

  /// Reads the parameters of a network from a file's arrays.
  init(
    _ file: SafetensorsFile, for network: Network, name: String, naming fileName: (String) -> String
  ) throws(FiltersmithError) {
    // The file's header is compared before there is memory for what the network asks for.
    for slot in Self.layout(of: network).slots {
      let array = fileName(slot.name)
      guard let shape = file.shape(of: array) else {
        throw FiltersmithError(
          .format, "\(name) has no array '\(array)', which the network needs")
      }
      guard shape == slot.shape else {
        throw FiltersmithError(
          .format,
          "\(name) has '\(array)' of shape \(shape); the network needs \(slot.shape)")
      }
    }
    try self.init(zerosFor: network)
    for slot in slots { try set(slot.name, to: try file.array(fileName(slot.name)).asFloat()) }
  }
}
