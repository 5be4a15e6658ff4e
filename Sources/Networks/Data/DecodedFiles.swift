import Synchronization
import Tensors

/// Samples that are decoded from files when they are needed.
///
/// Decoded samples are kept as long as they fit a budget, and decoded again otherwise. Every epoch
/// needs every sample once, so dropping kept ones would gain nothing.
final class DecodedFiles<Element: Sendable>: Sendable {
  /// How many samples there are.
  let count: Int
  private let decode: @Sendable (Int) throws(FiltersmithError) -> Tensor<Element>
  private let budget: Int
  private let kept = Mutex<(samples: [Int: Tensor<Element>], bytes: Int)>(([:], 0))

  /// Samples from a function.
  ///
  /// - Parameters:
  ///   - count: How many there are.
  ///   - budget: How many bytes of decoded samples are kept.
  ///   - decode: Decodes a sample; called on any thread.
  init(
    count: Int, budget: Int,
    decode: @escaping @Sendable (Int) throws(FiltersmithError) -> Tensor<Element>
  ) {
    self.count = count
    self.budget = budget
    self.decode = decode
  }

  /// Copies a sample to the given memory.
  ///
  /// - Throws: ``FiltersmithError`` when its file cannot be read or has changed.
  func copy(_ index: Int, to target: UnsafeMutableBufferPointer<Element>) throws(FiltersmithError) {
    let sample = try sample(index)
    guard sample.count == target.count else {
      throw FiltersmithError(
        .format,
        "the file of sample \(index) has changed: it holds \(sample.count) numbers, where "
          + "\(target.count) were expected")
    }
    sample.copy(to: target)
  }

  private func sample(_ index: Int) throws(FiltersmithError) -> Tensor<Element> {
    if let sample = kept.withLock({ $0.samples[index] }) { return sample }
    let sample = try decode(index)
    let bytes = sample.count * MemoryLayout<Element>.stride
    kept.withLock { kept in
      if kept.samples[index] == nil, kept.bytes + bytes <= budget {
        kept.samples[index] = sample
        kept.bytes += bytes
      }
    }
    return sample
  }
}

/// Runs a throwing body for 0 ..< count on the pool's threads; the first failure by index is
/// thrown.
func parallelResults<Result: Sendable>(
  _ count: Int, _ body: @Sendable (Int) throws(FiltersmithError) -> Result
) throws(FiltersmithError) -> [Result] {
  typealias Outcome = Swift.Result<Result, FiltersmithError>
  let slots = Tensor<Outcome?>(uninitialized: [count]) { slots in
    slots.initialize(repeating: nil)
    let shared = SharedPointer(slots)
    parallelFor(count) { index in
      do throws(FiltersmithError) {
        shared[index] = .success(try body(index))
      } catch {
        shared[index] = .failure(error)
      }
    }
  }
  var results: [Result] = []
  results.reserveCapacity(count)
  for case let outcome? in slots.elements { results.append(try outcome.get()) }
  return results
}
