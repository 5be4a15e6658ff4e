import ArgumentParser
import Filtersmith

/// The certainty of an image's samples.
struct CertaintyOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      The certainty of each sample: an image of numbers from 0 (missing) to 1, or 'finite' for \
      images whose missing samples are NaN (default: all are certain).
      """, valueName: "image|finite"))
  var mask: String?

  /// The image with its certainty; `nil` where all samples count alike.
  ///
  /// - Throws: ``FiltersmithError`` when the mask cannot be read or does not fit.
  func apply(to file: ImageFile) throws(FiltersmithError) -> MaskedImage? {
    guard let mask else { return nil }
    if mask == "finite" { return try MaskedImage(file.image) }
    return try MaskedImage(file.image, certainty: ImageFile(mask).image)
  }

  /// Whether samples may be NaN.
  var allowsMissing: Bool { mask != nil }
}
