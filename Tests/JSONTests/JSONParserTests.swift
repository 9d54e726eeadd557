import JSON
import Support
import Testing

@Suite struct JSONParserTests {
    static let values: [(String, JSONValue)] = [
        ("null", .null), (" true ", true), ("-0", 0), ("12", 12), ("1.5", 1.5), ("1e3", 1000.0),
        ("9223372036854775807", .int(.max)), ("9223372036854775808", .double(9_223_372_036_854_775_808)),
        (#""a\"\\\/\b\f\n\r\tz""#, "a\"\\/\u{8}\u{c}\n\r\tz"), (#""\u00e9\ud83d\ude00""#, "é😀"), (#""\ud800x""#, "\u{fffd}x"),
        ("[]", []), ("[1,[2]]", [1, [2]]), ("{}", [:]), (#"{"a":{"b":null}}"#, ["a": ["b": nil]]),
    ]

    @Test(arguments: values)
    func `reads a value`(text: String, expected: JSONValue) throws {
        #expect(try JSONParser.parse(text) == expected)
    }

    @Test(arguments: [
        "", " ", "nul", "+1", "01", "1.", ".5", "1e", "-", "\"a", "\"\\x\"", "\"\\u12\"", "\"\u{1}\"", "[1,]", "[1 2]", "{\"a\"}",
        "{\"a\":1,}", "{a:1}", "1 2", "{\"a\":1}}", "'a'", "tru\u{0}",
    ])
    func `refuses what is not JSON`(text: String) {
        #expect(throws: JSONError.self) { try JSONParser.parse(text) }
    }

    @Test func `refuses bytes that are not UTF-8`() {
        #expect(throws: JSONError(.invalidUTF8, at: 1)) { try JSONParser.parse([0x22, 0xc3, 0x28, 0x22]) }
        #expect(throws: JSONError(.invalidUTF8, at: 1)) { try JSONParser.parse([0x22, 0x5c, 0x6e, 0xff, 0x22]) }
    }

    @Test func `stops at the depth limit instead of the end of the stack`() {
        let deep = String(repeating: "[", count: 100_000)
        #expect(throws: JSONError(.tooDeep(limit: JSONParser.depthMax), at: JSONParser.depthMax)) { try JSONParser.parse(deep) }
    }

    @Test func `keeps the last of a repeated key and names where it stood`() throws {
        var duplicates: [JSONParser.DuplicateKey] = []
        let value = try JSONParser.parse(Array(#"{"a":[{"b":1,"b":2}],"c":1,"c":3}"#.utf8), duplicates: &duplicates)
        #expect(value == ["a": [["b": 2]], "c": 3])
        #expect(duplicates.map(\.path) == [["a", "[0]"], []])
        #expect(duplicates.map(\.key) == ["b", "c"])
    }

    @Test func `finds a repeated key in a large object`() throws {
        let members = (0..<100).map { "\"k\($0)\":\($0)" } + ["\"k70\":7"]
        var duplicates: [JSONParser.DuplicateKey] = []
        let value = try JSONParser.parse(Array("{\(members.joined(separator: ","))}".utf8), duplicates: &duplicates)
        #expect(duplicates.map(\.key) == ["k70"])
        #expect(value["k70"] == 7)
        #expect(value.object?.count == 100)
    }

    @Test(arguments: [1, 2, 3])
    func `never fails on its own output, and never crashes on damaged output`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        for _ in 0..<200 {
            let value = Self.randomValue(&random, depth: 0)
            var bytes = JSONWriter.write(value)
            #expect(try JSONParser.parse(bytes) == value, "seed \(seed)")
            bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            _ = try? JSONParser.parse(bytes)
        }
    }

    private static func randomValue(_ random: inout SeededRandom, depth: Int) -> JSONValue {
        switch Int.random(in: 0..<(depth > 4 ? 5 : 7), using: &random) {
        case 0: return .null
        case 1: return .bool(Bool.random(using: &random))
        case 2: return .int(Int64.random(in: .min ... .max, using: &random))
        case 3: return .double(Double.random(in: -1e300...1e300, using: &random))
        case 4:
            let scalars = (0..<Int.random(in: 0..<12, using: &random)).map { _ in
                UnicodeScalar(UInt32.random(in: 0..<0xd800, using: &random)) ?? "?"
            }
            return .string(String(String.UnicodeScalarView(scalars)))
        case 5: return .array((0..<Int.random(in: 0..<5, using: &random)).map { _ in randomValue(&random, depth: depth + 1) })
        default:
            var object = JSONObject()
            for index in 0..<Int.random(in: 0..<25, using: &random) {
                object["k\(index)"] = randomValue(&random, depth: depth + 1)
            }
            return .object(object)
        }
    }
}
