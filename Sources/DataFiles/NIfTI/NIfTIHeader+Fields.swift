import Tensors

/// A unit that a NIfTI header gives for lengths.
public enum NIfTILengthUnit: Int, Sendable, Hashable, CaseIterable {
  /// The header does not say; millimetres are customary.
  case unknown = 0
  /// Metres.
  case meter = 1
  /// Millimetres.
  case millimeter = 2
  /// Micrometres.
  case micrometer = 3

  /// The unit in millimetres; an unknown one is taken as millimetres.
  public var millimeters: Double {
    switch self {
    case .unknown, .millimeter: 1
    case .meter: 1000
    case .micrometer: 0.001
    }
  }
}

/// A unit that a NIfTI header gives for the fourth axis.
public enum NIfTITimeUnit: Int, Sendable, Hashable, CaseIterable {
  /// The header does not say.
  case unknown = 0
  /// Seconds.
  case second = 8
  /// Milliseconds.
  case millisecond = 16
  /// Microseconds.
  case microsecond = 24
  /// Hertz: the axis is one of frequencies.
  case hertz = 32
  /// Parts per million: the axis is one of chemical shifts.
  case partsPerMillion = 40
  /// Radians per second: the axis is one of angular frequencies.
  case radiansPerSecond = 48
}

extension NIfTIHeader {
  /// The extents in the file's order, x first (`dim`).
  public var dimensions: [Int] {
    let all = integers(.dimensions)
    return Array(all[1...Swift.min(Swift.max(all[0], 1), 7)])
  }

  /// The type of the voxels (`datatype`).
  public var type: NIfTIType { NIfTIType(rawValue: integers(.dataType)[0]) ?? .uint8 }

  /// The distances between voxels in the file's order, x first (`pixdim` from 1 on).
  ///
  /// Signs are dropped, and 0 and NaN count as 1.
  public var pixelDimensions: [Double] {
    get {
      let all = doubles(.pixelDimensions)
      return all[1...dimensions.count].map { $0.isFinite && $0 != 0 ? abs($0) : 1 }
    }
    set {
      let all = doubles(.pixelDimensions)
      set(.pixelDimensions, [all[0]] + newValue)
    }
  }

  /// The factor from stored to real values (`scl_slope`); 0 means no scaling.
  public var slope: Double {
    get { doubles(.slope)[0] }
    set { set(.slope, [newValue]) }
  }

  /// The offset added after multiplication by the slope (`scl_inter`).
  public var intercept: Double {
    get { doubles(.intercept)[0] }
    set { set(.intercept, [newValue]) }
  }

  /// The unit of lengths (`xyzt_units`).
  public var lengthUnit: NIfTILengthUnit {
    get { NIfTILengthUnit(rawValue: integers(.units)[0] & 7) ?? .unknown }
    set { set(.units, [Double(integers(.units)[0] & ~7 | newValue.rawValue)]) }
  }

  /// The unit of the fourth axis (`xyzt_units`).
  public var timeUnit: NIfTITimeUnit {
    get { NIfTITimeUnit(rawValue: integers(.units)[0] & 0x38) ?? .unknown }
    set { set(.units, [Double(integers(.units)[0] & ~0x38 | newValue.rawValue)]) }
  }

  /// Free text (`descrip`); at most 80 bytes are kept.
  public var comment: String {
    get { text(.comment) }
    set { set(.comment, newValue) }
  }

  /// The name of a file that belongs to this one (`aux_file`); at most 24 bytes are kept.
  public var auxiliaryFile: String {
    get { text(.auxiliaryFile) }
    set { set(.auxiliaryFile, newValue) }
  }

  /// What the numbers mean (`intent_code`), such as 1002 for labels or 3 for a t statistic.
  public var intentCode: Int {
    get { integers(.intentCode)[0] }
    set { set(.intentCode, [Double(newValue)]) }
  }

  /// The name of what the numbers mean (`intent_name`); at most 16 bytes are kept.
  public var intentName: String {
    get { text(.intentName) }
    set { set(.intentName, newValue) }
  }

  /// The three parameters of what the numbers mean (`intent_p1` to `intent_p3`).
  public var intentParameters: [Double] {
    get { doubles(.intentParameters) }
    set { set(.intentParameters, newValue) }
  }

  /// The values to show as black and as white (`cal_min`, `cal_max`); `nil` where neither is set.
  public var displayRange: ClosedRange<Double>? {
    get {
      let (low, high) = (doubles(.displayMinimum)[0], doubles(.displayMaximum)[0])
      return low < high ? low...high : nil
    }
    set {
      set(.displayMinimum, [newValue?.lowerBound ?? 0])
      set(.displayMaximum, [newValue?.upperBound ?? 0])
    }
  }

  /// The time at which the first volume begins (`toffset`), in units of time.
  public var timeOffset: Double {
    get { doubles(.timeOffset)[0] }
    set { set(.timeOffset, [newValue]) }
  }

  /// The acquisition time of one slice (`slice_duration`), in units of time.
  public var sliceDuration: Double {
    get { doubles(.sliceDuration)[0] }
    set { set(.sliceDuration, [newValue]) }
  }

  /// The order in which slices were acquired (`slice_code`), 0 where unknown.
  public var sliceCode: Int { integers(.sliceCode)[0] }

  /// The first and the last slice that ``sliceCode`` refers to (`slice_start`, `slice_end`).
  public var sliceRange: (first: Int, last: Int) {
    (integers(.sliceStart)[0], integers(.sliceEnd)[0])
  }

  /// The axes, x being 1, of frequency and phase encoding and of slices (`dim_info`); 0 if unknown.
  public var encodingAxes: (frequency: Int, phase: Int, slice: Int) {
    let info = integers(.dimensionInfo)[0]
    return (info & 3, info >> 2 & 3, info >> 4 & 3)
  }
}
