import COpenBLAS
import Foundation

/// The threads of OpenBLAS: its results depend on how many it uses, and parallel work is the pool's.
package enum BLASThreads {
  /// Keeps BLAS to the thread that calls it, permanently.
  package static let areOff: Void = openblas_set_num_threads(1)

  /// Ends the threads that OpenBLAS starts as it is loaded, before any of our code runs: for the first
  /// tenth of a second they would spin on the processors that the pool's threads need.
  ///
  /// For a process of our own, before anything else has called BLAS: a program that uses this package may
  /// want those threads. Builds of OpenBLAS without threads have no such function.
  package static func end() {
    typealias Shutdown = @convention(c) () -> CInt
    // Setting their number would start them again.
    _ = areOff
    guard let symbol = dlsym(nil, "blas_thread_shutdown_") else { return }
    _ = unsafeBitCast(symbol, to: Shutdown.self)()
  }
}
