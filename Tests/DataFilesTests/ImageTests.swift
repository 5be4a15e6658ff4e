import Tensors
import TestSupport
import Testing

@testable import DataFiles

@Suite struct ImageTests {
  /// Every combination PNG allows of colour type and depth.
  static let forms: [(colorType: Int, bitDepth: Int)] =
    [1, 2, 4, 8, 16].map { (0, $0) } + [8, 16].map { (2, $0) } + [1, 2, 4, 8].map { (3, $0) }
    + [8, 16].map { (4, $0) } + [8, 16].map { (6, $0) }

  private func random(
    _ form: (colorType: Int, bitDepth: Int), width: Int, height: Int, source: inout RandomSource
  ) -> HandMadePNG {
    var png = HandMadePNG(
      width: width, height: height, bitDepth: form.bitDepth, colorType: form.colorType)
    png.samples = (0..<width * height * png.channels).map { _ in
      UInt16(source.integer(below: 1 << form.bitDepth))
    }
    if form.colorType == 3 {
      png.palette = (0..<3 << form.bitDepth).map { _ in UInt8(source.integer(below: 256)) }
    }
    return png
  }

  @Test(
    "Every colour type × depth × interlacing × size gives exactly the samples that were encoded")
  func reading() throws {
    var source = RandomSource(seed: 1)
    for form in Self.forms {
      for (width, height) in [(1, 1), (3, 2), (5, 9), (8, 8), (17, 11)] {
        for isInterlaced in [false, true] {
          var png = random(form, width: width, height: height, source: &source)
          png.isInterlaced = isInterlaced
          let image = try Image(png: png.bytes)
          var expected = png.samples
          if form.colorType == 3 {
            expected = png.samples.flatMap { index in
              (0..<3).map { UInt16(png.palette[3 * Int(index) + $0]) }
            }
          }
          #expect(image.samples.elements == expected, "\(form) \(width)×\(height) \(isInterlaced)")
          #expect(image.bitDepth == (form.colorType == 3 ? 8 : form.bitDepth))
          #expect(image.samples.shape == [height, width, image.colorModel.channelCount])
        }
      }
    }
  }

