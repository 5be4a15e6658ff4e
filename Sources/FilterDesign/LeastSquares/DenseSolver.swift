import Fourier
import LinearAlgebra
import Numerics
import Tensors

/// Solves the normal equations by Cholesky factorisation of the systems they split into.
final class DenseSolver: NormalSolver {
  private let symmetry: DesignSymmetry
  private let transform: ParityTransform
  private let blocks: [ParityBlock]
  /// The offset of each block's factor.
  private let starts: [Int]
  private let factors: AlignedBuffer<Double>

  /// The unknowns of the systems for kernels of a support.
  static func orders(support: Shape, symmetry: DesignSymmetry) -> [Int] {
    switch symmetry {
    case .axes:
      // Counted in floating point by callers that meet huge sizes; here as products per block.
      (0..<(1 << support.rank)).map { choice in
        support.indices.reduce(1) {
          $0 * (choice >> $1 & 1 == 1 ? support[$1] / 2 : support[$1] / 2 + 1)
        }
      }
    case .center: [support.elementCount / 2 + 1, support.elementCount / 2]
    case .none: [support.elementCount]
    }
  }

  /// The bytes the factors take.
  static func bytes(support: Shape, symmetry: DesignSymmetry) -> Double {
    orders(support: support, symmetry: symmetry).reduce(0.0) {
      $0 + Double($1) * Double($1) * (symmetry == .none ? 16 : 8)
    }
  }

  /// The multiplications and additions of factorising.
  static func operations(support: Shape, symmetry: DesignSymmetry) -> Double {
    orders(support: support, symmetry: symmetry).reduce(0.0) {
      let order = Double($1)
      return $0 + order * order * order / 3 * (symmetry == .none ? 4 : 1)
    }
  }

  init(_ equations: NormalEquations, progress: ProgressHandler?) throws(FiltersmithError) {
    symmetry = equations.symmetry
    let shape = symmetry == .axes ? equations.support : Shape([equations.support.elementCount])
    let blocks = symmetry == .none ? [] : ParityBlock.all(of: shape)
    let orders = Self.orders(support: equations.support, symmetry: symmetry)
    // Every factor begins at a cache line.
    let sizes = orders.map { ($0 * $0 * (equations.symmetry == .none ? 2 : 1) + 7) & ~7 }
    let starts = sizes.indices.map { sizes[..<$0].reduce(0, +) }
    transform = ParityTransform(shape: shape)
    self.blocks = blocks
    self.starts = starts
    factors = try AlignedBuffer(repeating: 0, count: sizes.reduce(0, +))

    let assembly = BlockAssembly(equations)
    let symmetry = symmetry
    let memory = SharedPointer(factors.pointer)
    var succeeded = [Bool](repeating: false, count: orders.count)
    succeeded.withUnsafeMutableBufferPointer { flags in
      let flags = SharedPointer(flags)
      parallelFor(orders.count) { index in
        let matrix = memory.pointer + starts[index]
        switch symmetry {
        case .axes:
          assembly.writeAxisBlock(blocks[index], to: matrix)
          flags[index] = Cholesky.factorize(matrix, order: orders[index])
        case .center:
          assembly.writeCenterBlock(blocks[index], to: matrix)
          flags[index] = Cholesky.factorize(matrix, order: orders[index])
        case .none:
          let order = orders[index]
          let complex = UnsafeMutableRawPointer(matrix)
            .bindMemory(to: Complex<Double>.self, capacity: order * order)
          assembly.writeWhole(to: complex)
          flags[index] = Cholesky.factorize(complex, order: order)
        }
        if index == 0 { progress?(0.5) }
      }
    }
    guard succeeded.allSatisfy({ $0 }) else {
      throw FiltersmithError(
        .numerical,
        "the weights leave the kernel undetermined: the normal equations are not positive definite; a noise floor, a larger grid or a spatial weight makes them so"
      )
    }
  }

  func solve(
    _ rightHandSides: [TapVector], progress: ProgressHandler?
  ) throws(FiltersmithError) -> (solutions: [TapVector], convergence: [Convergence]) {
    guard !rightHandSides.isEmpty else { return ([], []) }
    return symmetry == .none
      ? (solveWhole(rightHandSides), []) : (solveBlocks(rightHandSides), [])
  }

  /// The real or the imaginary parts of one right-hand side.
  private struct Part {
    let vector: Int
    let isImaginary: Bool
    var values: [Double]
  }

  private func solveBlocks(_ rightHandSides: [TapVector]) -> [TapVector] {
    var parts: [Part] = []
    for (index, vector) in rightHandSides.enumerated() {
      for isImaginary in [false, true] {
        var values = vector.values.map { isImaginary ? $0.imaginary : $0.real }
        transform.forward(&values)
        parts.append(Part(vector: index, isImaginary: isImaginary, values: values))
      }
    }
    // The real part of a Hermitian vector is even, its imaginary part odd: half of the blocks of
    // each hold nothing but rounding errors, which are cleared.
    func takesPart(_ part: Part, in block: ParityBlock) -> Bool {
      !rightHandSides[part.vector].isHermitian || part.isImaginary == block.isOddOverall
    }
    for (block, start) in zip(blocks, starts) {
      let order = block.order
      let columns = parts.indices.filter { takesPart(parts[$0], in: block) }
      var values = [Double](repeating: 0, count: order * columns.count)
      for (column, part) in columns.enumerated() {
        for (row, offset) in block.offsets.enumerated() {
          values[column * order + row] = parts[part].values[offset]
        }
      }
      values.withUnsafeMutableBufferPointer { buffer in
        Cholesky.solve(
          factors.pointer + start, order: order, SharedPointer(buffer).pointer,
          columns: columns.count)
      }
      for part in parts.indices where !columns.contains(part) {
        for offset in block.offsets { parts[part].values[offset] = 0 }
      }
      for (column, part) in columns.enumerated() {
        for (row, offset) in block.offsets.enumerated() {
          parts[part].values[offset] = values[column * order + row]
        }
      }
    }
    for index in parts.indices { transform.inverse(&parts[index].values) }
    return rightHandSides.indices.map { index in
      TapVector(
        values: zip(parts[2 * index].values, parts[2 * index + 1].values).map { Complex($0, $1) },
        isHermitian: rightHandSides[index].isHermitian)
    }
  }

  private func solveWhole(_ rightHandSides: [TapVector]) -> [TapVector] {
    let order = rightHandSides[0].values.count
    var values = rightHandSides.flatMap(\.values)
    values.withUnsafeMutableBufferPointer { buffer in
      let factor = UnsafeMutableRawPointer(factors.pointer)
        .assumingMemoryBound(to: Complex<Double>.self)
      Cholesky.solve(
        factor, order: order, SharedPointer(buffer).pointer, columns: rightHandSides.count)
    }
    return rightHandSides.indices.map { index in
      TapVector(
        values: Array(values[index * order..<(index + 1) * order]),
        isHermitian: rightHandSides[index].isHermitian)
    }
  }
}
