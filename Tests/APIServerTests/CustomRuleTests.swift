import API
import HTTP
import JSON
import Testing

@testable import APIServer

/// `x-kubernetes-validations`.
@Suite struct CustomRuleTests {
    private static let definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    private static let widgets = "/apis/example.com/v1/namespaces/default/widgets"

    private static func definition(_ spec: JSONValue, root: [JSONValue] = []) -> JSONValue {
        var schema: JSONValue = [
            "type": "object",
            "properties": ["spec": spec, "status": ["type": "object", "properties": ["ready": ["type": "integer"]]]],
        ]
        if !root.isEmpty { schema["x-kubernetes-validations"] = .array(root) }
        return [
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": ["name": "widgets.example.com"],
            "spec": [
                "group": "example.com", "scope": "Namespaced", "names": ["plural": "widgets", "kind": "Widget"],
                "versions": [
                    [
                        "name": "v1", "served": true, "storage": true, "schema": ["openAPIV3Schema": schema],
                        "subresources": ["status": [:]],
                    ]
                ],
            ],
        ]
    }

    private static let spec: JSONValue = [
        "type": "object",
        "properties": [
            "min": ["type": "integer"], "max": ["type": "integer"], "ratio": ["type": "number"], "name": ["type": "string"],
            "port": ["x-kubernetes-int-or-string": true], "kept": ["type": "string"],
            "tags": ["type": "array", "items": ["type": "string", "maxLength": 20], "maxItems": 10],
            "parts": [
                "type": "array", "maxItems": 10, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["id"],
                "items": [
                    "type": "object", "required": ["id"], "properties": ["id": ["type": "string"], "size": ["type": "integer"]],
                ],
            ],
            "since": ["type": "string", "format": "date-time"],
        ],
    ]

    private func serving(_ rules: [JSONValue], root: [JSONValue] = [], below: (String, [JSONValue])? = nil) async throws
        -> ServerFixture
    {
        let server = try await ServerFixture.make()
        var spec = Self.spec
        spec["x-kubernetes-validations"] = rules.isEmpty ? nil : .some(.array(rules))
        if let below { spec[path: ["properties", below.0, "x-kubernetes-validations"]] = .array(below.1) }
        let created = await server.post(Self.definitions, Self.definition(spec, root: root))
        #expect(created.code == 201, "\(created.message)")
        await server.parts.definitions.reconcile()
        return server
    }

    private func widget(_ spec: JSONValue, name: String = "w") -> JSONValue {
        ["apiVersion": "example.com/v1", "kind": "Widget", "metadata": ["name": .string(name)], "spec": spec]
    }

    static let refusals: [(JSONValue, JSONValue, String)] = [
        (
            ["rule": "self.min <= self.max"], ["min": 2, "max": 1],
            "spec: Invalid value: \"object\": failed rule: self.min <= self.max"
        ),
        (
            ["rule": "self.min <= self.max", "message": "order!"], ["min": 2, "max": 1], "spec: Invalid value: \"object\": order!"
        ),
        (
            ["rule": "self.min <= self.max", "messageExpression": "'%d > %d'.format([self.min, self.max])"],
            ["min": 2, "max": 1],
            "spec: Invalid value: \"object\": 2 > 1"
        ),
        (
            ["rule": "self.min <= self.max", "reason": "FieldValueForbidden", "fieldPath": ".max"], ["min": 2, "max": 1],
            "spec.max: Forbidden: failed rule: self.min <= self.max"
        ),
        (["rule": "self.min > 0"], [:], "spec: Invalid value: \"object\": no such key: min evaluating rule: self.min > 0"),
        (["rule": "self.ratio < 1.0"], ["ratio": 2], "spec: Invalid value: \"object\": failed rule: self.ratio < 1.0"),
        (
            ["rule": "self.tags.all(t, t.startsWith('a'))"], ["tags": ["a", "b"]],
            "spec: Invalid value: \"object\": failed rule: self.tags.all(t, t.startsWith('a'))"
        ),
        (
            ["rule": "type(self.port) == int ? self.port > 1000 : self.port == 'any'"], ["port": 80],
            "spec: Invalid value: \"object\": failed rule: type(self.port) == int ? self.port > 1000 : self.port == 'any'"
        ),
        (
            ["rule": "self.port > 1"], ["port": "x"],
            "spec: Invalid value: \"object\": 'no such overload': call arguments did not match a supported operator, function or macro signature for rule: self.port > 1"
        ),
        (
            ["rule": "self.since > timestamp('2024-01-01T00:00:00Z')"], ["since": "2023-01-01T00:00:00Z"],
            "spec: Invalid value: \"object\": failed rule: self.since > timestamp('2024-01-01T00:00:00Z')"
        ),
        (
            ["rule": "self.parts.exists_one(p, p.id == 'main')"], ["parts": [["id": "x"]]],
            "spec: Invalid value: \"object\": failed rule: self.parts.exists_one(p, p.id == 'main')"
        ),
    ]

