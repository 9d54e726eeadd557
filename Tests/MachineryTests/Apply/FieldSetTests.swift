import API
import JSON
import Support
import Testing

@testable import Machinery

@Suite struct FieldSetTests {
    @Test(arguments: [
        "{}", "{\"f:a\":{}}", "{\"f:spec\":{\"f:replicas\":{}}}",
        "{\"f:metadata\":{\"f:labels\":{\".\":{},\"f:app\":{}}}}",
        "{\"f:list\":{\"k:{\\\"name\\\":\\\"a\\\"}\":{\".\":{},\"f:name\":{}}}}",
        "{\"f:set\":{\"v:1\":{},\"v:\\\"a\\\"\":{},\"v:true\":{}}}", "{\"f:atoms\":{\"i:0\":{},\"i:2\":{}}}",
        "{\"k:{\\\"port\\\":80,\\\"protocol\\\":\\\"TCP\\\"}\":{}}",
    ])
    func `reads and writes the form of managedFields`(text: String) throws {
        let set = try FieldSet(json: JSONParser.parse(text))
        #expect(JSONWriter.text(set.json) == text)
    }

    @Test(arguments: [
        // Out of order, spaced differently, keys in another order, doubled.
        ("{\"f:b\":{},\"f:a\":{}}", "{\"f:a\":{},\"f:b\":{}}"),
        ("{\"v:\\\"a\\\"\":{},\"v:2\":{},\"v:10\":{}}", "{\"v:2\":{},\"v:10\":{},\"v:\\\"a\\\"\":{}}"),
        ("{\"k:{ \\\"b\\\":1, \\\"a\\\":2}\":{}}", "{\"k:{\\\"a\\\":2,\\\"b\\\":1}\":{}}"),
        (
            "{\"k:{\\\"a\\\":1}\":{\"f:x\":{}},\"k:{ \\\"a\\\":1}\":{\"f:y\":{}}}",
            "{\"k:{\\\"a\\\":1}\":{\"f:x\":{},\"f:y\":{}}}"
        ),
        // What is not known is left out with what is below it.
        ("{\"z:new\":{\"f:a\":{}},\"f:b\":{}}", "{\"f:b\":{}}"),
        // Fields stand before keys, keys before values, values before positions.
        (
            "{\"i:1\":{},\"v:1\":{},\"k:{\\\"a\\\":1}\":{},\"f:a\":{}}",
            "{\"f:a\":{},\"k:{\\\"a\\\":1}\":{},\"v:1\":{},\"i:1\":{}}"
        ),
        ("{\"f:a\":null}", "{\"f:a\":{}}"),
    ])
    func `writes the canonical form`(text: String, canonical: String) throws {
        #expect(JSONWriter.text(try FieldSet(json: JSONParser.parse(text)).json) == canonical)
    }

    @Test(arguments: [
        "[]", "1", "{\"f\":{}}", "{\"fa\":{}}", "{\"v:{\":{}}", "{\"k:1\":{}}", "{\"i:x\":{}}", "{\"f:a\":1}",
        "{\"k:{\\\"a\\\"\":{}}",
    ])
    func `refuses what is no set`(text: String) throws {
        let json = try JSONParser.parse(text)
        #expect(throws: FieldSetError.self) { try FieldSet(json: json) }
    }

    @Test func `shows paths as people read them`() {
        let set = FieldSet([
            [.field("spec"), .field("ports"), .keyed([.init("protocol", "TCP"), .init("port", 80)]), .field("name")],
            [.field("set"), .value("a")], [.field("list"), .index(1)],
        ])
        #expect(set.description == ".list[1]\n.set[=\"a\"]\n.spec.ports[port=80,protocol=\"TCP\"].name")
    }

    @Test func `subtracts places, or whole trees`() {
        let set = FieldSet.fields(["a"], ["a", "b"], ["a", "b", "c"], ["d"])
        let gone = FieldSet.fields(["a"], ["d"])
        #expect(set.subtracting(gone) == .fields(["a", "b"], ["a", "b", "c"]))
        #expect(set.subtractingTrees(gone).isEmpty)
        #expect(set.subtractingTrees(.fields(["a", "b"])) == .fields(["a"], ["d"]))
    }

    @Test func `filters by patterns`() {
        let patterns: OwnedFilter = .including([[.field("spec"), .field("list"), .any, .field("x")]])
        let element = PathElement.keyed([.init("name", "a")])
        let set = FieldSet([
            [.field("spec"), .field("other")], [.field("spec"), .field("list"), element, .field("x"), .field("deep")],
            [.field("spec"), .field("list"), element, .field("y")],
        ])
        #expect(patterns.filter(set).description == ".spec.list[name=\"a\"].x.deep")
    }

    /// Sets of a few paths over a small alphabet, so that they meet often.
    private static func randomSet(_ random: inout SeededRandom) -> FieldSet {
        let elements: [PathElement] = [
            .field("a"), .field("b"), .field("é"), .keyed([.init("k", 1)]), .keyed([.init("k", 2), .init("l", "x")]), .value("v"),
            .value(3), .index(0),
        ]
        let count = Int.random(in: 0...8, using: &random)
        return FieldSet(
            (0..<count).map { _ in
                (0..<Int.random(in: 1...4, using: &random)).map { _ in
                    elements[Int.random(in: 0..<elements.count, using: &random)]
                }
            })
    }

    @Test(arguments: 0..<UInt64(200))
    func `keeps the laws of sets`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let (a, b) = (Self.randomSet(&random), Self.randomSet(&random))
        let (left, right) = (Set(a.paths), Set(b.paths))
        #expect(Set(a.union(b).paths) == left.union(right))
        #expect(Set(a.intersection(b).paths) == left.intersection(right))
        #expect(Set(a.subtracting(b).paths) == left.subtracting(right))
        let beneath = left.filter { path in !right.contains { path.starts(with: $0) } }
        #expect(Set(a.subtractingTrees(b).paths) == beneath)
        #expect(a.union(b) == b.union(a))
        #expect(try FieldSet(json: a.json) == a)
        #expect(a.count == left.count)
    }

    @Test(arguments: 0..<UInt64(400))
    func `survives damaged text`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var bytes = Array(JSONWriter.text(Self.randomSet(&random).json).utf8)
        for _ in 0..<Int.random(in: 1...6, using: &random) where !bytes.isEmpty {
            let position = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<3, using: &random) {
            case 0: bytes[position] = UInt8.random(in: 0...127, using: &random)
            case 1: bytes.remove(at: position)
            default: bytes.insert(bytes[Int.random(in: 0..<bytes.count, using: &random)], at: position)
            }
        }
        guard let json = try? JSONParser.parse(bytes), let set = try? FieldSet(json: json) else { return }
        // Whatever was readable is stable from then on.
        #expect(try FieldSet(json: set.json) == set)
    }

    @Test func `refuses nesting without end`() {
        var json: JSONValue = [:]
        for _ in 0..<600 { json = ["f:a": json] }
        #expect(throws: FieldSetError.self) { try FieldSet(json: json) }
    }
}
