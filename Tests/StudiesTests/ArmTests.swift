import Foundation
import Networks
import Tensors
import TestSupport
import Testing

@testable import Studies

@Suite struct ArmTests {
  /// The parts of an arm, one behind the other, are the whole of it.
  @Test(arguments: Arm.all)
  func partsAreTheWhole(_ arm: Arm) throws {
    let networks = try ArmNetworks(arm, input: [1, 24, 24], classes: 5, seed: 3)
    var whole = try Weights<Float>(initialFor: networks.whole, seed: 1)
    let learned = try Weights<Float>(initialFor: networks.learned, seed: 2)
    #expect(whole.adopt(learned).isEmpty)
    var source = RandomSource(seed: 9)
    let image = Tensor<Float>.normal(shape: [2, 1, 24, 24], deviation: 1, using: &source)
    var features = image
    if let fixed = networks.fixed {
      #expect(fixed.parameterCount == 0)
      features = try fixed.inferencePlan(try Weights<Float>(zerosFor: fixed), batch: 2)
        .outputs(for: image)[0]
    }
    let expected = try networks.learned.inferencePlan(learned, batch: 2).outputs(for: features)[0]
    let found = try networks.whole.inferencePlan(whole, batch: 2).outputs(for: image)[0]
    for (a, b) in zip(expected.elements, found.elements) {
      #expect(abs(a - b) <= 1e-4 * max(1, abs(a)))
    }
  }

  /// What the comparison rests on: the arms with a network differ in their first stage only.
  @Test func headsAreTheSame() throws {
    let networks = try Arm.all.filter { $0.head == .network }.map {
      try ArmNetworks($0, input: [1, 28, 28], classes: 10, seed: 0)
    }
    let heads = networks.map { network in
      network.whole.nodes.filter { $0.name.hasPrefix("head.") }.map { AnyHashable($0.layer) }
    }
    #expect(heads.allSatisfy { $0 == heads[0] })
    #expect(networks.allSatisfy { $0.firstOutput == [24, 14, 14] })
  }

  @Test func scatteringHasItsPaths() throws {
    let scattering = Scattering(octaves: 3, directions: 4)
    let arm = Arm("s", first: .scattering(scattering), head: .linear)
    let networks = try ArmNetworks(arm, input: [1, 32, 32], classes: 2, seed: 0)
    #expect(networks.firstOutput == [scattering.paths, 4, 4])
    #expect(scattering.paths == 1 + 12 + 48)
  }

  /// A constant image has no moduli; only the mean passes.
  @Test func scatteringOfAConstantIsItsMean() throws {
    let scattering = Scattering(octaves: 2, directions: 3)
    let parts = try scattering.parts(for: [1, 48, 48])
    let network = try Network(input: [1, 48, 48]) { parts }
    let ones = Tensor<Float>(repeating: 1, shape: [1, 1, 48, 48])
    let result = try network.inferencePlan(try Weights<Float>(zerosFor: network), batch: 1)
      .outputs(for: ones)[0]
    let (row, column) = (result.shape[2] / 2, result.shape[3] / 2)
    #expect(abs(result[0, 0, row, column] - 1) < 1e-3)
    for path in 1..<result.shape[1] { #expect(abs(result[0, path, row, column]) < 1e-3) }
  }

  @Test func armsTravelAsJSON() throws {
    let arms =
      Arm.all + [Arm("mine", first: .bank(.file("bank.npz")), head: .network)]
    for arm in arms {
      let data = try JSONEncoder().encode(arm)
      #expect(try JSONDecoder().decode(Arm.self, from: data) == arm)
    }
    let short = #"{"name": "a", "first": {"kind": "bank", "octaves": 2}, "head": "linear"}"#
    let arm = try JSONDecoder().decode(Arm.self, from: Data(short.utf8))
    #expect(arm.first == .bank(.quadrature(QuadratureSet(octaves: 2))))
    #expect(arm.title == "a")
  }

  @Test func wrongStudiesAreRefused() throws {
    let learned = Arm("x", first: .learned(RandomFilters()), head: .linear)
    #expect(throws: FiltersmithError.self) { try learned.check() }
    #expect(throws: FiltersmithError.self) { try Arm("a/b", first: .pixels, head: .linear).check() }
    #expect(throws: FiltersmithError.self) { try Study(arms: []).check() }
    #expect(throws: FiltersmithError.self) { try Study(sizes: [100, 10]).check() }
    #expect(throws: FiltersmithError.self) { try Study(seeds: 0).check() }
    #expect(throws: FiltersmithError.self) { try Study(arms: [Arm.all[0], Arm.all[0]]).check() }
    #expect(throws: FiltersmithError.self) { try Arm.named(["nothing"]) }
    #expect(throws: FiltersmithError.self) {
      try ArmNetworks(Arm.all[2], input: [1, 5, 5], classes: 2, seed: 0)
    }
  }
}