    @Test(arguments: refusals)
    func `refuses what a rule refuses`(rule: JSONValue, spec: JSONValue, message: String) async throws {
        let server = try await serving([rule])
        let answer = await server.post(Self.widgets, widget(spec))
        #expect(answer.code == 422)
        #expect(answer.message == "Widget.example.com \"w\" is invalid: \(message)")
    }

    @Test func `takes what every rule takes, and judges updates and statuses`() async throws {
        let server = try await serving(
            [["rule": "!has(self.min) || self.min <= self.max"]], root: [["rule": "!has(self.status) || self.status.ready <= 3"]])
        #expect(await server.post(Self.widgets, widget(["min": 1, "max": 2])).code == 201)
        let bad = await server.patch("\(Self.widgets)/w", ["spec": ["max": 0]])
        #expect(bad.code == 422 && bad.message.contains("failed rule: !has(self.min)"))
        #expect(await server.patch("\(Self.widgets)/w", ["spec": ["max": 3]]).code == 200)
        let status = await server.patch("\(Self.widgets)/w/status", ["status": ["ready": 4]])
        #expect(
            status.message
                == "Widget.example.com \"w\" is invalid: <nil>: Invalid value: \"object\": failed rule: !has(self.status) || "
                + "self.status.ready <= 3")
        #expect(await server.patch("\(Self.widgets)/w/status", ["status": ["ready": 3]]).code == 200)
    }

    @Test func `rules of a part are about the part`() async throws {
        let server = try await serving(
            [], below: ("parts", [["rule": "self.all(p, p.size > 0)", "message": "sizes"]]))
        let answer = await server.post(Self.widgets, widget(["parts": [["id": "a", "size": 0]]]))
        #expect(answer.message == "Widget.example.com \"w\" is invalid: spec.parts: Invalid value: \"array\": sizes")
        #expect(answer.json["details"]?["causes"]?[0]?["field"] == "spec.parts")
    }

    @Test func `transition rules compare with what was there`() async throws {
        let server = try await serving([], below: ("kept", [["rule": "self == oldSelf", "message": "kept is immutable"]]))
        #expect(await server.post(Self.widgets, widget(["kept": "a"])).code == 201)
        let changed = await server.patch("\(Self.widgets)/w", ["spec": ["kept": "b"]])
        #expect(changed.message == "Widget.example.com \"w\" is invalid: spec.kept: Invalid value: \"string\": kept is immutable")
        #expect(await server.patch("\(Self.widgets)/w", ["spec": ["name": "x"]]).code == 200)
        #expect(await server.patch("\(Self.widgets)/w", ["spec": ["kept": nil]]).code == 200)
        #expect(await server.patch("\(Self.widgets)/w", ["spec": ["kept": "c"]]).code == 200)
    }

    @Test func `an optional oldSelf is judged without an old value too`() async throws {
        let server = try await serving(
            [], below: ("kept", [["rule": "oldSelf.orValue('a') == self", "optionalOldSelf": true]]))
        #expect(await server.post(Self.widgets, widget(["kept": "b"])).code == 422)
        #expect(await server.post(Self.widgets, widget(["kept": "a"])).code == 201)
        #expect(await server.patch("\(Self.widgets)/w", ["spec": ["kept": "b"]]).code == 422)
    }

    @Test func `what was wrong before is only warned about`() async throws {
        let server = try await serving([])
        #expect(await server.post(Self.widgets, widget(["name": "bad", "kept": "x"])).code == 201)
        var spec = Self.spec
        spec[path: ["properties", "name", "x-kubernetes-validations"]] = [["rule": "self != 'bad'"]]
        let stored = await server.get("\(Self.definitions)/widgets.example.com").json
        var next = Self.definition(spec)
        next[path: ["metadata", "resourceVersion"]] = stored["metadata"]?["resourceVersion"]
        let updated = await server.put("\(Self.definitions)/widgets.example.com", next)
        #expect(updated.code == 200, "\(updated.message)")
        await server.parts.definitions.reconcile()
        let kept = await server.patch("\(Self.widgets)/w", ["spec": ["kept": "y"]])
        #expect(kept.code == 200, "\(kept.message)")
        #expect(
            kept.headers["warning"]?.contains("spec.name: Invalid value: \\\"string\\\": failed rule: self != 'bad'") ?? false)
        #expect(await server.post(Self.widgets, widget(["name": "bad"], name: "other")).code == 422)
    }

    @Test func `rules wait until the schema is satisfied`() async throws {
        let server = try await serving([["rule": "self.min <= self.max"]])
        let answer = await server.post(Self.widgets, widget(["min": "x", "max": 1]))
        #expect(answer.message.contains("some validation rules were not checked because the object was invalid"))
    }

    static let broken: [(JSONValue, String)] = [
        (["rule": "self.absent == 1"], "x-kubernetes-validations[0].rule: Invalid value: "),
        (
            ["rule": "self.absent == 1"],
            "compilation failed: ERROR: <input>:1:5: undefined field 'absent'\n | self.absent == 1\n | ....^"
        ),
        (["rule": "self.min"], "cel expression must evaluate to a bool"),
        (["rule": "self.min == 'a'"], "found no matching overload for '_==_' applied to '(int, string)'"),
        (["rule": "true", "messageExpression": "1"], "x-kubernetes-validations[0].messageExpression: Invalid value: "),
        (["rule": "true", "messageExpression": "1"], "messageExpression must evaluate to a string"),
        (["rule": "true", "messageExpression": "self.x"], "messageExpression compilation failed: ERROR: "),
        (
            ["rule": "true", "fieldPath": ".nope"],
            "x-kubernetes-validations[0].fieldPath: Invalid value: \".nope\": fieldPath must be a valid path"
        ),
        (
            ["rule": "true", "optionalOldSelf": true],
            "optionalOldSelf: Invalid value: true: may not be set if oldSelf is not used in rule"
        ),
        (["rule": "object.x"], "undeclared reference to 'object' (in container '')"),
    ]

    @Test(arguments: broken)
    func `refuses definitions with rules that do not compile`(rule: JSONValue, message: String) async throws {
        let server = try await ServerFixture.make()
        var spec = Self.spec
        spec["x-kubernetes-validations"] = [rule]
        let answer = await server.post(Self.definitions, Self.definition(spec))
        #expect(answer.code == 422)
        #expect(answer.message.contains("spec.validation.openAPIV3Schema.properties[spec]."), "\(answer.message)")
        #expect(answer.message.contains(message), "\(answer.message)")
    }

    @Test func `refuses rules that pass over lists without end again and again`() async throws {
        let server = try await ServerFixture.make()
        let spec: JSONValue = [
            "type": "object",
            "properties": ["tags": ["type": "array", "items": ["type": "string"]]],
            "x-kubernetes-validations": [["rule": "self.tags.all(a, self.tags.all(b, a == b))"]],
        ]
        let answer = await server.post(Self.definitions, Self.definition(spec))
        #expect(answer.code == 422)
        #expect(answer.message.contains("estimated rule cost exceeds budget by factor of more than 100x"))
    }

    @Test func `a rule in a list without keys cannot look back`() async throws {
        let server = try await ServerFixture.make()
        let spec: JSONValue = [
            "type": "object",
            "properties": [
                "tags": [
                    "type": "array", "maxItems": 5,
                    "items": ["type": "string", "x-kubernetes-validations": [["rule": "self == oldSelf"]]],
                ]
            ],
        ]
        let answer = await server.post(Self.definitions, Self.definition(spec))
        #expect(
            answer.message.contains(
                "oldSelf cannot be used on the uncorrelatable portion of the schema within "
                    + "spec.validation.openAPIV3Schema.properties[spec].properties[tags]"), "\(answer.message)")
    }
}
