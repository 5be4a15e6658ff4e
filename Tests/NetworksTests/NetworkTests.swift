import Convolutions
import Tensors
import Testing

@testable import Networks

/// Graphs, shapes, names, freezing and files.
@Suite struct NetworkTests {
  private func small() throws -> Network {
    try Network(input: [1, 12, 12]) {
      Conv(4, kernel: 3, padding: .same).named("first")
      ReLU()
      Residual {
        Conv(4, kernel: 3, padding: .same, hasBias: false)
        BatchNormalization()
      }
      Concatenation {
        MaxPooling(2)
        Sequential {
          AveragePooling(2)
          Conv(3, kernel: 1)
        }
      }
      Skip { Conv(2, kernel: 3, padding: .same) }
      Flatten()
      Dense(5)
    }
  }

  private func message(_ body: () throws -> Void) -> String {
    do {
      try body()
      return ""
    } catch {
      return "\(error)"
    }
  }

  @Test func shapesAndCounts() throws {
    let network = try small()
    #expect(network.shapes["add1"] == [4, 12, 12])
    #expect(network.shapes["concatenate1"] == [7, 6, 6])
    #expect(network.shapes["concatenate2"] == [9, 6, 6])
    #expect(network.outputShapes == [[5]])
    let expected = (9 * 4 + 4) + 4 * 4 * 9 + 8 + (4 * 3 + 3) + (7 * 2 * 9 + 2) + (324 * 5 + 5)
    #expect(network.trainableParameterCount == expected)
    #expect(network.parameterCount == expected + 8)
    let products = 144 * 36 + 144 * 144 + 36 * 12 + 36 * 126 + 324 * 5
    #expect(network.multiplyAdds == products)
    #expect(network.parameters.first?.name == "first.weight")
    #expect(network.parameters.map(\.name).contains("batchNormalization1.variance"))
  }

  @Test func givenNumbersMustFit() throws {
    let text = message {
      _ = try Network(input: [1, 4]) { Conv(1, kernel: 3, initializer: .values([1, 2])) }
    }
    #expect(text.contains("conv1") && text.contains("3 numbers") && text.contains("gives 2"))
  }

  @Test func severalInputsAndOutputs() throws {
    var graph = NetworkGraph()
    let left = try graph.input("left", [2, 8])
    let right = try graph.input("right", [3, 8])
    let both = try graph.add(Concatenate(), to: left, right)
    let features = try graph.add(Conv(4, kernel: 3), to: both, name: "features")
    let unused = try graph.add(ReLU(), to: features)
    let first = try graph.add(GlobalMaxPooling(), to: features)
    let network = try graph.network(outputs: [first, features])
    #expect(network.outputShapes == [[4], [4, 6]])
    #expect(network.inputs.map(\.name) == ["left", "right"])
    #expect(network.shapes[unused.name] == nil)
    #expect(network.nodes.count == 3)
  }

  @Test func fourDimensions() throws {
    let network = try Network(input: [1, 8, 9, 10, 11]) {
      Conv(2, kernel: 3, padding: .same)
      MaxPooling(2)
      ConvTransposed(3, kernel: [2], stride: [2])
      UpSampling([2], interpolation: .linear)
      ZeroPadding(1)
      Cropping(before: [1], after: [1])
      LocallyConnected(1, kernel: [2], stride: [2])
    }
    #expect(network.outputShapes == [[1, 8, 8, 10, 10]])
  }

