import Convolutions
import Tensors

extension Tensor where Element: ConvolutionScalar {
  /// The median of every sample's neighbourhood; for an even number of samples the upper one.
  ///
  /// NaNs have no order: results near them are undefined.
  ///
  /// - Parameters:
  ///   - neighborhood: Its axes are the image's last; axes before them hold separate images.
  ///   - border: How the image continues.
  /// - Throws: ``FiltersmithError`` when the neighbourhood has more axes than the image, or the border
  ///   changes the size.
  public func median(
    over neighborhood: StructuringElement, border: Border = .symmetric
  ) throws(FiltersmithError) -> Tensor {
    try ranked(neighborhood.count / 2, over: neighborhood, border: border)
  }

  /// The median of boxes of one extent along each of the last axes.
  ///
  /// - Throws: ``FiltersmithError`` as ``median(over:border:)``.
  public func median(
    size: [Int], border: Border = .symmetric
  ) throws(FiltersmithError) -> Tensor {
    try median(over: .box(size), border: border)
  }

  /// The percentile of every sample's neighbourhood: of n samples in order the ⌊n p / 100⌋-th from 0.
  ///
  /// - Parameters:
  ///   - percent: From 0, the minimum, to 100, the maximum.
  ///   - neighborhood: Its axes are the image's last.
  ///   - border: How the image continues.
  /// - Throws: ``FiltersmithError`` for another percentage, and as ``median(over:border:)``.
  public func percentile(
    _ percent: Double, over neighborhood: StructuringElement, border: Border = .symmetric
  ) throws(FiltersmithError) -> Tensor {
    guard (0...100).contains(percent) else {
      throw FiltersmithError(.argument, "percentile \(percent); 0 to 100 was expected")
    }
    let rank = Int(Double(neighborhood.count) * percent / 100)
    return try ranked(
      Swift.min(rank, neighborhood.count - 1), over: neighborhood, border: border)
  }

  /// The smallest value of every sample's neighbourhood.
  ///
  /// - Throws: ``FiltersmithError`` as ``median(over:border:)``.
  public func minimum(
    over neighborhood: StructuringElement, border: Border = .symmetric
  ) throws(FiltersmithError) -> Tensor {
    try ranked(0, over: neighborhood, border: border)
  }

  /// The largest value of every sample's neighbourhood.
  ///
  /// - Throws: ``FiltersmithError`` as ``median(over:border:)``.
  public func maximum(
    over neighborhood: StructuringElement, border: Border = .symmetric
  ) throws(FiltersmithError) -> Tensor {
    try ranked(neighborhood.count - 1, over: neighborhood, border: border)
  }

  private func ranked(
    _ rank: Int, over neighborhood: StructuringElement, border: Border
  ) throws(FiltersmithError) -> Tensor {
    try requireNeighborhood(neighborhood, border)
    guard count > 0, neighborhood.count > 1 else { return self }
    if rank == 0 || rank == neighborhood.count - 1 {
      return try extreme(rank > 0, over: neighborhood, isReflected: false, border: border)
    }
    let isSquare = [[3, 3], [5, 5]].contains(neighborhood.extents) && neighborhood.isBox
    if isSquare, rank == neighborhood.count / 2, let image = self as? Tensor<Float>,
      let result = MedianNetworks.run(image, size: neighborhood.extents[0], border: border)
        as? Tensor
    {
      return result
    }
    if neighborhood.isBox, neighborhood.count <= BoxRankNetwork.mostSamples,
      let image = self as? Tensor<Float>
    {
      let network = BoxRankNetwork(extents: neighborhood.extents, rank: rank)
      if network.exchangesPerSample > LevelRankFilter.exchangesPerSample,
        let result = try image.rankedLevels(rank, neighborhood, border) as? Tensor
      {
        return result
      }
      if network.isFasterThanSliding {
        let result = try network.run(image, before: neighborhood.reach.before, border: border)
        if let result = result as? Tensor { return result }
      }
    }
    if neighborhood.isBox, let image = self as? Tensor<Float>,
      let result = try image.rankedLevels(rank, neighborhood, border) as? Tensor
    {
      return result
    }
    return RankFilter(offsets: neighborhood.offsets, rank: rank, border: border).run(self)
  }

  /// The smallest or largest value over a neighbourhood or its reflection.
  func extreme(
    _ isMaximum: Bool, over element: StructuringElement, isReflected: Bool, border: Border
  ) throws(FiltersmithError) -> Tensor {
    let filter = ExtremeFilter<Element>(isMaximum: isMaximum, border: border)
    guard element.isBox else {
      return try filter.union(self, isReflected ? element.reflected : element.offsets)
    }
    let (before, after) = element.reach
    return filter.box(
      self, before: isReflected ? after : before, after: isReflected ? before : after)
  }

  /// Checks that a neighbourhood fits the image and the border keeps its size.
  func requireNeighborhood(
    _ neighborhood: StructuringElement, _ border: Border
  ) throws(FiltersmithError) {
    guard neighborhood.dimensions <= rank else {
      throw FiltersmithError(
        .shape,
        "a neighborhood of \(neighborhood.dimensions) axes does not fit an image of shape \(shape)")
    }
    guard border != .valid, border != .full else {
      throw FiltersmithError(
        .argument, "border \(border) changes the size of an image; ranks and morphology keep it")
    }
  }
}

extension Tensor where Element == Float {
  /// Ranks of a flat box in an image of bytes; `nil` for other boxes and images.
  fileprivate func rankedLevels(
    _ rank: Int, _ box: StructuringElement, _ border: Border
  ) throws(FiltersmithError) -> Tensor? {
    guard box.dimensions <= 2, self.rank >= 2, box.count <= LevelRankFilter.mostSamples,
      let scale = LevelRankFilter.scale(of: self)
    else { return nil }
    let (before, after) = box.reach
    let leading = [Int](repeating: 0, count: self.rank - box.dimensions)
    let surrounded = try padded(before: leading + before, after: leading + after, border: border)
    guard let codes = LevelRankFilter.levels(of: surrounded, scale: scale) else { return nil }
    return LevelRankFilter(
      rows: box.dimensions == 2 ? box.extents[0] : 1, columns: box.extents[box.dimensions - 1],
      rank: rank
    ).run(codes, scale: scale, shape: shape)
  }
}
