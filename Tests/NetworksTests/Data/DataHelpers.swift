import DataFiles
import Foundation
import Tensors
import Testing

@testable import Networks

/// Makes a folder and those above it.
func makeFolder(_ path: String) throws {
  try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
}

/// Random bytes.
func randomBytes(_ shape: Shape, seed: UInt64, below bound: Int = 256) -> Tensor<UInt8> {
  var source = RandomSource(seed: seed)
  return Tensor(shape: shape) { _ in UInt8(source.integer(below: bound)) }
}

/// Random numbers from 0 to 1.
func randomFloats(_ shape: Shape, seed: UInt64) -> Tensor<Float> {
  var source = RandomSource(seed: seed)
  return .uniform(shape: shape, using: &source)
}

/// Writes a grey picture `[y, x]` of bytes.
func writePicture(_ samples: Tensor<UInt8>, to path: String, bitDepth: Int = 8) throws {
  let shape = samples.rank == 2 ? samples.shape + [1] : samples.shape
  let image = try Image(
    samples: samples.map { UInt16($0) }.reshaped(to: shape), bitDepth: bitDepth)
  try image.write(to: path)
}
