import Filtersmith
import Testing

@testable import CommandLineTool

@Suite("Numbers and negative values on the command line")
struct ParsingTests {
  static let expressions: [(text: String, value: Double)] = [
    ("1.4809609793861218", 1.480_960_979_386_121_8), ("pi", 3.141_592_653_589_793),
    ("pi/3", 1.047_197_551_196_597_6), ("2pi/3", 2.094_395_102_393_195_3),
    ("2*pi*3", 18.849_555_921_538_76), ("pi*sqrt(2)/3", 1.480_960_979_386_121_8),
    ("π√2/3", 1.480_960_979_386_121_8), (" pi / 2 ", 1.570_796_326_794_896_6),
    ("-sqrt(2)/2", -0.707_106_781_186_547_6), ("(1+2)*3-4/2", 7), ("-1", -1), ("--2", 2),
    ("1e-3", 1e-3), ("2.5E2", 250), (".5", 0.5),
  ]

  @Test("Expressions", arguments: expressions)
  func expression(text: String, value: Double) throws {
    #expect(abs(try NumberExpression.value(of: text) - value) <= 4e-16 * abs(value))
  }

  @Test(
    "What is no number is refused and quoted",
    arguments: [
      "", "abc", "1/0", "nan", "inf", "1,2", "pi/", "sqrt(2", "1..2", "2e", "sqrt(-1)", ")",
      String(repeating: "(", count: 5000),
    ])
  func refusal(text: String) throws {
    let error = #expect(throws: FiltersmithError.self) { try NumberExpression.value(of: text) }
    #expect(error?.kind == .argument)
  }

  @Test("Negative values are attached to the option before them")
  func negativeValues() {
    #expect(
      ArgumentNormalizer.normalized([
        "--frequency-exponent", "-1", "--direction", "0,1", "-1,0", "-.5,2", "-o", "-", "--",
        "-1",
      ]) == [
        "--frequency-exponent=-1", "--direction", "0,1", "--direction=-1,0", "--direction=-.5,2",
        "-o", "-", "--", "-1",
      ])
    #expect(ArgumentNormalizer.normalized(["-1", "--a=-1", "-2"]) == ["-1", "--a=-1", "--a=-2"])
  }

  @Test("One value stands for all axes, otherwise there is one for each")
  func perAxis() throws {
    let one = try #require(IntegerList(argument: "9"))
    #expect(try one.perAxis(3, option: "--size") == [9, 9, 9])
    let two = try #require(IntegerList(argument: "9,11"))
    #expect(try two.perAxis(2, option: "--size") == [9, 11])
    let error = #expect(throws: FiltersmithError.self) { try two.perAxis(3, option: "--size") }
    #expect(error?.message.contains("--size [9, 11]") == true)
    #expect(IntegerList(argument: "9,") == nil)
    #expect(IntegerList(argument: "9.5") == nil)
  }

  @Test("The progress line tells the part done and the time left")
  func progress() {
    let line = ProgressLine("designing 12 filters")
    #expect(
      line.text(fraction: 0.25, elapsed: .seconds(4)) == "designing 12 filters: 25 %, 12 s left")
    #expect(
      line.text(fraction: 0.5, elapsed: .seconds(600)) == "designing 12 filters: 50 %, 10 min left")
    #expect(line.text(fraction: 0, elapsed: .seconds(3)) == "designing 12 filters: 0 %")
    #expect(line.text(fraction: nil, elapsed: .seconds(3)) == "designing 12 filters: 3 s")
  }
}
