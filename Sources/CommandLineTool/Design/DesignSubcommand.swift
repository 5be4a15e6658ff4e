import ArgumentParser
import Filtersmith

/// A subcommand that makes a bank: it turns its options into the parameters of a family, and what
/// follows is the same for all.
protocol DesignSubcommand: Subcommand {
  /// The parameters of the family.
  associatedtype Family: BankFamily
  /// What is written.
  var outputs: DesignOutput { get }
  /// The parameters that the options stand for.
  func family() throws(FiltersmithError) -> Family
}

extension DesignSubcommand {
  func execute() throws(FiltersmithError) {
    let family = try family()
    try family.validate()
    try outputs.write("designing \(family.family) filters") { progress throws(FiltersmithError) in
      try family.bank(progress: progress)
    }
  }
}
