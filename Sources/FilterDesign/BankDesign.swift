/// The parameters a bank was made from, enough to make it again.
public struct BankDesign: Sendable, Hashable, Codable {
  /// What sort of filters: `quadrature`, `monomial`, `sobel`, …
  public var family: String
}
