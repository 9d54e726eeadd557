import API
import JSON
import Support
import Testing

@testable import Machinery

@Suite struct PatchTests {
    static let podType = Schema.kubernetes.id(of: BodyDecoderTests.pod)

    @Test(arguments: [
        ("[{\"op\":\"add\",\"path\":\"/a/b\",\"value\":1}]", "{\"a\":{}}", "{\"a\":{\"b\":1}}"),
        ("[{\"op\":\"add\",\"path\":\"/l/1\",\"value\":9}]", "{\"l\":[1,2]}", "{\"l\":[1,9,2]}"),
        ("[{\"op\":\"add\",\"path\":\"/l/-\",\"value\":9}]", "{\"l\":[1,2]}", "{\"l\":[1,2,9]}"),
        ("[{\"op\":\"remove\",\"path\":\"/l/0\"}]", "{\"l\":[1,2]}", "{\"l\":[2]}"),
        ("[{\"op\":\"replace\",\"path\":\"/a~1b\",\"value\":2}]", "{\"a/b\":1}", "{\"a/b\":2}"),
        ("[{\"op\":\"move\",\"from\":\"/a\",\"path\":\"/b\"}]", "{\"a\":1}", "{\"b\":1}"),
        ("[{\"op\":\"copy\",\"from\":\"/a\",\"path\":\"/b\"}]", "{\"a\":1}", "{\"a\":1,\"b\":1}"),
        ("[{\"op\":\"test\",\"path\":\"/a\",\"value\":1},{\"op\":\"remove\",\"path\":\"/a\"}]", "{\"a\":1}", "{}"),
        // As upstream's library has it: what an object lacks is replaced too, and negative positions count from the end.
        ("[{\"op\":\"replace\",\"path\":\"/x\",\"value\":1}]", "{}", "{\"x\":1}"),
        ("[{\"op\":\"remove\",\"path\":\"/l/-1\"}]", "{\"l\":[1,2]}", "{\"l\":[1]}"),
        ("[{\"op\":\"add\",\"path\":\"/l/-1\",\"value\":3}]", "{\"l\":[1,2]}", "{\"l\":[1,2,3]}"),
        ("[{\"op\":\"test\",\"path\":\"/x\",\"value\":null},{\"op\":\"test\",\"path\":\"/y\"}]", "{\"x\":null}", "{\"x\":null}"),
        (
            "[{\"op\":\"replace\",\"path\":\"\",\"value\":{\"b\":1}},{\"op\":\"test\",\"path\":\"\",\"value\":{\"b\":1}}]",
            "{\"a\":1}", "{\"b\":1}"
        ),
        ("[{\"op\":\"copy\",\"from\":\"/x\",\"path\":\"/y\"}]", "{}", "{\"y\":null}"),
        ("[{\"op\":\"add\",\"path\":\"/a~01\",\"value\":1}]", "{}", "{\"a~1\":1}"),
    ])
    func `applies JSON patches`(patch: String, before: String, after: String) throws {
        #expect(try JSONPatch.apply(JSONParser.parse(patch), to: JSONParser.parse(before)) == JSONParser.parse(after))
    }

