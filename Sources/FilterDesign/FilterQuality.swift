/// How good a designed filter is, measured at the frequencies of its design grid.
public struct FilterQuality: Sendable, Hashable, Codable {
  /// √(Σ F_w² |F−F_i|² / Σ F_w² |F_i|²), a fraction.
  public var weightedError: Double
  /// ε²: the minimised sum over both domains.
  public var cost: Double
  /// The coefficient at the centre (its real part).
  public var centerTap: Double
  /// Σ |f|².
  public var energy: Double
  /// √(Σ r²|f|² / Σ |f|²), in samples.
  public var locality: Double
  /// ‖F where u·n < 0‖ / ‖F‖, a fraction; `nil` for filters without a direction.
  public var leakage: Double?
  /// |F(−ρ0 n)| / |F(ρ0 n)|, a fraction; `nil` for filters without a direction.
  public var phaseRipple: Double?
  /// |Σ f|.
  public var dc: Double
}
