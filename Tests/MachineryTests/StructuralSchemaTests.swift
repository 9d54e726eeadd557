import API
import JSON
import Testing

@testable import Machinery

@Suite struct StructuralSchemaTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var schema: String
        var value: String
        var errors: [String]

        init(_ schema: String, _ value: String, _ errors: String...) {
            self.schema = schema
            self.value = value
            self.errors = errors
        }

        var testDescription: String { "\(schema) \(value)" }
    }

    /// A schema of `spec.x`.
    private func schema(_ text: String) throws -> StructuralSchema {
        let field = try JSONParser.parse(text)
        return StructuralSchema([
            "type": "object", "properties": ["spec": ["type": "object", "properties": ["x": field]]],
        ])
    }

    private func object(_ text: String) throws -> JSONValue { ["spec": ["x": try JSONParser.parse(text)]] }

    @Test(arguments: [
        Case(#"{"type":"string"}"#, #""a""#),
        Case(
            #"{"type":"integer"}"#, #""a""#,
            #"spec.x: Invalid value: "string": spec.x in body must be of type integer: "string""#),
        Case(#"{"type":"integer"}"#, "1.0"),
        Case(
            #"{"type":"integer"}"#, "1.5",
            #"spec.x: Invalid value: "number": spec.x in body must be of type integer: "number""#),
        Case(#"{"type":"number"}"#, "1"),
        Case(
            #"{"type":"string"}"#, "null",
            #"spec.x: Invalid value: "null": spec.x in body must be of type string: "null""#),
        Case(#"{"type":"string","nullable":true}"#, "null"),
        Case(#"{"type":"string","maxLength":2}"#, #""abc""#, "spec.x: Too long: may not be more than 2 bytes"),
        Case(
            #"{"type":"string","minLength":2}"#, #""a""#,
            #"spec.x: Invalid value: "a": spec.x in body should be at least 2 chars long"#),
        Case(
            #"{"type":"string","pattern":"^a+$"}"#, #""ab""#,
            #"spec.x: Invalid value: "ab": spec.x in body should match '^a+$'"#),
        Case(
            #"{"type":"string","format":"ipv4"}"#, #""1.2.3""#,
            #"spec.x: Invalid value: "1.2.3": spec.x in body must be of type ipv4: "1.2.3""#),
        Case(#"{"type":"string","format":"nothing-we-know"}"#, #""x""#),
        Case(
            #"{"type":"string","enum":["b","a"]}"#, #""c""#, #"spec.x: Unsupported value: "c": supported values: "b", "a""#),
        Case(
            #"{"type":"integer","maximum":3}"#, "4",
            "spec.x: Invalid value: 4: spec.x in body should be less than or equal to 3"),
        Case(
            #"{"type":"integer","minimum":3,"exclusiveMinimum":true}"#, "3",
            "spec.x: Invalid value: 3: spec.x in body should be greater than 3"),
        Case(
            #"{"type":"integer","multipleOf":2}"#, "3",
            "spec.x: Invalid value: 3: spec.x in body should be a multiple of 2"),
        Case(
            #"{"type":"integer","format":"int32"}"#, "4294967296",
            #"<nil>: Invalid value: "": Checked value must be of type integer with format int32 in spec.x"#),
        Case(
            #"{"type":"array","items":{"type":"object","required":["name"],"properties":{"name":{"type":"string"}}}}"#,
            #"[{"name":"a"},{}]"#, "spec.x[1].name: Required value"),
        Case(
            #"{"type":"array","minItems":1,"items":{"type":"string"}}"#, "[]",
            "spec.x: Invalid value: 0: spec.x in body should have at least 1 items"),
        Case(
            #"{"type":"array","maxItems":1,"items":{"type":"string"}}"#, #"["a","b"]"#,
            "spec.x: Too many: 2: must have at most 1 item"),
        Case(
            #"{"type":"object","additionalProperties":{"type":"integer"}}"#, #"{"a":"b"}"#,
            #"spec.x.a: Invalid value: "string": spec.x.a in body must be of type integer: "string""#),
        Case(
            #"{"type":"object","maxProperties":1,"additionalProperties":{"type":"integer"}}"#, #"{"a":1,"b":2}"#,
            "spec.x: Too many: 2: must have at most 1 item"),
        Case(#"{"x-kubernetes-int-or-string":true}"#, #""50%""#),
        Case(
            #"{"x-kubernetes-int-or-string":true}"#, "true",
            #"spec.x: Invalid value: "boolean": spec.x in body must be of type integer,string: "boolean""#),
        Case(
            #"{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"string"}},"oneOf":[{"required":["a"]},{"required":["b"]}]}"#,
            #"{"a":"1","b":"2"}"#,
            #"<nil>: Invalid value: "": "spec.x" must validate one and only one schema (oneOf). Found 2 valid alternatives"#),
        Case(
            #"{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"string"}},"anyOf":[{"required":["a"]},{"required":["b"]}]}"#,
            "{}", #"<nil>: Invalid value: "": "spec.x" must validate at least one schema (anyOf)"#,
            "spec.x.a: Required value"),
        Case(
            #"{"type":"string","not":{"enum":["bad"]}}"#, #""bad""#,
            #"<nil>: Invalid value: "": "spec.x" must not validate the schema (not)"#),
    ])
    func `finds what does not fit in upstream's words`(test: Case) throws {
        let errors = StructuralValidator.validate(try object(test.value), try schema(test.schema))
        #expect(errors.map(\.description) == test.errors)
    }

    @Test func `what was wrong before and did not change is not found again`() throws {
        let schema = try schema(#"{"type":"object","properties":{"a":{"type":"string","maxLength":1},"b":{"type":"string"}}}"#)
        let old = try object(#"{"a":"long"}"#)
        #expect(StructuralValidator.validate(try object(#"{"a":"long","b":"1"}"#), schema, old: old) == [])
        #expect(StructuralValidator.validate(try object(#"{"a":"longer"}"#), schema, old: old).count == 1)
    }

    @Test(arguments: [
        (#"{"type":"object","properties":{"a":{"type":"string"}}}"#, #"{"a":"1","b":2}"#, #"{"a":"1"}"#, ["spec.x.b"]),
        (
            #"{"type":"object","x-kubernetes-preserve-unknown-fields":true,"properties":{"a":{"type":"object"}}}"#,
            #"{"a":{"c":1},"b":2}"#, #"{"a":{},"b":2}"#, ["spec.x.a.c"]
        ),
        (
            #"{"type":"array","items":{"type":"object","properties":{"a":{"type":"string"}}}}"#, #"[{"a":"1"},{"b":1}]"#,
            #"[{"a":"1"},{}]"#, ["spec.x[1].b"]
        ),
        (
            #"{"type":"object","additionalProperties":{"type":"object","properties":{"a":{"type":"string"}}}}"#,
            #"{"k":{"a":"1","z":1}}"#, #"{"k":{"a":"1"}}"#, ["spec.x.k.z"]
        ),
        (
            #"{"type":"object","x-kubernetes-embedded-resource":true,"properties":{"spec":{"type":"object"}}}"#,
            #"{"apiVersion":"v1","kind":"A","metadata":{"name":"n"},"spec":{"a":1}}"#,
            #"{"apiVersion":"v1","kind":"A","metadata":{"name":"n"},"spec":{}}"#, ["spec.x.spec.a"]
        ),
    ])
    func `prunes what the schema does not name`(schema: String, before: String, after: String, removed: [String]) throws {
        var value = try object(before)
        var pruner = StructuralPruner()
        pruner.prune(&value, try self.schema(schema))
        #expect(value == (try object(after)))
        #expect(pruner.removed == removed)
    }

    @Test(arguments: [
        (#"{"type":"object","properties":{"a":{"type":"string","default":"d"}}}"#, "{}", #"{"a":"d"}"#),
        (#"{"type":"object","properties":{"a":{"type":"string","default":"d"}}}"#, #"{"a":null}"#, #"{"a":"d"}"#),
        (
            #"{"type":"object","properties":{"a":{"type":"string","default":"d","nullable":true}}}"#, #"{"a":null}"#,
            #"{"a":null}"#
        ),
        (
            #"{"type":"object","properties":{"a":{"type":"object","default":{},"properties":{"b":{"type":"integer","default":7}}}}}"#,
            "{}", #"{"a":{"b":7}}"#
        ),
        (
            #"{"type":"array","items":{"type":"object","properties":{"p":{"type":"string","default":"TCP"}}}}"#, "[{}]",
            #"[{"p":"TCP"}]"#
        ),
    ])
    func `fills in defaults`(schema: String, before: String, after: String) throws {
        var value = try object(before)
        let schema = try self.schema(schema)
        StructuralDefaulter.applyDefaults(&value, schema)
        #expect(value == (try object(after)))
        let once = value
        StructuralDefaulter.applyDefaults(&value, schema)
        #expect(value == once)
    }

    @Test func `a null that may not be null goes`() throws {
        var value = try object(#"{"a":null,"b":null,"c":1}"#)
        let schema = try schema(
            #"{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"string","nullable":true},"c":{"type":"integer"}}}"#
        )
        StructuralDefaulter.pruneNulls(&value, schema)
        #expect(value == (try object(#"{"b":null,"c":1}"#)))
    }

    @Test func `sets and maps hold each element once`() throws {
        let set = try schema(#"{"type":"array","x-kubernetes-list-type":"set","items":{"type":"string"}}"#)
        #expect(
            ListKeys.duplicates(try object(#"["a","b","a"]"#), set, FieldPath()).map(\.description) == [
                #"spec.x[2]: Duplicate value: "a""#
            ])
        let map = try schema(
            #"{"type":"array","x-kubernetes-list-type":"map","x-kubernetes-list-map-keys":["n"],"items":{"type":"object"}}"#)
        #expect(
            ListKeys.duplicates(try object(#"[{"n":"a","v":1},{"n":"a","v":2}]"#), map, FieldPath()).map(\.description) == [
                #"spec.x[1]: Duplicate value: {"n":"a"}"#
            ])
    }

    @Test(arguments: [
        (
            #"{"type":"object","properties":{"a":{}}}"#,
            ["s.properties[a].type: Required value: must not be empty for specified object fields"]
        ),
        (
            #"{"type":"array"}"#,
            ["s.items: Required value: must be specified", #"s.type: Invalid value: "array": must be object at the root"#]
        ),
        (
            #"{"type":"object","additionalProperties":{"type":"string"}}"#,
            ["s.additionalProperties: Forbidden: must not be used at the root"]
        ),
        (
            #"{"type":"object","properties":{"a":{"type":"string"}},"anyOf":[{"properties":{"b":{}}}]}"#,
            ["s.properties[b]: Required value: because it is defined in s.anyOf[0].properties[b]"]
        ),
        (
            #"{"type":"object","properties":{"a":{"type":"string","pattern":"("}}}"#,
            [
                "s.properties[a].pattern: Invalid value: \"(\": must be a valid regular expression, but isn't: "
                    + "error parsing regexp: missing closing ): `(`"
            ]
        ),
        (
            #"{"type":"object","properties":{"a":{"anyOf":[{"type":"integer"},{"type":"string"}],"x-kubernetes-int-or-string":true}}}"#,
            []
        ),
    ])
    func `a schema must be structural`(text: String, errors: [String]) throws {
        let schema = StructuralSchema(try JSONParser.parse(text))
        #expect(StructuralRules.validate(schema, FieldPath("s")).map(\.description) == errors)
    }

    @Test(arguments: [
        (".spec.a", #"{"spec":{"a":1}}"#, ["1"]), (".spec.missing", #"{"spec":{"a":1}}"#, []),
        (#".metadata.labels.app\.io/name"#, #"{"metadata":{"labels":{"app.io/name":"x"}}}"#, [#""x""#]),
        (
            #".status.conditions[?(@.type=="Ready")].status"#,
            #"{"status":{"conditions":[{"type":"A","status":"0"},{"type":"Ready","status":"1"}]}}"#, [#""1""#]
        ),
        (".l[-1]", #"{"l":[1,2,3]}"#, ["3"]), (".l[*].n", #"{"l":[{"n":1},{"n":2}]}"#, ["1", "2"]),
        (".m['a.b']", #"{"m":{"a.b":true}}"#, ["true"]), (".l[1:]", #"{"l":[1,2,3]}"#, ["2", "3"]),
    ])
    func `paths of columns lead to values`(path: String, object: String, values: [String]) throws {
        let found = try #require(JSONPath(path)).values(in: try JSONParser.parse(object))
        #expect(found.map { JSONWriter.text($0) } == values)
    }
}
