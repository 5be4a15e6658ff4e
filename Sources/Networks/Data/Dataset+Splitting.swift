import Tensors

extension Dataset {
  /// The samples with the given indices, in that order; no sample is copied.
  ///
  /// - Throws: ``FiltersmithError`` of kind `argument` for an index out of range.
  public func subset(_ indices: some Sequence<Int>) throws(FiltersmithError) -> Dataset {
    var chosen: [Int] = []
    for index in indices {
      guard rows.indices.contains(index) else {
        throw FiltersmithError(.argument, "there is no sample \(index) among \(count)")
      }
      chosen.append(rows[index])
    }
    var subset = self
    subset.rows = chosen
    return subset
  }

  /// A given number of samples, chosen at random; each class keeps its share.
  ///
  /// The samples of a smaller subset are among those of a larger one with the same seed.
  ///
  /// - Throws: ``FiltersmithError`` of kind `argument` for more samples than there are.
  public func randomSubset(_ size: Int, seed: UInt64) throws(FiltersmithError) -> Dataset {
    guard (0...count).contains(size) else {
      throw FiltersmithError(.argument, "\(size) samples of a set that has \(count)")
    }
    return try subset(stratifiedOrder(seed: seed).prefix(size))
  }

  /// Splits off a part for validation; each class keeps its share.
  ///
  /// - Parameters:
  ///   - fraction: The fraction for validation, from 0 up and less than 1; rounded to whole
  ///     samples, and at least one where the fraction is not 0.
  ///   - seed: Determines the samples; the same seed gives the same.
  /// - Throws: ``FiltersmithError`` of kind `argument` for another fraction or one that leaves
  ///   nothing to train with.
  public func split(
    validation fraction: Double, seed: UInt64
  ) throws(FiltersmithError) -> (training: Dataset, validation: Dataset) {
    guard fraction >= 0, fraction < 1 else {
      throw FiltersmithError(
        .argument, "the part for validation is from 0 up and less than 1; given \(fraction)")
    }
    let exact = Double(count) * fraction
    let size = fraction == 0 ? 0 : max(Int(exact.rounded()), 1)
    guard size < count || count == 0 else {
      throw FiltersmithError(
        .argument, "\(size) of \(count) samples for validation leave nothing to train with")
    }
    let order = stratifiedOrder(seed: seed)
    // Both keep the order of the set.
    return (try subset(order[size...].sorted()), try subset(order[..<size].sorted()))
  }

  /// All indices in a random order in which every prefix has each class in its share.
  ///
  /// ``randomSubset(_:seed:)`` takes the first of them.
  public func stratifiedOrder(seed: UInt64) -> [Int] {
    var source = RandomSource(seed: seed)
    guard task == .classification else {
      var order = Array(0..<count)
      source.shuffle(&order)
      return order
    }
    var members = [[Int]](repeating: [], count: classCount)
    for (index, label) in labels.enumerated() { members[label].append(index) }
    var places: [(place: Double, index: Int)] = []
    for label in members.indices {
      source.shuffle(&members[label])
      // Sample k of n is placed at (k + u) / n of the whole, with one u for the class.
      let offset = source.uniform()
      for (rank, index) in members[label].enumerated() {
        places.append(((Double(rank) + offset) / Double(members[label].count), index))
      }
    }
    return places.sorted { ($0.place, $0.index) < ($1.place, $1.index) }.map(\.index)
  }
}
