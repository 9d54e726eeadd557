import API
import JSON
import Testing

@testable import Machinery

@Suite struct MergeTests {
    private func parse(_ text: String) throws -> JSONValue { try JSONParser.parse(text) }

    @Test(arguments: [
        ("{\"numeric\":1,\"string\":\"a\"}", ".numeric .string"),
        ("{\"set\":[\"a\",1,true]}", ".set[=1] .set[=\"a\"] .set[=true]"),
        ("{\"list\":[{\"name\":\"a\",\"value\":1}]}", ".list[name=\"a\"] .list[name=\"a\"].name .list[name=\"a\"].value"),
        // An absent key takes its default.
        (
            "{\"list\":[{\"name\":\"a\",\"ports\":[{\"port\":80}]}]}",
            ".list[name=\"a\"] .list[name=\"a\"].name .list[name=\"a\"].ports[port=80,protocol=\"TCP\"] "
                + ".list[name=\"a\"].ports[port=80,protocol=\"TCP\"].port"
        ),
        ("{\"atoms\":[1,2],\"atomicMap\":{\"a\":\"b\"}}", ".atomicMap .atoms"),
        // Members of maps are owned themselves, those of structures only through their leaves.
        ("{\"map\":{\"a\":\"1\"}}", ".map.a"), ("{\"maps\":{\"x\":{\"a\":\"1\"}}}", ".maps.x .maps.x.a"),
        ("{\"inner\":{\"a\":1}}", ".inner.a"), ("{\"inner\":{}}", ".inner"), ("{\"inner\":null}", ".inner"),
        ("{\"list\":[]}", ""), ("{\"map\":{}}", ".map"),
        // Untyped: objects by member, lists and scalars as a whole.
        ("{\"free\":{\"a\":{\"b\":[1,{\"c\":2}]},\"d\":1}}", ".free.a .free.d .free.a.b"),
        // What stands twice is owned without its inside.
        ("{\"list\":[{\"name\":\"a\",\"value\":1},{\"name\":\"a\",\"value\":2}]}", ".list[name=\"a\"]"),
    ])
    func `lists what a value states`(json: String, expected: String) throws {
        let set = try FieldSet(of: parse(json), ApplyFixture.type)
        #expect(set.description.split(separator: "\n").joined(separator: " ") == expected)
    }

    @Test(arguments: [
        ("{}", "{\"numeric\":1}", "", "", ".numeric"), ("{\"numeric\":1}", "{}", ".numeric", "", ""),
        ("{\"numeric\":1}", "{\"numeric\":2}", "", ".numeric", ""), ("{\"numeric\":1}", "{\"numeric\":1.0}", "", "", ""),
        ("{\"set\":[1,2]}", "{\"set\":[2,3]}", ".set[=1]", "", ".set[=3]"), ("{\"set\":[1,2]}", "{\"set\":[2,1]}", "", "", ""),
        ("{\"atoms\":[1,2]}", "{\"atoms\":[2,1]}", "", ".atoms", ""),
        (
            "{\"list\":[{\"name\":\"a\",\"value\":1}]}",
            "{\"list\":[{\"name\":\"a\",\"value\":2},{\"name\":\"b\",\"value\":3}]}", "", ".list[name=\"a\"].value",
            ".list[name=\"b\"] .list[name=\"b\"].name .list[name=\"b\"].value"
        ),
        (
            "{\"list\":[{\"name\":\"a\",\"value\":1}]}", "{}",
            ".list .list[name=\"a\"] .list[name=\"a\"].name .list[name=\"a\"].value", "", ""
        ),
        ("{\"free\":{\"a\":1}}", "{\"free\":[1]}", ".free.a", ".free", ""),
        ("{\"free\":1}", "{\"free\":{\"a\":1}}", "", ".free", ".free.a"),
        ("{\"inner\":{}}", "{\"inner\":{\"a\":1}}", "", "", ".inner.a"),
        // Doubles are compared as a whole; coming and going of a double is told apart from its elements.
        (
            "{\"list\":[{\"name\":\"a\",\"value\":1},{\"name\":\"a\",\"value\":2}]}",
            "{\"list\":[{\"name\":\"a\",\"value\":1},{\"name\":\"a\",\"value\":3}]}", "", ".list[name=\"a\"]", ""
        ),
        (
            "{\"list\":[{\"name\":\"a\"},{\"name\":\"a\"}]}", "{\"list\":[{\"name\":\"a\"}]}", ".list[name=\"a\"]", "",
            ".list[name=\"a\"] .list[name=\"a\"].name"
        ),
    ])
    func `compares by type`(old: String, new: String, removed: String, modified: String, added: String) throws {
        let comparison = try MergeComparison(from: parse(old), to: parse(new), ApplyFixture.type)
        func text(_ set: FieldSet) -> String { set.description.split(separator: "\n").joined(separator: " ") }
        #expect(text(comparison.removed) == removed)
        #expect(text(comparison.modified) == modified)
        #expect(text(comparison.added) == added)
    }

