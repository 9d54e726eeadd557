import JSON
import Testing

@testable import CEL

@Suite struct CheckerTests {
    static let environment = ExpressionEnvironment([
        "self": .object(
            "T",
            [
                .init("name", .string), .init("count", .int), .init("tags", .list(.string)), .init("labels", .map(.int)),
                .init("inner", .object("T.inner", [.init("flag", .bool)])), .init("any", .dyn),
            ])
    ])

    @Test(arguments: [
        ("self.count + 1", "int"), ("self.tags", "list(string)"), ("self.labels['a']", "int"), ("self.inner.flag", "bool"),
        ("self.any.whatever", "dyn"), ("self.tags.map(t, t.size())", "list(int)"), ("{'a': 1}", "map(string, int)"),
        ("[]", "list(dyn)"),
        ("self.?name", "optional_type(string)"), ("self.?name.orValue('')", "string"), ("self.inner", "T.inner"),
        ("null", "null"),
        ("self.count > 1.5", "bool"), ("true ? self.any : 1", "dyn"), ("self.tags.all(t, t != '')", "bool"),
        ("type(1)", "type(int)"),
        ("quantity('1')", "kubernetes.Quantity"), ("[1, 2].transformMap(i, v, 'x')", "map(int, string)"),
    ])
    func `tells types`(text: String, type: String) throws {
        #expect(try Self.environment.compile(text).type.description == type)
    }

    @Test(arguments: [
        ("self.absent", "undefined field 'absent'"), ("other", "undeclared reference to 'other' (in container '')"),
        ("self.name + 1", "found no matching overload for '_+_' applied to '(string, int)'"),
        ("self.name.nope()", "undeclared reference to 'nope' (in container '')"),
        ("self.name.startsWith(1)", "found no matching overload for 'startsWith' applied to 'string.(int)'"),
        ("[1, 'a']", "expected type 'int' but found 'string'"), ("self.count.x", "type 'int' does not support field selection"),
        (
            "self.count.all(x, true)",
            "expression of type 'int' cannot be range of a comprehension (must be list, map, or dynamic)"
        ),
        ("self.name == 1", "found no matching overload for '_==_' applied to '(string, int)'"),
        ("self.count == null", "found no matching overload for '_==_' applied to '(int, null)'"),
        ("Object{}", "undeclared reference to 'Object' (in container '')"), ("'a'.matches('(')", "invalid matches argument"),
        ("duration('x')", "invalid duration argument"), ("timestamp('x')", "invalid timestamp argument"),
        ("1 && true", "found no matching overload for '_&&_' applied to '(int, bool)'"),
        ("self.tags.all(t, t)", "found no matching overload for '_&&_' applied to '(bool, string)'"),
    ])
    func `says what is wrong`(text: String, message: String) {
        #expect(ExpressionFixture.show(text, Self.environment) == "invalid: " + message)
    }

    @Test func `shows the place`() {
        let error = #expect(throws: CompilationError.self) { try Self.environment.compile("1 +\n  self.absent") }
        #expect(
            error?.description == "ERROR: <input>:2:7: undefined field 'absent'\n |   self.absent\n | ......^")
    }

    @Test func `knows variables with a dot in their names`() throws {
        let environment = ExpressionEnvironment(["a": .string, "a.b": .int])
        let program = try environment.compile("a.b + 1")
        #expect(try program.evaluate(["a": .string("x"), "a.b": .int(2)]).result.get().json == 3)
    }

    @Test func `builds objects of mutations`() throws {
        let environment = ExpressionEnvironment(["object": .dyn], construction: .mutations)
        let program = try environment.compile("Object{spec: Object.spec{replicas: object.n + 1, ?gone: optional.none()}}")
        #expect(program.type == .object("Object"))
        let value = try program.evaluate(["object": CELValue(["n": 1])]).result.get()
        #expect(value.json == ["spec": ["replicas": 2]])
        let patch = try environment.compile("[JSONPatch{op: 'add', path: '/a', value: 1}]")
        #expect(patch.type == .list(.object("JSONPatch")))
        #expect(ExpressionFixture.show("JSONPatch{op: 1}", environment).contains("expected type of field 'op' is 'string'"))
        #expect(ExpressionFixture.show("JSONPatch{no: 1}", environment) == "invalid: undefined field 'no'")
    }
}