  @Test func errorsNameTheLayer() {
    #expect(
      message {
        _ = try Network(input: [1, 28, 28]) {
          Conv(4, kernel: 3).named("stem")
          Dense(10)
        }
      }
        == "layer 'dense1': dense takes [features]; its input is [4, 26, 26]: flatten or pool it first"
    )
    #expect(
      message { _ = try Network(input: [1, 4, 4]) { Conv(4, kernel: 7).named("wide") } }
        .hasPrefix("layer 'wide': kernel [4, 1, 7, 7]"))
    #expect(
      message { _ = try Network(input: [3, 4, 4]) { Magnitude() } }
        == "layer 'magnitude1': magnitude takes pairs of channels (even, odd); its input is [3, 4, 4]"
    )
    #expect(
      message {
        _ = try Network(input: [3, 4, 4]) {
          ReLU().named("a")
          ReLU().named("a")
        }
      } == "the name 'a' is empty or taken in this network")
    #expect(message { _ = try Network(input: [3, 4, 4]) { Dropout(1) } }.contains("rate 1.0"))
    #expect(
      message { _ = try Network(input: [3, 4, 4]) { Reshape([7, -1]) } }.contains("[7, -1]"))
  }

  @Test func freezing() throws {
    let network = try small()
    let frozen = try network.freezing(through: "batchNormalization1")
    #expect(frozen.trainableParameterCount == network.trainableParameterCount - 40 - 144 - 8)
    #expect(frozen.parameterCount == network.parameterCount)
    #expect(throws: FiltersmithError.self) { try network.freezing(["conv99"]) }
    let scaled = try network.scalingLearningRate(of: ["dense1"], by: 0.1)
    #expect(scaled.parameters.last?.learningRateScale == 0.1)
  }

  @Test func keepsThroughJSON() throws {
    for network in try [small(), Model.named("googlenet").network().freezing(["conv1"])] {
      #expect(try Network(json: network.json()) == network)
    }
    let bank = Tensor<Float>(shape: [2, 1, 3, 3]) { Float($0[0] + $0[2]) }
    let filters = try Network(input: [3, 9, 9]) {
      FixedFilters(bank)
      MaxOverGroups(3)
      Skip { Phase().named("p") }
    }
    #expect(message { _ = try Network(json: "{") }.contains("JSON"))
    #expect(try Network(json: filters.json()) == filters)
  }

  @Test func damagedFilesAreRefused() throws {
    let text = try small().json()
    let damages = [
      (#""kind" : "relu""#, #""kind" : "rely""#, "unknown kind 'rely'"),
      (#""first""#, #""second""#, "'first'"),
      (#""outputs""#, #""results""#, "'outputs' is missing"),
      (#""units" : 5"#, #""units" : "many""#, "units"),
    ]
    for (from, to, expected) in damages {
      let damaged = text.replacing(from, with: to, maxReplacements: 1)
      #expect(damaged != text)
      let told = message { _ = try Network(json: damaged) }
      #expect(told.contains(expected), "'\(told)' does not name \(expected)")
    }
  }

  @Test func poolingWindows() throws {
    func extent(_ pooling: MaxPooling, _ input: Int) throws -> Int {
      try pooling.outputShape(for: [[1, input]])[1]
    }
    #expect(try extent(MaxPooling(3, stride: 2), 112) == 55)
    #expect(try extent(MaxPooling(3, stride: 2, includesPartial: true), 112) == 56)
    #expect(try extent(MaxPooling(3, stride: 2, padding: .symmetric([1])), 112) == 56)
    #expect(try extent(MaxPooling(2, padding: .same), 7) == 4)
    // The last window would begin behind the image: PyTorch leaves it out.
    #expect(
      try extent(MaxPooling(2, stride: 2, padding: .symmetric([1]), includesPartial: true), 3) == 2)
  }

  @Test func initialNumbers() {
    var source = RandomSource(seed: 9)
    func variance(_ initializer: Initializer) -> Double {
      initializer.tensor(shape: [64, 32, 3, 3], using: &source, as: Double.self).variance()
    }
    let (fanIn, fanOut) = (32.0 * 9, 64.0 * 9)
    for (initializer, expected) in [
      (Initializer.heNormal, 2 / fanIn), (.heUniform, 2 / fanIn),
      (.glorotNormal, 2 / (fanIn + fanOut)), (.glorotUniform, 2 / (fanIn + fanOut)),
      (.leCunNormal, 1 / fanIn), (.leCunUniform, 1 / fanIn), (.uniformFanIn, 1 / (3 * fanIn)),
    ] {
      #expect(abs(variance(initializer) / expected - 1) < 0.05)
    }
    for shape in [[6, 2, 3], [12, 5]] as [Shape] {
      let matrix = Initializer.orthogonal(gain: 2).tensor(
        shape: shape, using: &source, as: Double.self)
      let (rows, columns) = (shape[0], matrix.count / shape[0])
      let count = min(rows, columns)
      for left in 0..<count {
        for right in 0..<count {
          let product = (0..<max(rows, columns)).reduce(0.0) { sum, index in
            let (a, b) =
              rows <= columns
              ? (left * columns + index, right * columns + index)
              : (index * columns + left, index * columns + right)
            return sum + matrix.elements[a] * matrix.elements[b]
          }
          #expect(abs(product - (left == right ? 4 : 0)) < 1e-12)
        }
      }
    }
  }
}
