import Networks
import Tensors
import Testing

/// The published numbers of parameters, to the digit.
@Suite struct ModelTests {
  @Test(arguments: [
    ("lenet5", 61_706), ("lecture", 62_958), ("alexnet", 61_100_840), ("vgg16", 138_357_544),
    ("vgg19", 143_667_240), ("googlenet", 6_624_904), ("googlenet-auxiliary", 13_004_888),
    ("resnet18", 11_689_512), ("resnet34", 21_797_672), ("resnet50", 25_557_032),
    ("resnet101", 44_549_160), ("resnet152", 60_192_808), ("resnet20", 269_722),
    ("densenet121", 7_978_856), ("densenet169", 14_149_480), ("densenet201", 20_013_928),
    ("unet", 31_030_658), ("unet-same", 31_030_658),
    ("unet-small", 1_943_778), ("unet3d", 19_069_955),
    ("multitask", 482_724), ("volume-classifier", 291_474), ("volume-regressor", 291_345),
    ("boxes", 1_146_372),
  ])
  func parameterCounts(_ name: String, _ count: Int) throws {
    let network = try Model.named(name).network()
    #expect(network.trainableParameterCount == count)
    #expect(network.summary.trainableParameters == count)
  }

  @Test func everyModelIsCounted() {
    #expect(Set(Model.all.map(\.name)).count == Model.all.count)
    #expect(Model.all.count == 24)
  }

  @Test func lectureTable() throws {
    let rows = try Model.named("lecture").network().summary.layers.filter { $0.parameters > 0 }
    #expect(rows.map(\.parameters) == [608, 3_216, 48_120, 10_164, 850])
    let leNet = try Model.named("lenet5").network().summary.layers.filter { $0.parameters > 0 }
    #expect(leNet.map(\.parameters) == [156, 2_416, 48_120, 10_164, 850])
  }

  @Test func vgg16RowsAreKeras() throws {
    let summary = try Model.named("vgg16").network().summary
    let rows = Dictionary(uniqueKeysWithValues: summary.layers.map { ($0.name, $0) })
    #expect(rows["block1_conv1"]?.parameters == 1_792)
    #expect(rows["block1_conv1"]?.outputShape == [64, 224, 224])
    #expect(rows["block5_conv3"]?.parameters == 2_359_808)
    #expect(rows["block5_pool"]?.outputShape == [512, 7, 7])
    #expect(rows["flatten"]?.outputShape == [25_088])
    #expect(rows["fc1"]?.parameters == 102_764_544)
    #expect(rows["predictions"]?.parameters == 4_097_000)
    let withoutTop = summary.layers.prefix { $0.name != "flatten" }.reduce(0) { $0 + $1.parameters }
    #expect(withoutTop == 14_714_688)
    #expect(summary.description.contains("(None, 224, 224, 64)"))
    #expect(summary.description.contains("138,357,544"))
  }

  @Test func otherSizesAndClasses() throws {
    let unet = try Model.named("unet")
    #expect(try unet.network().outputShapes == [[2, 388, 388]])
    #expect(try unet.network(classes: 1).trainableParameterCount == 31_030_593)
    #expect(try unet.network(input: [3, 572, 572]).trainableParameterCount == 31_031_810)
    #expect(
      try Model.named("unet-same").network(input: [1, 64, 96]).outputShapes == [[2, 64, 96]])
    let sigmoids = try Model.named("densenet121").network(classes: 14)
    #expect(sigmoids.trainableParameterCount == 6_968_206)
    let volume = try Model.named("unet3d").network(input: [1, 16, 24, 32], classes: 2)
    #expect(volume.outputShapes == [[2, 16, 24, 32]])
    #expect(throws: FiltersmithError.self) { try Model.named("lenet5").network(input: [1, 8, 8]) }
    #expect(throws: FiltersmithError.self) { try Model.named("lenet5").network(classes: 0) }
    #expect(throws: FiltersmithError.self) { try Model.named("vgg") }
  }

  @Test func intermediateSizes() throws {
    let google = try Model.named("googlenet").network()
    #expect(google.shapes["inception3a.concatenate1"] == [256, 28, 28])
    #expect(google.shapes["inception5b.concatenate1"] == [1024, 7, 7])
    let resNet = try Model.named("resnet50").network()
    #expect(resNet.shapes["layer4.2.add1"] == [2048, 7, 7])
    let dense = try Model.named("densenet121").network()
    #expect(dense.shapes["block4.layer16.concatenate1"] == [1024, 7, 7])
  }
}
