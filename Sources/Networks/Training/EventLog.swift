import DataFiles
import Foundation
import Tensors

/// The history of training as TensorBoard reads it: an event file of scalars.
///
/// The file is a sequence of records: length, its checksum, a protocol buffer, its checksum
/// (TensorFlow's TFRecord with `Event` messages).
enum EventLog {
  /// The bytes of an event file.
  static func bytes(_ history: [EpochRecord], measure: String) -> [UInt8] {
    var file: [UInt8] = []
    let start = history.first.map { $0.time - $0.seconds } ?? 0
    file += record(
      double(field: 1, start) + text(field: 3, "brain.Event:2"))
    for epoch in history {
      var scalars: [(String, Double)] = [
        ("loss/training", epoch.loss), ("\(measure)/training", epoch.measure),
        ("learningRate", epoch.learningRate),
      ]
      if let loss = epoch.validationLoss { scalars.append(("loss/validation", loss)) }
      if let value = epoch.validationMeasure { scalars.append(("\(measure)/validation", value)) }
      let summary = scalars.flatMap { name, value in
        message(field: 1, text(field: 1, name) + float(field: 2, Float(value)))
      }
      file += record(
        double(field: 1, epoch.time) + integer(field: 2, epoch.epoch)
          + message(field: 5, summary))
    }
    return file
  }

  private static func record(_ data: [UInt8]) -> [UInt8] {
    let length = littleEndian(UInt64(data.count))
    return length + littleEndian(masked(length)) + data + littleEndian(masked(data))
  }

  // MARK: Protocol buffers

  private static func key(_ field: Int, _ wireType: Int) -> [UInt8] {
    varint(UInt64(field << 3 | wireType))
  }

  private static func varint(_ value: UInt64) -> [UInt8] {
    var (value, bytes) = (value, [UInt8]())
    while value >= 128 {
      bytes.append(UInt8(value & 127) | 128)
      value >>= 7
    }
    return bytes + [UInt8(value)]
  }

  private static func integer(field: Int, _ value: Int) -> [UInt8] {
    key(field, 0) + varint(UInt64(value))
  }

  private static func double(field: Int, _ value: Double) -> [UInt8] {
    key(field, 1) + littleEndian(value.bitPattern)
  }

  private static func float(field: Int, _ value: Float) -> [UInt8] {
    key(field, 5) + littleEndian(value.bitPattern)
  }

  private static func message(field: Int, _ bytes: [UInt8]) -> [UInt8] {
    key(field, 2) + varint(UInt64(bytes.count)) + bytes
  }

  private static func text(field: Int, _ text: String) -> [UInt8] {
    message(field: field, Array(text.utf8))
  }

  private static func littleEndian(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }

  // MARK: Checksums

  /// CRC-32C, rotated and shifted as TFRecord requires.
  static func masked(_ bytes: [UInt8]) -> UInt32 {
    let checksum = checksum(bytes)
    return (checksum >> 15 | checksum << 17) &+ 0xA282_EAD8
  }

  /// CRC-32C (Castagnoli).
  static func checksum(_ bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(~0) { rest, byte in
      table[Int(UInt8(truncatingIfNeeded: rest) ^ byte)] ^ rest >> 8
    }
  }

  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { rest, _ in
      rest & 1 == 1 ? rest >> 1 ^ 0x82F6_3B78 : rest >> 1
    }
  }
}
