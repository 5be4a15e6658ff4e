import Tensors

/// How samples are read from files.
public struct ReadingOptions: Sendable, Hashable {
  /// How samples of different sizes are handled.
  public enum Fit: String, Sendable, Hashable, Codable, CaseIterable {
    /// They are rejected.
    case exact
    /// They are resized: by linear interpolation, averaging where they become smaller, and label maps
    /// by nearest neighbours.
    case resize
    /// Their centre is cut out.
    case crop
  }

  /// What the numbers of a label map mean.
  public enum LabelMeaning: String, Sendable, Hashable, Codable, CaseIterable {
    /// PNG files of 16 bits number objects, all other files classes.
    case automatic
    /// Each number is a class; classes are in the order of their numbers.
    case classes
    /// 0 is background, all other numbers are objects.
    case foreground
  }

  /// The spatial extents of all samples; unless given, those of the first file.
  public var size: Shape?
  /// How samples of other sizes are handled.
  public var fit = Fit.exact
  /// 1 for grey, 3 for red, green and blue; unless given, 3 where a picture has colours.
  public var channels: Int?
  /// What the numbers of a label map mean.
  public var labelMeaning = LabelMeaning.automatic
  /// How many bytes of decoded samples are kept in memory, for inputs and for label maps each.
  public var memory = 1 << 30

  /// Sizes must agree, colours are kept.
  public init() {}
}
