import Foundation
import Tensors

/// The parameters of one family of filters: plain data that can be stored, checked and made into a
/// bank.
public protocol BankFamily: Sendable, Hashable, Codable {
  /// The name of the family, such as `quadrature`, `sobel` or `lowpass`.
  var family: String { get }

  /// Checks every parameter.
  ///
  /// - Throws: ``FiltersmithError`` of kind `.argument` that names the parameter, what was given and
  ///   what was expected.
  func validate() throws(FiltersmithError)

  /// Makes the filters, with the same bits for the same parameters.
  ///
  /// - Parameter progress: Called from time to time during long work.
  /// - Throws: ``FiltersmithError`` when a parameter is wrong or the design fails.
  func bank(progress: ProgressHandler?) throws(FiltersmithError) -> FilterBank
}

extension BankFamily {
  /// Makes the filters, with the same bits for the same parameters.
  ///
  /// - Throws: ``FiltersmithError`` when a parameter is wrong or the design fails.
  public func bank() throws(FiltersmithError) -> FilterBank { try bank(progress: nil) }
}

/// The description of a bank: enough to design it again, bit for bit.
///
/// Stored as JSON whose `family` names the kind of filters and whose other keys are the parameters,
/// such as `{"dimensions":2,"family":"sobel","normalization":"slope","taps":3}`.
public enum BankDesign: Sendable, Hashable {
  /// Kernels from elsewhere.
  case custom
  /// The filters of several banks of equal support, one bank after the other.
  case sequence(SequenceDesign)
  /// Some filters of another bank.
  case selection(SelectionDesign)
  /// Gaussian low-pass filters.
  case gaussian(GaussianDesign)
  /// Derivatives of a Gaussian.
  case derivative(GaussianDerivativeDesign)
  /// Optimised quadrature filters.
  case quadrature(QuadratureDesign)
  /// Optimised monomial filters.
  case monomial(MonomialDesign)
  /// First derivatives: central difference, Sobel, Prewitt, Scharr, Farid and Roberts.
  case gradient(GradientDesign)
  /// Means over a box.
  case box(BoxDesign)
  /// Laplacians with three taps per axis.
  case laplacian(LaplacianDesign)
  /// Laplacians of a Gaussian.
  case laplacianOfGaussian(LaplacianOfGaussianDesign)
  /// Differences of two Gaussians.
  case differenceOfGaussians(DifferenceOfGaussiansDesign)
  /// Gabor filters.
  case gabor(GaborDesign)
  /// Log-Gabor filters.
  case logGabor(LogGaborDesign)
  /// Riesz transforms of a band-pass.
  case riesz(RieszDesign)
  /// Low-, high-, band-pass and band-stop filters by a window.
  case windowedSinc(WindowedSincDesign)
  /// Local polynomials: Savitzky and Golay's smoothing and derivatives.
  case savitzkyGolay(SavitzkyGolayDesign)

  /// The parameters; `nil` for kernels from elsewhere.
  public var parameters: (any BankFamily)? {
    switch self {
    case .custom: nil
    case .sequence(let design): design
    case .selection(let design): design
    case .gaussian(let design): design
    case .derivative(let design): design
    case .quadrature(let design): design
    case .monomial(let design): design
    case .gradient(let design): design
    case .box(let design): design
    case .laplacian(let design): design
    case .laplacianOfGaussian(let design): design
    case .differenceOfGaussians(let design): design
    case .gabor(let design): design
    case .logGabor(let design): design
    case .riesz(let design): design
    case .windowedSinc(let design): design
    case .savitzkyGolay(let design): design
    }
  }

