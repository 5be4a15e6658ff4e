import Tensors

/// A flat neighbourhood: which samples around a sample belong to it.
public struct StructuringElement: Sendable, Hashable {
  /// What kind of neighbourhood it is; boxes are processed axis by axis.
  private enum Form: Sendable, Hashable {
    case box
    case mask
  }

  /// The extents of the box around the neighbourhood.
  public let extents: [Int]
  /// Which samples of that box belong to it.
  public let members: Tensor<Bool>
  /// Whether all of them do.
  public var isBox: Bool { form == .box }
  private let form: Form

  /// The number of axes.
  public var dimensions: Int { extents.count }
  /// How many samples belong to it.
  public let count: Int

  /// A neighbourhood given by its members; its center is sample n/2, rounded down, along each axis.
  ///
  /// - Throws: ``FiltersmithError`` for no axes or no member.
  public init(members: Tensor<Bool>) throws(FiltersmithError) {
    let count = members.elements.reduce(0) { $0 + ($1 ? 1 : 0) }
    guard members.rank >= 1, count > 0 else {
      throw FiltersmithError(
        .argument, "a structuring element of shape \(members.shape) has no members")
    }
    extents = members.shape.dimensions
    self.members = members
    self.count = count
    form = count == members.count ? .box : .mask
  }

  /// A box of one extent per axis.
  ///
  /// - Throws: ``FiltersmithError`` for no axes or an extent below 1.
  public static func box(_ extents: [Int]) throws(FiltersmithError) -> StructuringElement {
    guard !extents.isEmpty, extents.allSatisfy({ $0 >= 1 }) else {
      throw FiltersmithError(.argument, "a box has extents from 1 up; given \(extents)")
    }
    return try StructuringElement(
      members: Tensor(repeating: true, shape: checked(extents)))
  }

  /// The nearest neighbours: those that differ along at most `connectivity` axes; 1 is a cross, the
  /// number of axes a box of 3.
  ///
  /// - Throws: ``FiltersmithError`` for a connectivity that is not from 1 to the number of axes.
  public static func neighbors(
    connectivity: Int = 1, dimensions: Int
  ) throws(FiltersmithError) -> StructuringElement {
    guard dimensions >= 1, (1...dimensions).contains(connectivity) else {
      throw FiltersmithError(
        .argument,
        "connectivity \(connectivity) in \(dimensions) axes; 1 to \(dimensions) was expected")
    }
    return try StructuringElement(
      members: Tensor(shape: Shape(Array(repeating: 3, count: dimensions))) { index in
        index.reduce(0) { $0 + ($1 == 1 ? 0 : 1) } <= connectivity
      })
  }

  /// A ball (in 2D a disk): all samples whose distance from the center is at most the radius.
  ///
  /// - Parameters:
  ///   - radius: In the unit of the spacing.
  ///   - spacing: The distances between samples, one per axis.
  /// - Throws: ``FiltersmithError`` for no axes, a negative radius or a distance that is not positive.
  public static func ball(
    radius: Double, spacing: [Double]
  ) throws(FiltersmithError) -> StructuringElement {
    guard !spacing.isEmpty, spacing.allSatisfy({ $0 > 0 }), radius >= 0,
      spacing.allSatisfy({ radius / $0 < 1e6 })
    else {
      throw FiltersmithError(
        .argument, "a ball of radius \(radius) with spacing \(spacing) has no sensible size")
    }
    let reach = spacing.map { Int((radius / $0).rounded(.down)) }
    let shape = try checked(reach.map { 2 * $0 + 1 })
    return try StructuringElement(
      members: Tensor(shape: shape) { index in
        let square = index.indices.reduce(0.0) { sum, axis in
          let distance = Double(index[axis] - reach[axis]) * spacing[axis]
          return sum + distance * distance
        }
        return square <= radius * radius * (1 + 1e-12)
      })
  }

  /// The extents as a shape that fits memory.
  private static func checked(_ extents: [Int]) throws(FiltersmithError) -> Shape {
    let shape = try Shape(checking: extents)
    guard shape.elementCount <= 1 << 24 else {
      throw FiltersmithError(
        .limit, "a neighborhood of \(extents) samples is too large; at most \(1 << 24) are taken")
    }
    return shape
  }

  /// The members' positions relative to the center.
  var offsets: [[Int]] {
    var offsets: [[Int]] = []
    members.shape.forEachIndex { index in
      if members[index] { offsets.append(zip(index, extents).map { $0 - $1 / 2 }) }
    }
    return offsets
  }

  /// How far it extends before and after its center.
  var reach: (before: [Int], after: [Int]) {
    (extents.map { $0 / 2 }, extents.map { $0 - 1 - $0 / 2 })
  }

  /// The neighbourhood reflected at its center.
  var reflected: [[Int]] { offsets.map { $0.map { -$0 } } }
}