    @Test(arguments: [
        ("{\"numeric\":1,\"string\":\"a\"}", "{\"numeric\":2}", "{\"numeric\":2,\"string\":\"a\"}"),
        ("{\"set\":[\"a\",\"b\"]}", "{\"set\":[\"c\",\"b\"]}", "{\"set\":[\"a\",\"c\",\"b\"]}"),
        ("{\"set\":[\"a\",\"b\",\"c\"]}", "{\"set\":[\"c\",\"a\"]}", "{\"set\":[\"b\",\"c\",\"a\"]}"),
        ("{\"atoms\":[1,2]}", "{\"atoms\":[3]}", "{\"atoms\":[3]}"),
        (
            "{\"list\":[{\"name\":\"a\",\"value\":1},{\"name\":\"b\",\"value\":2}]}",
            "{\"list\":[{\"name\":\"b\",\"value\":9},{\"name\":\"c\",\"value\":3}]}",
            "{\"list\":[{\"name\":\"a\",\"value\":1},{\"name\":\"b\",\"value\":9},{\"name\":\"c\",\"value\":3}]}"
        ),
        ("{\"map\":{\"a\":\"1\"}}", "{\"map\":{\"b\":\"2\"}}", "{\"map\":{\"a\":\"1\",\"b\":\"2\"}}"),
        ("{\"atomicMap\":{\"a\":\"1\"}}", "{\"atomicMap\":{\"b\":\"2\"}}", "{\"atomicMap\":{\"b\":\"2\"}}"),
        ("{\"free\":{\"a\":1}}", "{\"free\":{\"b\":[1]}}", "{\"free\":{\"a\":1,\"b\":[1]}}"),
        ("{\"free\":{\"a\":1}}", "{\"free\":5}", "{\"free\":5}"), ("{\"numeric\":1}", "{\"numeric\":null}", "{\"numeric\":null}"),
        ("{\"inner\":{\"a\":1}}", "{\"inner\":{}}", "{\"inner\":{\"a\":1}}"), ("{}", "{\"inner\":{}}", "{\"inner\":{}}"),
        // An element with a default key meets the one that spells it.
        (
            "{\"list\":[{\"name\":\"a\",\"ports\":[{\"port\":80,\"protocol\":\"TCP\"}]}]}",
            "{\"list\":[{\"name\":\"a\",\"ports\":[{\"port\":80,\"name\":\"web\"}]}]}",
            "{\"list\":[{\"name\":\"a\",\"ports\":[{\"port\":80,\"protocol\":\"TCP\",\"name\":\"web\"}]}]}"
        ),
        // A key without a default that is left out is no part of the name.
        (
            "{\"shares\":[{\"device\":\"a\"},{\"device\":\"a\",\"share\":\"1\"}]}",
            "{\"shares\":[{\"device\":\"a\",\"ready\":true}]}",
            "{\"shares\":[{\"device\":\"a\",\"ready\":true},{\"device\":\"a\",\"share\":\"1\"}]}"
        ),
    ])
    func `merges by type`(live: String, wanted: String, expected: String) throws {
        let merged = try MergedValue.merge(parse(wanted), into: parse(live), ApplyFixture.type)
        #expect(JSONWriter.text(merged) == expected)
    }

