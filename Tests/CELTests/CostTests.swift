import JSON
import Testing

@testable import CEL

@Suite struct CostTests {
    @Test(arguments: [
        ("object", 1), ("object.name", 2), ("object.items[0].name", 4), ("has(object.name)", 1), ("1 + 2", 1),
        ("[1, 2, 3].all(x, true)", 10),
        ("'abc'.contains('b')", 1), ("true && false", 0), ("object.name == 'web'", 3), ("[object.name]", 12),
        ("{'a': object.name}", 32),
        ("object.name.matches('w.*')", 3),
    ])
    func `counts what upstream counts`(text: String, cost: UInt64) throws {
        let program = try ExpressionFixture.loose.compile(text)
        #expect(program.evaluate(["object": CELValue(ExpressionFixture.object)]).cost == cost)
    }

    static let thousand: JSONValue = .array((0..<1000).map { .int($0) })

    @Test(arguments: [
        "l.all(a, l.all(b, l.all(c, a + b + c >= 0)))", "l.map(a, l.map(b, l))", "l.exists(a, l.exists(b, l.exists(c, false)))",
        "l.map(x, 'aaaaaaaaaa').join('').matches('(a*)*b') || l.all(a, l.all(b, l.join().matches('x')))",
        "l.map(x, l.map(y, x)).map(z, z.sum()).all(q, l.all(r, l.contains))",
    ])
    func `ends what costs too much`(text: String) {
        guard let program = try? ExpressionEnvironment(["l": .dyn]).compile(text) else { return }
        let outcome = program.evaluate(["l": CELValue(Self.thousand)], costMax: 50_000)
        #expect(outcome.cost <= 150_000)
        guard case .failure = outcome.result else {
            Issue.record("\(text) has a value")
            return
        }
    }

    @Test func `honours a smaller limit`() throws {
        let program = try ExpressionEnvironment(["l": .dyn]).compile("l.all(x, x >= 0)")
        #expect(program.evaluate(["l": CELValue(Self.thousand)], costMax: 100).result.failure == .costExceeded)
        #expect(program.evaluate(["l": CELValue(Self.thousand)]).result.failure == nil)
    }

    @Test func `an expensive side is not excused by the other`() throws {
        let program = try ExpressionEnvironment(["l": .dyn]).compile("l.all(x, l.all(y, true)) || true")
        #expect(program.evaluate(["l": CELValue(Self.thousand)], costMax: 50_000).result.failure == .costExceeded)
    }

    @Test func `lists do not grow without end`() throws {
        var list = CELValue.list((0..<1000).map { .int($0) })
        let program = try ExpressionEnvironment(["l": .dyn]).compile("l + l")
        var failure: EvaluationError?
        for _ in 0..<64 {
            switch program.evaluate(["l": list]).result {
            case .success(let next): list = next
            case .failure(let error): failure = error
            }
            if failure != nil { break }
        }
        #expect(failure == .costExceeded)
    }

    @Test(arguments: [
        String(repeating: "(", count: 10_000) + "1" + String(repeating: ")", count: 10_000), String(repeating: "[", count: 5000),
        (0..<20_000).map { _ in "1" }.joined(separator: "+"),
        "a" + String(repeating: ".b", count: 20_000), "a" + String(repeating: "[0]", count: 20_000),
        String(repeating: "a?b:", count: 10_000) + "c",
        String(repeating: "a.map(x,", count: 2000), String(repeating: "x", count: 100_001),
        String(repeating: "{'a':", count: 5000),
        "a" + String(repeating: ".f()", count: 5000), (0..<3000).map { _ in "a < b" }.joined(separator: " < "),
    ])
    func `refuses what nests too deeply`(text: String) {
        #expect(throws: ExpressionIssue.self) { try ExpressionParser.parse(text) }
    }

    @Test func `takes long chains of and`() throws {
        let text = (0..<2000).map { "object.replicas == \(3 + $0 * 0)" }.joined(separator: " && ")
        #expect(ExpressionFixture.show(text) == "true")
    }
}

extension Result {
    fileprivate var failure: Failure? {
        if case .failure(let error) = self { error } else { nil }
    }
}
