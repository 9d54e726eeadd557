import JSON
import Testing

@testable import YAML

@Suite struct YAMLDecoderTests {
    @Test(
        arguments: [
            ("yes", true), ("Off", false), ("~", .null), ("", .null), ("0644", 420), ("0x1F", 31), ("1_000", 1000), ("-7", -7),
            ("1.5", 1.5), ("1e3", 1000.0), (".5", 0.5), ("\"yes\"", "yes"), ("'1'", "1"), ("1.2.3", "1.2.3"),
            ("2024-01-01", "2024-01-01"), ("0o17", 15), ("08", 8.0), ("!!str 1", "1"), ("-", nil), ("a: -", nil),
        ] as [(String, JSONValue?)])
    func `a plain scalar means what it means to Kubernetes`(text: String, value: JSONValue?) throws {
        guard let value else { return }
        #expect(try YAMLDecoder.decode("v: \(text)") == ["v": value])
    }

    @Test func `a manifest becomes the same tree as its JSON`() throws {
        let text = """
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: a, labels: {on: "on", 1: one}}
            data:
              text: |
                line
                  more
              list: "- a"
            """
        #expect(
            try YAMLDecoder.decode(text) == [
                "apiVersion": "v1", "kind": "ConfigMap",
                "metadata": ["name": "a", "labels": ["true": "on", "1": "one"]],
                "data": ["text": "line\n  more\n", "list": "- a"],
            ])
    }

    @Test(
        arguments: [
            ("a: 1\nb: 2\na: 3\n", ["a": 3, "b": 2], ["line 3: key \"a\" already set in map"]),
            (
                "x:\n  a: 1\n  \"a\": 2\n  'a': 3\n", ["x": ["a": 3]],
                ["line 3: key \"a\" already set in map", "line 4: key \"a\" already set in map"]
            ),
            (
                "{a: {b: 1, b: 2}, a: 5}", ["a": 5],
                ["line 1: key \"a\" already set in map", "line 1: key \"b\" already set in map"]
            ),
            ("- a: 1\n  é: 1\n  é:\n    c: 1\n", [["a": 1, "é": ["c": 1]]], ["line 4: key \"é\" already set in map"]),
            ("a: 1", ["a": 1], []),
        ] as [(String, JSONValue, [String])])
    func `a repeated key keeps its last value and is told of`(text: String, value: JSONValue, repetitions: [String]) throws {
        let found = try YAMLDecoder.decodeKeepingLast(Array(text.utf8))
        #expect(found.value == value && found.repetitions == repetitions)
    }

    @Test func `repetitions have a limit`() {
        let text = (0..<200).map { _ in "a: 1\n" }.joined()
        #expect(throws: YAMLError.self) { try YAMLDecoder.decodeKeepingLast(Array(text.utf8)) }
    }

    @Test func `documents are read one by one and empty ones left out`() throws {
        #expect(try YAMLDecoder.decodeAll("---\na: 1\n---\n---\n# nothing\n---\nb: 2\n") == [["a": 1], ["b": 2]])
    }

    @Test func `merged keys do not replace those that are written out`() throws {
        let text = "base: &b {x: 1, y: 2}\nmine:\n  <<: *b\n  y: 3\n"
        #expect(try YAMLDecoder.decode(text)["mine"] == ["x": 1, "y": 3])
    }

    @Test func `aliases that multiply are refused`() {
        var text = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n"
        for level in 1...9 {
            text += "a\(level): &a\(level) [" + Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ",") + "]\n"
        }
        #expect(throws: YAMLError.self) { try YAMLDecoder.decode(text) }
    }

    @Test func `depth and size have limits`() {
        #expect(throws: YAMLError.self) { try YAMLDecoder.decode(String(repeating: "- ", count: 100_000) + "a") }
        #expect(throws: YAMLError.self) { try YAMLDecoder.decode(String(repeating: "[", count: 100_000)) }
        #expect(throws: YAMLError.self) { try YAMLDecoder.decode("abc", limits: YAMLLimits(bytesMax: 2)) }
    }

    @Test func `an error names its line`() {
        #expect(throws: YAMLError.self) { try YAMLDecoder.decode("a: 1\nb: [1\nc: 2\n") }
        do throws(YAMLError) {
            _ = try YAMLDecoder.decode("a: 1\n  b: 2\n")
        } catch {
            #expect(error.line == 2)
        }
    }

    @Test func `a key that stands twice is refused`() {
        #expect(throws: YAMLError("key \"a\" already set in map")) { try YAMLDecoder.decode("a: 1\na: 2\n") }
    }
}
