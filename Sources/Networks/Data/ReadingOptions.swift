import Tensors

/// How samples are read from files.
public struct ReadingOptions: Sendable, Hashable {
  /// What is done with samples of different sizes.
  public enum Fit: String, Sendable, Hashable, Codable, CaseIterable {
    /// They are refused.
    case exact
    /// They are resized: by linear interpolation, averaging where they become smaller, and label maps
    /// by nearest neighbours.
    case resize
    /// Their middle is cut out.
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

  /// The spatial extents that all samples get; unless given, those of the first file.
  public var size: Shape?
  /// What is done with samples of other sizes.
  public var fit = Fit.exact
  /// 1 for grey, 3 for red, green and blue; unless given, 3 where a picture has colours.
  public var channels: Int?
  /// What the numbers of a label map mean.
  public var labelMeaning = LabelMeaning.automatic
  /// How many bytes of samples decoded from files are kept in memory, of inputs and of label maps each.
  public var memory = 1 << 30

  /// Sizes must agree, colours are kept.
  public init() {}
}
