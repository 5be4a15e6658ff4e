/// A position on the page in points (1/72 inch), from the upper left corner, y downwards.
public struct Point: Sendable, Hashable {
  /// To the right.
  public var x: Double
  /// Downwards.
  public var y: Double

  /// A position on the page.
  public init(_ x: Double, _ y: Double) { (self.x, self.y) = (x, y) }
}

/// A width and a height in points.
public struct Size: Sendable, Hashable {
  /// To the right.
  public var width: Double
  /// Downwards.
  public var height: Double

  /// A width and a height.
  public init(_ width: Double, _ height: Double) { (self.width, self.height) = (width, height) }
}

/// An upright box on the page.
public struct Rectangle: Sendable, Hashable {
  /// The left edge.
  public var x: Double
  /// The upper edge.
  public var y: Double
  /// To the right.
  public var width: Double
  /// Downwards.
  public var height: Double

  /// A box from its upper left corner and its size.
  public init(x: Double, y: Double, width: Double, height: Double) {
    (self.x, self.y, self.width, self.height) = (x, y, width, height)
  }

  /// The right edge.
  public var right: Double { x + width }
  /// The lower edge.
  public var bottom: Double { y + height }
  /// The middle.
  public var center: Point { Point(x + width / 2, y + height / 2) }

  /// The box with some space removed at each side.
  public func inset(by insets: Insets) -> Rectangle {
    Rectangle(
      x: x + insets.left, y: y + insets.top, width: width - insets.left - insets.right,
      height: height - insets.top - insets.bottom)
  }
}

/// Space around a box, in points.
public struct Insets: Sendable, Hashable {
  /// Space above.
  public var top: Double
  /// Space at the left.
  public var left: Double
  /// Space below.
  public var bottom: Double
  /// Space at the right.
  public var right: Double

  /// Space at each side.
  public init(top: Double = 0, left: Double = 0, bottom: Double = 0, right: Double = 0) {
    (self.top, self.left, self.bottom, self.right) = (top, left, bottom, right)
  }

  /// The larger of the two at every side.
  func union(_ other: Insets) -> Insets {
    Insets(
      top: max(top, other.top), left: max(left, other.left), bottom: max(bottom, other.bottom),
      right: max(right, other.right))
  }
}