    @Test(arguments: [
        "[{\"op\":\"remove\",\"path\":\"/x\"}]", "[{\"op\":\"replace\",\"path\":\"/l/1\",\"value\":1}]",
        "[{\"op\":\"add\",\"path\":\"\",\"value\":{}}]", "[{\"op\":\"test\",\"path\":\"/x/y\",\"value\":null}]",
        "[{\"op\":\"test\",\"path\":\"/a\",\"value\":1.0}]", "[{\"op\":\"replace\",\"path\":\"\",\"value\":1}]",
        "[{\"op\":\"test\",\"path\":\"/a\",\"value\":2}]", "[{\"op\":\"add\",\"path\":\"/x/y\",\"value\":1}]",
        "[{\"op\":\"add\",\"path\":\"/l/5\",\"value\":1}]", "[{\"op\":\"add\",\"path\":\"/l/x\",\"value\":1}]",
        "[{\"op\":\"dance\",\"path\":\"/a\"}]", "{}", "[1]", "[{\"op\":\"add\",\"path\":\"a\",\"value\":1}]",
        "[{\"op\":\"move\",\"from\":\"/o\",\"path\":\"/o/p\"}]", "[{\"op\":\"add\",\"path\":\"/l/-3\",\"value\":1}]",
    ])
    func `refuses JSON patches that do not fit`(patch: String) {
        #expect(throws: PatchError.self) {
            try JSONPatch.apply(JSONParser.parse(patch), to: ["a": 1, "l": [1], "o": [:]])
        }
    }

    @Test func `limits JSON patches`() {
        let many = JSONValue.array(Array(repeating: ["op": "test", "path": "/a", "value": 1], count: 10_001))
        #expect(throws: PatchError.tooLarge("The allowed maximum operations in a JSON patch is 10000, got 10001")) {
            try JSONPatch.apply(many, to: ["a": 1])
        }
        let doubling = JSONValue.array((0..<40).map { _ in ["op": "copy", "from": "/a", "path": "/a/-"] })
        #expect(throws: PatchError.self) { try JSONPatch.apply(doubling, to: ["a": ["xxxxxxxxxx"]]) }
        var path = ""
        let deepening = JSONValue.array(
            (0..<20).map { _ in
                let operation: JSONValue = ["op": "copy", "from": "/a", "path": .string("/a" + path + "/b")]
                path += path + "/b"
                return operation
            })
        #expect(throws: PatchError.notApplicable("exceeded max depth of 512")) { try JSONPatch.apply(deepening, to: ["a": [:]]) }
    }

    @Test(arguments: [
        ("{\"a\":null,\"b\":{\"c\":1}}", "{\"a\":1,\"b\":{\"d\":2}}", "{\"b\":{\"d\":2,\"c\":1}}"),
        ("{\"l\":[3]}", "{\"l\":[1,2]}", "{\"l\":[3]}"), ("{\"a\":{\"b\":null}}", "{}", "{\"a\":{}}"),
        ("{\"l\":[{\"a\":null,\"b\":1}]}", "{}", "{\"l\":[{\"b\":1}]}"),
    ])
    func `applies merge patches`(patch: String, before: String, after: String) throws {
        #expect(try MergePatch.apply(JSONParser.parse(patch), to: JSONParser.parse(before)) == JSONParser.parse(after))
    }

    static let pod: JSONValue = [
        "metadata": ["labels": ["a": "1", "b": "2"], "finalizers": ["x/1", "x/2"]],
        "spec": [
            "containers": [["name": "a", "image": "1", "args": ["p"]], ["name": "b", "image": "1"]],
            "volumes": [["name": "v", "emptyDir": [:]]], "tolerations": [["key": "k"]],
        ],
    ]

    private func merge(_ patch: JSONValue, _ document: JSONValue = pod) throws -> JSONValue {
        try StrategicMergePatch.apply(patch, to: document, as: #require(Self.podType))
    }

    @Test func `merges lists by their key`() throws {
        let result = try merge(["spec": ["containers": [["name": "b", "image": "2"], ["name": "c", "image": "3"]]]])
        #expect(
            result["spec"]?["containers"] == [
                ["name": "a", "image": "1", "args": ["p"]], ["name": "b", "image": "2"], ["name": "c", "image": "3"],
            ])
    }

    @Test func `replaces lists without a strategy and scalars inside elements`() throws {
        let result = try merge(["spec": ["containers": [["name": "a", "args": ["q", "r"]]], "tolerations": [["key": "z"]]]])
        #expect(result["spec"]?["containers"]?[0]?["args"] == ["q", "r"])
        #expect(result["spec"]?["tolerations"] == [["key": "z"]])
    }

    @Test func `removes by null and by directive`() throws {
        let result = try merge([
            "metadata": ["labels": ["a": nil]], "spec": ["containers": [["name": "a", "$patch": "delete"]]],
        ])
        #expect(result["metadata"]?["labels"] == ["b": "2"])
        #expect(result["spec"]?["containers"] == [["name": "b", "image": "1"]])
        let replaced = try merge(["spec": ["containers": [["name": "z"], ["$patch": "replace"]]]])
        #expect(replaced["spec"]?["containers"] == [["name": "z"]])
        let map = try merge(["metadata": ["labels": ["$patch": "replace", "z": "1"]]])
        #expect(map["metadata"]?["labels"] == ["z": "1"])
        let gone = try merge(["metadata": ["labels": ["$patch": "delete"]]])
        #expect(gone["metadata"]?["labels"] == [:])
    }

    @Test func `merges and deletes scalars of sets`() throws {
        #expect(
            try merge(["metadata": ["finalizers": ["x/3", "x/1"]]])["metadata"]?["finalizers"] == ["x/3", "x/1", "x/2"]
                || merge(["metadata": ["finalizers": ["x/3"]]])["metadata"]?["finalizers"] == ["x/1", "x/2", "x/3"])
        let result = try merge(["metadata": ["$deleteFromPrimitiveList/finalizers": ["x/1"]]])
        #expect(result["metadata"]?["finalizers"] == ["x/2"])
    }

    @Test func `orders elements as the patch says`() throws {
        let result = try merge([
            "spec": [
                "$setElementOrder/containers": [["name": "b"], ["name": "n"], ["name": "a"]],
                "containers": [["name": "n", "image": "9"]],
            ]
        ])
        #expect((result["spec"]?["containers"]?.array ?? []).map { $0["name"] } == ["b", "n", "a"])
        #expect(result["spec"]?["$setElementOrder/containers"] == nil)
    }

    @Test func `retains the keys that the patch lists`() throws {
        let deployment = try #require(Schema.kubernetes.id(of: BodyDecoderTests.deployment))
        let result = try StrategicMergePatch.apply(
            ["spec": ["strategy": ["$retainKeys": ["type"], "type": "Recreate"]]],
            to: ["spec": ["strategy": ["type": "RollingUpdate", "rollingUpdate": ["maxSurge": 1]]]], as: deployment)
        #expect(result["spec"]?["strategy"] == ["type": "Recreate"])
    }

    @Test func `drops directives that meet nothing`() throws {
        let result = try merge(
            [
                "spec": [
                    "containers": [["name": "a"], ["name": "b", "$patch": "delete"]], "nodeSelector": ["x": nil, "y": "1"],
                ]
            ], [:])
        #expect(result == ["spec": ["containers": [["name": "a"]], "nodeSelector": ["y": "1"]]])
    }

    @Test(arguments: [
        "{\"spec\":{\"containers\":[{\"image\":\"x\"}]}}", "{\"spec\":{\"$patch\":\"dance\"}}",
        "{\"spec\":{\"$retainKeys\":1}}", "{\"spec\":{\"$setElementOrder/containers\":1}}", "{\"spec\":{\"containers\":[1]}}",
    ])
    func `refuses merges that make no sense`(patch: String) {
        #expect(throws: PatchError.self) { try merge(JSONParser.parse(patch)) }
    }

    private func patch(_ type: String, _ body: String, _ validation: FieldValidation = .strict) throws(Status) -> JSONValue {
        var current = Self.pod
        current["apiVersion"] = "v1"
        current["kind"] = "Pod"
        return try Patcher(decoder: BodyDecoder()).apply(
            Array(body.utf8), contentType: type, to: current, kind: BodyDecoderTests.pod, fieldValidation: validation
        ).object
    }

    private func refusal(_ type: String, _ body: String) -> Status? {
        do throws(Status) {
            _ = try patch(type, body)
            return nil
        } catch {
            return error
        }
    }

    @Test func `answers as upstream when a patch is refused`() throws {
        let strategic = "application/strategic-merge-patch+json"
        #expect(try patch(strategic, "{\"spec\":{\"nodeName\":\"n\"}}")["spec"]?["nodeName"] == "n")
        let unknown = refusal(strategic, "{\"spec\":{\"foo\":1}}")
        #expect(unknown?.code == 422)
        #expect(
            unknown?.message
                == " \"\" is invalid: patch: Invalid value: \"map[spec:map[foo:1]]\": strict decoding error: unknown field \"spec.foo\""
        )
        let missing = refusal("application/json-patch+json", "[{\"op\":\"remove\",\"path\":\"/nothing\"}]")
        #expect(missing?.code == 422)
        #expect(missing?.message == "the server rejected our request due to an error in our request")
        #expect(refusal("application/apply-patch+yaml", "{}")?.code == 415)
        #expect(refusal("text/plain", "{}")?.reason == "UnsupportedMediaType")
        #expect(refusal("application/merge-patch+json", "[]")?.code == 400)
        #expect(refusal("application/merge-patch+json", "{")?.code == 400)
        let words: [(String, String, Int, String)] = [
            (
                "application/merge-patch+json", "[]", 400,
                "error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}"
            ), (strategic, "[]", 400, "json: cannot unmarshal array into Go value of type map[string]interface {}"),
            (
                "application/json-patch+json", "{}", 400,
                "error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp"
            ),
            (
                "application/json-patch+json", "[{\"op\":1}]", 400,
                "error decoding patch: json: cannot unmarshal number into Go struct field jsonPatchOp.op of type string"
            ),
            (
                strategic, "{\"spec\":{\"hostNetwork\":\"yes\"}}", 422,
                " \"\" is invalid: patch: Invalid value: \"map[spec:map[hostNetwork:yes]]\": unrecognized type: bool"
            ),
            (
                strategic, "{\"spec\":{\"containers\":\"none\"}}", 422,
                " \"\" is invalid: patch: Invalid value: \"map[spec:map[containers:none]]\": cannot restore slice from string"
            ),
            (
                strategic, "{\"spec\":{\"containers\":[{\"image\":\"x\"}]}}", 500,
                "map: map[image:x] does not contain declared merge key: name"
            ), (strategic, "{\"spec\":{\"$retainKeys\":1}}", 400, "invalid patch format of retainKeys"),
            (
                strategic, "{\"spec\":{\"$retainKeys\":[\"a\"],\"nodeName\":\"b\"}}", 422,
                "the server rejected our request due to an error in our request"
            ),
        ]
        for (type, body, code, message) in words {
            let found = refusal(type, body)
            #expect(found?.code == code && found?.message == message)
        }
        let operation = refusal(
            "application/json-patch+json", "[{\"op\":\"test\",\"path\":\"/kind\",\"value\":\"Pod\",\"note\":1}]")
        #expect(operation?.message.contains("strict decoding error: json patch unknown field \"[0].note\"") ?? false)
    }

    @Test(arguments: 1...30 as ClosedRange<UInt64>)
    func `survives any patch`(seed: UInt64) throws {
        let kind = try #require(Catalog.kind(BodyDecoderTests.pod))
        var maker = ObjectMaker(seed: seed)
        let (first, second) = (maker.object(kind), maker.object(kind))
        _ = try? StrategicMergePatch.apply(first, to: second, as: kind.schemaType)
        _ = MergePatch.apply(first, to: second)
        let again = MergePatch.apply(first, to: MergePatch.apply(first, to: second))
        #expect(again == MergePatch.apply(first, to: second))
    }
}