  @Test("A transparent colour becomes alpha: 0 where all channels match, else the largest sample")
  func transparentColor() throws {
    var source = RandomSource(seed: 2)
    for form in Self.forms where form.colorType == 0 || form.colorType == 2 {
      var png = random(form, width: 6, height: 5, source: &source)
      let pixel = Array(png.samples[..<png.channels])
      png.transparency = pixel.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] }
      let image = try Image(png: png.bytes)
      #expect(image.colorModel == (form.colorType == 0 ? .greyAlpha : .rgba))
      var expected: [UInt16] = []
      for start in stride(from: 0, to: png.samples.count, by: png.channels) {
        let color = Array(png.samples[start..<start + png.channels])
        expected += color + [color == pixel ? 0 : UInt16(1 << form.bitDepth - 1)]
      }
      #expect(image.samples.elements == expected, "\(form)")
    }
  }

  @Test("A palette's transparency becomes alpha; entries beyond it are opaque")
  func transparentPalette() throws {
    var png = HandMadePNG(width: 3, height: 1, bitDepth: 2, colorType: 3)
    png.palette = [1, 2, 3, 4, 5, 6, 7, 8, 9]
    png.transparency = [0, 128]
    png.samples = [2, 1, 0]
    let image = try Image(png: png.bytes)
    #expect(image.colorModel == .rgba)
    #expect(image.samples.elements == [7, 8, 9, 255, 4, 5, 6, 128, 1, 2, 3, 0])
  }

  @Test("What is written reads back exactly, for every channel count and depth")
  func roundTrip() throws {
    var source = RandomSource(seed: 3)
    for channels in 1...4 {
      for bitDepth in channels <= 2 ? [1, 2, 4, 8, 16] : [8, 16] {
        for shape in [
          Shape([1, 1, channels]), Shape([7, 13, channels]), Shape([64, 3, channels]),
        ] {
          let samples = Tensor<UInt16>(shape: shape) { _ in
            UInt16(source.integer(below: 1 << bitDepth))
          }
          let image = try Image(samples: samples, bitDepth: bitDepth)
          let again = try Image(png: image.pngBytes())
          if channels == 2, bitDepth < 8 {
            let factor = UInt16(255 / image.maximum)
            #expect(again.samples == samples.map { $0 * factor })
            #expect(again.bitDepth == 8)
          } else {
            #expect(again == image)
          }
        }
      }
    }
  }

  @Test("A file on disk holds the same bytes as one in memory")
  func disk() throws {
    try withScratchFolder { folder in
      let image = try Image(
        samples: Tensor(shape: [2, 2, 3]) { UInt16($0[0] * 6 + $0[1] * 3 + $0[2]) })
      try image.write(to: folder + "/a.png")
      #expect(try contents(folder + "/a.png") == image.pngBytes())
      #expect(try Image(contentsOf: folder + "/a.png") == image)
      #expect(try listing(folder) == ["a.png"])
    }
  }

  @Test("Luminance is 0.299 R + 0.587 G + 0.114 B; equal channels keep their value")
  func luminance() throws {
    let color = try Image(
      samples: Tensor(shape: [1, 3, 3], elements: [255, 0, 0, 0, 255, 0, 0, 0, 255]))
    #expect(color.luminance().elements == [0.299, 0.587, 0.114])
    #expect(color.luminance().shape == [1, 3])
    let equal = try Image(samples: Tensor(shape: [256, 1, 3]) { UInt16($0[0]) })
    #expect(equal.luminance(.native).elements == (0..<256).map { Float($0) })
    let grey = try Image(samples: Tensor(shape: [2, 1, 2], elements: [0, 3, 15, 0]), bitDepth: 4)
    #expect(grey.luminance().elements == [0, 1])
    #expect(grey.luminance(.native).elements == [0, 15])
  }

  @Test("Channels come first, and both scales lead back to the same samples")
  func channels() throws {
    var source = RandomSource(seed: 4)
    for (channels, bitDepth) in [(1, 1), (1, 16), (2, 4), (3, 8), (4, 16)] {
      let samples = Tensor<UInt16>(shape: [4, 5, channels]) { _ in
        UInt16(source.integer(below: 1 << bitDepth))
      }
      let image = try Image(samples: samples, bitDepth: bitDepth)
      for scale in [Image.SampleScale.unit, .native] {
        let planes = image.channels(scale)
        #expect(planes.shape == [channels, 4, 5])
        #expect(
          planes[channels - 1, 2, 3] * (scale == .unit ? Float(image.maximum) : 1)
            == Float(samples[2, 3, channels - 1]))
        #expect(try Image(channels: planes, scale: scale, bitDepth: bitDepth) == image)
      }
    }
  }

  @Test("Values are rounded to the nearest sample and clipped at both ends")
  func rounding() throws {
    let values = Tensor<Float>([-1, 0.4, 0.5, 254.4, 254.5, 255, 300, .infinity, -.infinity])
    let image = try Image(luminance: values.reshaped(to: [3, 3]), scale: .native)
    #expect(image.samples.elements == [0, 0, 1, 254, 255, 255, 255, 255, 0])
    let unit = try Image(
      luminance: Tensor(shape: [1, 3], elements: [-0.1, 0.5, 1.1]), bitDepth: 16)
    #expect(unit.samples.elements == [0, 32768, 65535])
  }

  @Test("Bad shapes, depths and values get a sentence")
  func badArguments() throws {
    let nan = Tensor<Float>(shape: [2, 2], { $0 == [1, 0] ? .nan : 0 })
    #expect(refusal { _ = try Image(luminance: nan) }?.message.contains("[0, 1, 0]") == true)
    #expect(refusal { _ = try Image(luminance: Tensor(repeating: 0, shape: [3])) }?.kind == .shape)
    #expect(
      refusal { _ = try Image(luminance: Tensor(repeating: 0, shape: [0, 3])) }?.kind == .shape)
    #expect(
      refusal { _ = try Image(channels: Tensor(repeating: 0, shape: [5, 2, 2])) }?.kind == .shape)
    #expect(
      refusal { _ = try Image(channels: Tensor(repeating: 0, shape: [3, 2, 2]), bitDepth: 4) }?.kind
        == .argument)
    #expect(
      refusal { _ = try Image(samples: Tensor(repeating: 256, shape: [1, 1, 1])) }?.kind
        == .argument)
    #expect(
      refusal { _ = try Image(samples: Tensor(repeating: 0, shape: [1, 1, 1]), bitDepth: 70) }?.kind
        == .argument)
  }
}
