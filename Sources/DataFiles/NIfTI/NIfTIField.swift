/// The offset and type of a field in the headers of NIfTI-1 and NIfTI-2.
///
/// Names are those of `nifti1.h` and `nifti2.h`.
struct NIfTIField: Sendable {
  /// The encoding of numbers or text.
  enum Format: Sendable {
    case int8, int16, int32, int64, float32, float64, text

    var byteCount: Int {
      switch self {
      case .int8, .text: 1
      case .int16: 2
      case .int32, .float32: 4
      case .int64, .float64: 8
      }
    }
  }

  /// The name in the standard.
  let name: String
  /// The number of values, or bytes of text.
  let count: Int
  private let first: (offset: Int, format: Format)
  private let second: (offset: Int, format: Format)

  private init(
    _ name: String, _ first: (Int, Format), _ second: (Int, Format), count: Int = 1
  ) {
    self.name = name
    self.count = count
    self.first = first
    self.second = second
  }

  /// The offset and encoding in a header of a version.
  func place(in version: NIfTIHeader.Version) -> (offset: Int, format: Format) {
    version == .nifti1 ? first : second
  }

  static let dimensionInfo = NIfTIField("dim_info", (39, .int8), (524, .int8))
  static let dimensions = NIfTIField("dim", (40, .int16), (16, .int64), count: 8)
  static let intentParameters = NIfTIField("intent_p", (56, .float32), (80, .float64), count: 3)
  static let intentCode = NIfTIField("intent_code", (68, .int16), (504, .int32))
  static let dataType = NIfTIField("datatype", (70, .int16), (12, .int16))
  static let bitsPerVoxel = NIfTIField("bitpix", (72, .int16), (14, .int16))
  static let sliceStart = NIfTIField("slice_start", (74, .int16), (224, .int64))
  static let pixelDimensions = NIfTIField("pixdim", (76, .float32), (104, .float64), count: 8)
  static let voxelOffset = NIfTIField("vox_offset", (108, .float32), (168, .int64))
  static let slope = NIfTIField("scl_slope", (112, .float32), (176, .float64))
  static let intercept = NIfTIField("scl_inter", (116, .float32), (184, .float64))
  static let sliceEnd = NIfTIField("slice_end", (120, .int16), (232, .int64))
  static let sliceCode = NIfTIField("slice_code", (122, .int8), (496, .int32))
  static let units = NIfTIField("xyzt_units", (123, .int8), (500, .int32))
  static let displayMaximum = NIfTIField("cal_max", (124, .float32), (192, .float64))
  static let displayMinimum = NIfTIField("cal_min", (128, .float32), (200, .float64))
  static let sliceDuration = NIfTIField("slice_duration", (132, .float32), (208, .float64))
  static let timeOffset = NIfTIField("toffset", (136, .float32), (216, .float64))
  static let comment = NIfTIField("descrip", (148, .text), (240, .text), count: 80)
  static let auxiliaryFile = NIfTIField("aux_file", (228, .text), (320, .text), count: 24)
  static let qformCode = NIfTIField("qform_code", (252, .int16), (344, .int32))
  static let sformCode = NIfTIField("sform_code", (254, .int16), (348, .int32))
  static let quaternion = NIfTIField("quatern", (256, .float32), (352, .float64), count: 3)
  static let qformOffset = NIfTIField("qoffset", (268, .float32), (376, .float64), count: 3)
  static let sform = NIfTIField("srow", (280, .float32), (400, .float64), count: 12)
  static let intentName = NIfTIField("intent_name", (328, .text), (508, .text), count: 16)
}
