// swift-tools-version: 6.1
import PackageDescription

let numerics: Target.Dependency = .product(name: "Numerics", package: "swift-numerics")

let package = Package(
  name: "Filtersmith",
  platforms: [.macOS(.v15)],
  products: [
    .library(name: "Filtersmith", targets: ["Filtersmith"]),
    .executable(name: "filtersmith", targets: ["CommandLineTool"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-numerics", from: "1.1.1"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
  ],
  targets: [
    // Libraries of the system, and the innermost loops
    .systemLibrary(
      name: "CFFTW", pkgConfig: "fftw3", providers: [.apt(["libfftw3-dev"]), .brew(["fftw"])]),
    .systemLibrary(
      name: "COpenBLAS", pkgConfig: "openblas",
      providers: [.apt(["libopenblas-dev", "liblapacke-dev"]), .brew(["openblas"])]),
    .systemLibrary(
      name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),
    .systemLibrary(
      name: "CCairo", pkgConfig: "cairo", providers: [.apt(["libcairo2-dev"]), .brew(["cairo"])]),
    .systemLibrary(
      name: "CLibPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"]), .brew(["libpng"])]),
    .target(name: "CPNG", dependencies: ["CLibPNG"]),
    .target(name: "SIMDLoops"),

    // Each module depends only on those above it
    .target(name: "Tensors", dependencies: [numerics]),
    .target(
      name: "LinearAlgebra", dependencies: ["COpenBLAS", "SIMDLoops", "Tensors", numerics]),
    .target(name: "DataFiles", dependencies: ["CPNG", "CZlib", "Tensors", numerics]),
    .target(name: "Fourier", dependencies: ["CFFTW", "Tensors", numerics]),
    .target(
      name: "Convolutions",
      dependencies: ["Fourier", "LinearAlgebra", "SIMDLoops", "Tensors", numerics]),
    .target(
      name: "FilterDesign",
      dependencies: [
        "Convolutions", "DataFiles", "Fourier", "LinearAlgebra", "Tensors", numerics,
      ]),
    .target(
      name: "ImageProcessing",
      dependencies: ["Convolutions", "LinearAlgebra", "SIMDLoops", "Tensors", numerics]),
    .target(
      name: "ImageAnalysis",
      dependencies: [
        "Convolutions", "DataFiles", "FilterDesign", "Fourier", "ImageProcessing", "LinearAlgebra",
        "SIMDLoops", "Tensors", numerics,
      ]),
    .target(
      name: "Figures",
      dependencies: ["CCairo", "DataFiles", "FilterDesign", "ImageAnalysis", "Tensors", numerics]),
    .target(
      name: "Networks",
      dependencies: [
        "Convolutions", "DataFiles", "ImageProcessing", "LinearAlgebra", "SIMDLoops", "Tensors",
        numerics,
      ]),
    .target(
      name: "Studies",
      dependencies: [
        "Convolutions", "DataFiles", "Figures", "FilterDesign", "Fourier", "LinearAlgebra",
        "Networks", "Tensors", numerics,
      ],
      resources: [
        .embedInCode("Textures/brick.png"), .embedInCode("Textures/grass.png"),
        .embedInCode("Textures/gravel.png"),
      ]),
    .target(
      name: "Filtersmith",
      dependencies: [
        "Convolutions", "DataFiles", "Figures", "FilterDesign", "Fourier", "ImageAnalysis",
        "ImageProcessing", "LinearAlgebra", "Networks", "Studies", "Tensors",
      ]),
    .target(
      name: "BenchmarkWorkloads",
      dependencies: [
        "Convolutions", "DataFiles", "FilterDesign", "ImageAnalysis", "Networks", "Tensors",
        numerics,
      ]),
    .executableTarget(
      name: "CommandLineTool",
      dependencies: [
        "BenchmarkWorkloads", "Filtersmith", numerics,
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),

    // Tests: one target a module
    .target(name: "AllocationCounter", path: "Tests/AllocationCounter"),
    .target(
      name: "TestSupport",
      dependencies: ["AllocationCounter", "DataFiles", "SIMDLoops", "Tensors", numerics],
      path: "Tests/TestSupport"),
    .testTarget(name: "TensorsTests", dependencies: ["TestSupport", "Tensors"]),
    .testTarget(
      name: "LinearAlgebraTests", dependencies: ["LinearAlgebra", "TestSupport", "Tensors"]),
    .testTarget(
      name: "DataFilesTests", dependencies: ["CZlib", "DataFiles", "TestSupport"],
      resources: [.copy("Fixtures")]),
    .testTarget(name: "FourierTests", dependencies: ["Fourier", "DataFiles", "TestSupport"]),
    .testTarget(
      name: "ConvolutionsTests",
      dependencies: ["Convolutions", "DataFiles", "SIMDLoops", "TestSupport"]),
    .testTarget(
      name: "FilterDesignTests", dependencies: ["FilterDesign", "DataFiles", "TestSupport"]),
    .testTarget(
      name: "ImageProcessingTests", dependencies: ["ImageProcessing", "TestSupport"]),
    .testTarget(
      name: "ImageAnalysisTests", dependencies: ["ImageAnalysis", "DataFiles", "TestSupport"]),
    .testTarget(
      name: "NetworksTests",
      dependencies: ["AllocationCounter", "DataFiles", "Networks", "SIMDLoops", "TestSupport"]),
    .testTarget(name: "FiguresTests", dependencies: ["Figures", "DataFiles", "TestSupport"]),
    .testTarget(name: "StudiesTests", dependencies: ["DataFiles", "Studies", "TestSupport"]),
    .testTarget(
      name: "CommandLineToolTests",
      dependencies: [
        "CommandLineTool", "Filtersmith", "TestSupport", numerics,
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
  ],
  swiftLanguageModes: [.v6]
)