  /// The decoder of each family, by its name.
  private static let readers: [String: @Sendable (any Decoder) throws -> BankDesign] = {
    var readers: [String: @Sendable (any Decoder) throws -> BankDesign] = [
      "custom": { _ in .custom },
      "sequence": { .sequence(try SequenceDesign(from: $0)) },
      "selection": { .selection(try SelectionDesign(from: $0)) },
      "quadrature": { .quadrature(try QuadratureDesign(from: $0)) },
      "monomial": { .monomial(try MonomialDesign(from: $0)) },
      "gaussian": { .gaussian(try GaussianDesign(from: $0)) },
      "box": { .box(try BoxDesign(from: $0)) },
      "laplacian": { .laplacian(try LaplacianDesign(from: $0)) },
      "log": { .laplacianOfGaussian(try LaplacianOfGaussianDesign(from: $0)) },
      "dog": { .differenceOfGaussians(try DifferenceOfGaussiansDesign(from: $0)) },
      "gabor": { .gabor(try GaborDesign(from: $0)) },
      "loggabor": { .logGabor(try LogGaborDesign(from: $0)) },
      "riesz": { .riesz(try RieszDesign(from: $0)) },
      "savitzkygolay": { .savitzkyGolay(try SavitzkyGolayDesign(from: $0)) },
      "derivative": { .derivative(try GaussianDerivativeDesign(from: $0)) },
    ]
    for operation in GradientDesign.Operator.allCases {
      readers[operation.rawValue] = { .gradient(try GradientDesign(from: $0)) }
    }
    for passband in WindowedSincDesign.Passband.allCases {
      readers[passband.rawValue] = { .windowedSinc(try WindowedSincDesign(from: $0)) }
    }
    return readers
  }()
}

extension BankDesign {
  /// The name of the family, such as `quadrature`, `sobel` or `lowpass`.
  public var family: String { parameters?.family ?? "custom" }

  /// The names of all families, in alphabetical order.
  public static var families: [String] { readers.keys.sorted() }

  /// Designs the filters again, with the same bits as the first time.
  ///
  /// - Parameter progress: Called from time to time during long work.
  /// - Throws: ``FiltersmithError`` when a parameter is wrong, the design fails, or the kernels come
  ///   from elsewhere.
  public func bank(progress: ProgressHandler? = nil) throws(FiltersmithError) -> FilterBank {
    guard let parameters else {
      throw FiltersmithError(
        .argument, "a custom bank has no parameters to be made from; its kernels are all there is")
    }
    return try parameters.bank(progress: progress)
  }
}

// MARK: - JSON

extension BankDesign: Codable {
  private enum Key: String, CodingKey { case family }

  /// Reads `family`, then the parameters of that family.
  public init(from decoder: any Decoder) throws {
    let family = try decoder.container(keyedBy: Key.self).decode(String.self, forKey: .family)
    guard let read = Self.readers[family] else {
      throw FiltersmithError(
        .format,
        "unknown family '\(family)'; the families are \(Self.families.joined(separator: ", "))")
    }
    self = try read(decoder)
  }

  /// Writes the parameters and `family` side by side.
  public func encode(to encoder: any Encoder) throws {
    try parameters?.encode(to: encoder)
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(family, forKey: .family)
  }

  /// The description in a JSON text.
  ///
  /// - Throws: ``FiltersmithError`` of kind `.format` that names the missing or wrong key.
  public init(json: String) throws(FiltersmithError) {
    do {
      self = try JSONDecoder().decode(BankDesign.self, from: Data(json.utf8))
    } catch let error as FiltersmithError {
      throw FiltersmithError(.format, "the bank's description is wrong: \(error.message)")
    } catch let error as DecodingError {
      throw FiltersmithError(.format, "the bank's description \(error.sentence)")
    } catch {
      throw FiltersmithError(.format, "the bank's description cannot be read: \(error)")
    }
  }

  /// The description as one line of JSON, with keys in alphabetical order.
  ///
  /// - Throws: ``FiltersmithError`` when a parameter is not finite.
  public func json() throws(FiltersmithError) -> String {
    do {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      return String(decoding: try encoder.encode(self), as: UTF8.self)
    } catch {
      throw FiltersmithError(
        .argument, "the parameters of the \(family) bank hold a number that is not finite")
    }
  }
}

extension DecodingError {
  /// What is wrong, as the end of a sentence.
  fileprivate var sentence: String {
    func path(_ context: Context, _ last: (any CodingKey)? = nil) -> String {
      let keys = context.codingPath + (last.map { [$0] } ?? [])
      return keys.map(\.stringValue).joined(separator: ".")
    }
    switch self {
    case .keyNotFound(let key, let context): return "lacks '\(path(context, key))'"
    case .typeMismatch(let type, let context):
      return "has '\(path(context))' of another type than \(type)"
    case .valueNotFound(_, let context): return "has no value for '\(path(context))'"
    case .dataCorrupted(let context):
      return context.codingPath.isEmpty
        ? "is not JSON" : "has a wrong value for '\(path(context))'"
    @unknown default: return "cannot be read"
    }
  }
}