    @Test(arguments: [
        ("{\"numeric\":\"a\"}", ".numeric: expected numeric (int or float), got string"),
        ("{\"string\":5}", ".string: expected string, got &value.valueUnstructured{Value:5}"),
        ("{\"bool\":\"x\"}", ".bool: expected boolean, got &{x}"), ("{\"set\":1}", ".set: expected list, got &{1}"),
        ("{\"inner\":[1]}", ".inner: expected map, got &{[1]}"), ("{\"nothing\":1}", ".nothing: field not declared in schema"),
        ("{\"set\":[1,1]}", ".set: duplicate entries for key [=1]"),
        ("{\"set\":[null]}", ".set: element 0: associative list without keys has an element that's an explicit null"),
        (
            "{\"list\":[{\"value\":1}]}",
            ".list: element 0: associative list with keys has an element that omits all key fields [\"name\"] (and doesn't have "
                + "default values for any key fields)"
        ), ("{\"list\":[1]}", ".list: element 0: associative list with keys may not have non-map elements"),
        (
            "{\"numeric\":\"a\",\"bool\":1}",
            "errors:\n  .numeric: expected numeric (int or float), got string\n  .bool: expected boolean, got &{1}"
        ),
        ("{\"list\":[{\"name\":\"a\",\"oops\":1}]}", ".list[name=\"a\"].oops: field not declared in schema"),
    ])
    func `tells what does not fit`(json: String, message: String) throws {
        let value = try parse(json)
        #expect(throws: MergeTypeError(findings: [])) {
            do throws(MergeTypeError) {
                try MergeValidation.check(value, ApplyFixture.type, allowsDuplicates: false)
            } catch {
                #expect(error.description == message)
                throw MergeTypeError(findings: [])
            }
        }
    }

    @Test func `removes and extracts by set`() throws {
        let value = try parse(
            "{\"numeric\":1,\"set\":[1,2],\"list\":[{\"name\":\"a\",\"value\":1},{\"name\":\"b\",\"value\":2}],\"atoms\":[1]}")
        let a = PathElement.keyed([.init("name", "a")])
        let set = FieldSet([
            [.field("numeric")], [.field("set"), .value(1)], [.field("list"), a, .field("value")],
            [.field("list"), .keyed([.init("name", "b")])],
        ])
        #expect(
            JSONWriter.text(set.removed(from: value, ApplyFixture.type))
                == "{\"set\":[2],\"list\":[{\"name\":\"a\"}],\"atoms\":[1]}")
        #expect(
            JSONWriter.text(set.extracted(from: value, ApplyFixture.type, withKeys: true))
                == "{\"numeric\":1,\"set\":[1],\"list\":[{\"name\":\"a\",\"value\":1},{\"name\":\"b\"}]}")
    }

    @Test func `knows the built-in kinds`() throws {
        let kind = GroupVersionKind(group: "apps", version: "v1", kind: "Deployment")
        let type = try #require(BuiltInMergeTypes.type(of: kind))
        let object = try parse(
            """
            {"metadata":{"name":"web","labels":{"app":"web"},"finalizers":["a/b"]},"spec":{"replicas":3,
             "selector":{"matchLabels":{"app":"web"}},"template":{"spec":{"containers":[{"name":"c","image":"i",
             "args":["x"],"ports":[{"containerPort":80}]}],"nodeSelector":{"a":"b"}}}}}
            """)
        #expect(
            try FieldSet(of: object, type).description.split(separator: "\n").map(String.init) == [
                ".metadata.name", ".metadata.finalizers[=\"a/b\"]", ".metadata.labels.app", ".spec.replicas", ".spec.selector",
                ".spec.template.spec.nodeSelector", ".spec.template.spec.containers[name=\"c\"]",
                ".spec.template.spec.containers[name=\"c\"].args", ".spec.template.spec.containers[name=\"c\"].image",
                ".spec.template.spec.containers[name=\"c\"].name",
                ".spec.template.spec.containers[name=\"c\"].ports[containerPort=80,protocol=\"TCP\"]",
                ".spec.template.spec.containers[name=\"c\"].ports[containerPort=80,protocol=\"TCP\"].containerPort",
            ])
        let volume = try #require(
            BuiltInMergeTypes.type(of: GroupVersionKind(group: "", version: "v1", kind: "PersistentVolume")))
        let claimed = try FieldSet(of: parse("{\"spec\":{\"claimRef\":{\"name\":\"a\",\"uid\":\"b\"}}}"), volume)
        #expect(claimed.description == ".spec.claimRef.name\n.spec.claimRef.uid")
    }
}
