/// Sizes for which Fourier transforms are fast.
public enum FourierSize {
  /// The smallest 2^a 3^b 5^c 7^d, times 11 or 13 at most once, that is no smaller than `minimum`.
  ///
  /// FFTW has hand-made code for these factors. At least 1.
  public static func good(atLeast minimum: Int) -> Int {
    var candidate = max(minimum, 1)
    while !isGood(candidate) { candidate += 1 }
    return candidate
  }

  /// The same, but even, as the last axis of a real transform needs.
  public static func goodEven(atLeast minimum: Int) -> Int {
    2 * good(atLeast: (max(minimum, 1) + 1) / 2)
  }

  /// Whether a size is 2^a 3^b 5^c 7^d, times 11 or 13 at most once.
  public static func isGood(_ size: Int) -> Bool {
    guard size > 0 else { return false }
    var rest = size
    for prime in [2, 3, 5, 7] {
      while rest % prime == 0 { rest /= prime }
    }
    return rest == 1 || rest == 11 || rest == 13
  }
}
