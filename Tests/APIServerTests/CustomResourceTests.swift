import API
import HTTP
import JSON
import Machinery
import Store
import Testing

@testable import APIServer

@Suite struct CustomResourceTests {
    private let definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    private let widgets = "/apis/example.com/v1/namespaces/default/widgets"

    private static let schema: JSONValue = [
        "type": "object",
        "properties": [
            "spec": [
                "type": "object",
                "properties": [
                    "size": ["type": "integer", "minimum": 1], "color": ["type": "string", "default": "red"],
                    "replicas": ["type": "integer"],
                ],
            ],
            "status": ["type": "object", "properties": ["replicas": ["type": "integer"], "selector": ["type": "string"]]],
        ],
    ]

    private static func version(_ name: String, storage: Bool, served: Bool = true, schema: JSONValue = schema) -> JSONValue {
        [
            "name": .string(name), "served": .bool(served), "storage": .bool(storage), "schema": ["openAPIV3Schema": schema],
            "subresources": [
                "status": [:],
                "scale": [
                    "specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas",
                    "labelSelectorPath": ".status.selector",
                ],
            ],
            "additionalPrinterColumns": [
                ["name": "Size", "type": "integer", "jsonPath": ".spec.size"],
                ["name": "Color", "type": "string", "jsonPath": ".spec.color", "priority": 1],
            ],
            "selectableFields": [["jsonPath": ".spec.color"]],
        ]
    }

    private static func definition(
        _ plural: String = "widgets", kind: String = "Widget", short: [String] = ["wd"],
        versions: [JSONValue] = [version("v1", storage: true)]
    ) -> JSONValue {
        [
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": ["name": .string("\(plural).example.com")],
            "spec": [
                "group": "example.com", "scope": "Namespaced",
                "names": ["plural": .string(plural), "kind": .string(kind), "shortNames": JSONValue(short)],
                "versions": .array(versions),
            ],
        ]
    }

    private func widget(_ name: String, _ spec: JSONValue = [:], version: String = "v1") -> JSONValue {
        [
            "apiVersion": .string("example.com/\(version)"), "kind": "Widget", "metadata": ["name": .string(name)], "spec": spec,
        ]
    }

    private func serving(_ definition: JSONValue = definition()) async throws -> ServerFixture {
        let server = try await ServerFixture.make()
        let created = await server.post(definitions, definition)
        #expect(created.code == 201, "\(created.message)")
        await server.parts.definitions.reconcile()
        return server
    }

    @Test func `a definition is established and serves its kind`() async throws {
        let server = try await ServerFixture.make()
        #expect(await server.get(widgets).code == 404)
        let created = await server.post(definitions, Self.definition())
        #expect(created.json["status"]?["acceptedNames"] == ["plural": "", "kind": ""])
        #expect(await server.get(widgets).code == 404)
        await server.parts.definitions.reconcile()
        let settled = await server.get("\(definitions)/widgets.example.com")
        let conditions = settled.json["status"]?["conditions"]?.array ?? []
        #expect(conditions.map { $0["type"] } == ["NamesAccepted", "Established"])
        #expect(conditions.map { $0["reason"] } == ["NoConflicts", "InitialNamesAccepted"])
        #expect(conditions.map { $0["message"] } == ["no conflicts found", "the initial names have been accepted"])
        #expect(settled.json["status"]?["acceptedNames"]?["listKind"] == "WidgetList")
        let list = await server.get(widgets)
        #expect(list.code == 200 && list.json["kind"] == "WidgetList")
        let revision = settled.revision
        await server.parts.definitions.reconcile()
        #expect(await server.get("\(definitions)/widgets.example.com").revision == revision)
    }

    @Test func `objects that were stored before their definition are there when it comes`() async throws {
        let store = MemoryStore()
        let early = JSONWriter.write(widget("early", ["size": 3]))
        _ = try await store.create("/registry/example.com/widgets/default/before", JSONWriter.write(widget("before")))
        let server = try await ServerFixture.make(store)
        _ = try await store.create("/registry/example.com/widgets/default/early", early)
        let gone = try await store.create("/registry/example.com/widgets/default/gone", early)
        _ = try await store.delete("/registry/example.com/widgets/default/gone", expected: gone)
        _ = await server.post(definitions, Self.definition())
        await server.parts.definitions.reconcile()
        #expect(await server.get(widgets).names == ["before", "early"])
        #expect(await server.get("\(widgets)/early").json["spec"]?["size"] == 3)
    }

    @Test func `objects that outlive their definition are there again when it comes back`() async throws {
        let server = try await serving()
        _ = await server.post(widgets, widget("kept", ["size": 2]))
        let revision = await server.get("\(widgets)/kept").revision
        _ = try await server.store.delete(
            "/registry/apiextensions.k8s.io/customresourcedefinitions/widgets.example.com", expected: nil)
        #expect(await server.get(widgets).code == 404)
        _ = await server.post(definitions, Self.definition())
        await server.parts.definitions.reconcile()
        let kept = await server.get("\(widgets)/kept")
        #expect(kept.json["spec"]?["size"] == 2 && kept.revision == revision)
    }

    @Test func `a custom kind of a built-in group lies in a place of its own`() async throws {
        let server = try await ServerFixture.make()
        var definition = Self.definition()
        definition[path: ["metadata", "name"]] = "widgets.networking.k8s.io"
        definition[path: ["metadata", "annotations"]] = ["api-approved.kubernetes.io": "unapproved, a test"]
        definition[path: ["spec", "group"]] = "networking.k8s.io"
        let created = await server.post(definitions, definition)
        #expect(created.code == 201, "\(created.message)")
        await server.parts.definitions.reconcile()
        var one = widget("one")
        one["apiVersion"] = "networking.k8s.io/v1"
        let answer = await server.post("/apis/networking.k8s.io/v1/namespaces/default/widgets", one)
        #expect(answer.code == 201, "\(answer.message)")
        #expect(try await server.store.get("/registry/networking.k8s.io/widgets/default/one") != nil)
        #expect(StoreKey.prefix(GroupVersionResource(group: "batch", version: "v1", resource: "jobs")) == "/registry/jobs/")
    }

    @Test func `names that are taken are refused and freed by a delete`() async throws {
        let server = try await serving()
        let other = Self.definition("gadgets", kind: "Gadget", short: ["wd"])
        _ = await server.post(definitions, other)
        await server.parts.definitions.reconcile()
        let refused = await server.get("\(definitions)/gadgets.example.com")
        let condition = refused.json["status"]?["conditions"]?[0]
        #expect(condition?["reason"] == "ShortNamesConflict" && condition?["message"] == "\"wd\" is already in use")
        #expect(refused.json["status"]?["conditions"]?[1]?["reason"] == "NotAccepted")
        #expect(await server.get("/apis/example.com/v1/gadgets").code == 404)
        _ = await server.delete("\(definitions)/widgets.example.com")
        await server.parts.definitions.reconcile()
        await server.parts.definitions.reconcile()
        #expect(await server.get("/apis/example.com/v1/gadgets").code == 200)
    }

    @Test func `objects are defaulted, pruned and checked`() async throws {
        let server = try await serving()
        let made = await server.post(widgets, widget("a", ["size": 3, "unknown": 1]))
        #expect(made.code == 201)
        #expect(made.json["spec"] == ["size": 3, "color": "red"])
        #expect(made.json["metadata"]?["generation"] == 1)
        #expect(made.headers["warning"] == "299 - \"unknown field \\\"spec.unknown\\\"\"")
        let strict = await server.post("\(widgets)?fieldValidation=Strict", widget("b", ["unknown": 1]))
        #expect(strict.code == 400)
        #expect(
            strict.message
                == "Widget in version \"v1\" cannot be handled as a Widget: strict decoding error: unknown field \"spec.unknown\""
        )
        let bad = await server.post(widgets, widget("b", ["size": 0]))
        #expect(bad.code == 422)
        #expect(
            bad.message
                == "Widget.example.com \"b\" is invalid: spec.size: Invalid value: 0: spec.size in body should be greater than or "
                + "equal to 1")
        #expect(bad.json["details"]?["causes"]?[0]?["reason"] == "FieldValueInvalid")
        let wrong = await server.post(widgets, widget("b", ["size": "x"]))
        #expect(wrong.json["details"]?["causes"]?[0]?["reason"] == "FieldValueTypeInvalid")
    }

    @Test func `only JSON and YAML are read, and strategic patches are not`() async throws {
        let server = try await serving()
        let body = JSONWriter.write(widget("a"))
        let protobuf = Answer(
            await server.send("POST", widgets, body: body, headers: ["content-type": "application/vnd.kubernetes.protobuf"]))
        #expect(protobuf.code == 415)
        _ = await server.post(widgets, widget("a"))
        let strategic = await server.patch("\(widgets)/a", [:], type: "application/strategic-merge-patch+json")
        #expect(strategic.code == 415)
        #expect(
            strategic.message
                == "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, "
                + "application/merge-patch+json, application/apply-patch+yaml")
        let merged = await server.patch("\(widgets)/a", ["spec": ["size": 5]])
        #expect(merged.code == 200 && merged.json["spec"]?["size"] == 5 && merged.json["metadata"]?["generation"] == 2)
        let accept = await server.send("GET", widgets, headers: ["accept": "application/vnd.kubernetes.protobuf"])
        #expect(accept.status == 406)
    }

    @Test func `status and specification are written apart`() async throws {
        let server = try await serving()
        _ = await server.post(widgets, widget("a", ["size": 1]))
        let status = await server.patch("\(widgets)/a/status", ["status": ["replicas": 2], "spec": ["size": 9]])
        #expect(status.json["status"] == ["replicas": 2] && status.json["spec"]?["size"] == 1)
        #expect(status.json["metadata"]?["generation"] == 1)
        let main = await server.patch("\(widgets)/a", ["status": ["replicas": 7], "spec": ["size": 2]])
        #expect(main.json["status"] == ["replicas": 2] && main.json["metadata"]?["generation"] == 2)
    }

    @Test func `the scale lies where the definition says`() async throws {
        let server = try await serving()
        _ = await server.post(widgets, widget("a"))
        #expect(await server.get("\(widgets)/a/scale").code == 500)
        _ = await server.patch("\(widgets)/a", ["spec": ["replicas": 3]])
        _ = await server.patch("\(widgets)/a/status", ["status": ["replicas": 1, "selector": "app=a"]])
        let scale = await server.get("\(widgets)/a/scale")
        #expect(scale.json["spec"] == ["replicas": 3] && scale.json["status"] == ["replicas": 1, "selector": "app=a"])
        let changed = await server.patch("\(widgets)/a/scale", ["spec": ["replicas": 5]])
        #expect(changed.code == 200)
        #expect(await server.get("\(widgets)/a").json["spec"]?["replicas"] == 5)
    }

    @Test func `tables and field selectors follow the definition`() async throws {
        let server = try await serving()
        _ = await server.post(widgets, widget("a", ["size": 3]))
        _ = await server.post(widgets, widget("b", ["color": "blue"]))
        let table = Answer(
            await server.send("GET", widgets, headers: ["accept": "application/json;as=Table;v=v1;g=meta.k8s.io"]))
        #expect((table.json["columnDefinitions"]?.array ?? []).map { $0["name"] } == ["Name", "Size", "Color"])
        #expect((table.json["columnDefinitions"]?.array ?? []).map { $0["priority"] } == [0, 0, 1])
        #expect((table.json["rows"]?.array ?? []).map { $0["cells"] } == [["a", 3, "red"], ["b", .null, "blue"]])
        #expect(await server.get("\(widgets)?fieldSelector=spec.color=blue").names == ["b"])
        let unknown = await server.get("\(widgets)?fieldSelector=spec.size=3")
        #expect(unknown.code == 400 && unknown.message == "field label not supported: spec.size")
    }

    @Test func `every served version shows the same objects`() async throws {
        let server = try await serving(
            Self.definition(versions: [
                Self.version("v1", storage: false), Self.version("v2", storage: true),
                Self.version("v3", storage: false, served: false),
            ]))
        _ = await server.post(widgets, widget("a", ["size": 1]))
        let second = await server.get("/apis/example.com/v2/namespaces/default/widgets/a")
        #expect(second.json["apiVersion"] == "example.com/v2" && second.json["spec"]?["size"] == 1)
        #expect(await server.get("\(widgets)/a").json["apiVersion"] == "example.com/v1")
        #expect(await server.get("/apis/example.com/v3/namespaces/default/widgets/a").code == 404)
        let wrong = await server.post("/apis/example.com/v2/namespaces/default/widgets", widget("b"))
        #expect(
            wrong.message
                == "the API version in the data (example.com/v1) does not match the expected API version (example.com/v2)")
    }

    @Test func `a new schema reads old objects, and ends their watches`() async throws {
        let server = try await serving()
        _ = await server.post(widgets, widget("a", ["size": 1]))
        let path = "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/size/default"
        try await server.watching("\(widgets)?watch=true&resourceVersion=1") { lines in
            _ = await lines.next(1)
            _ = await server.post(widgets, widget("b"))
            let patched = await server.patch(
                "\(definitions)/widgets.example.com", [["op": "add", "path": .string(path), "value": 8]],
                type: "application/json-patch+json")
            #expect(patched.code == 200, "\(patched.message)")
            let rest = await lines.next(10)
            #expect(rest.count < 10)
        }
        #expect(await server.get("\(widgets)/a").json["spec"]?["size"] == 1)
        #expect(await server.get("\(widgets)/b").json["spec"]?["size"] == 8)
    }

    @Test func `a delete removes every object first`() async throws {
        let server = try await serving()
        _ = await server.post(widgets, widget("a"))
        var held = widget("b")
        held[path: ["metadata", "finalizers"]] = ["example.com/hold"]
        _ = await server.post(widgets, held)
        let deletion = await server.delete("\(definitions)/widgets.example.com")
        #expect(deletion.code == 200)
        #expect(deletion.json["metadata"]?["finalizers"] == [.string(CustomKinds.finalizer)])
        let refused = await server.post(widgets, widget("c"))
        #expect(refused.code == 405)
        #expect(refused.message == "create not allowed while custom resource definition is terminating")
        await server.parts.definitions.reconcile()
        #expect(await server.get(widgets).names == ["b"])
        #expect(await server.get("\(definitions)/widgets.example.com").code == 200)
        _ = await server.patch("\(widgets)/b", ["metadata": ["finalizers": .null]])
        await server.parts.definitions.reconcile()
        #expect(await server.get("\(definitions)/widgets.example.com").code == 404)
        #expect(await server.get(widgets).code == 404)
    }

    @Test func `a server that starts finds its custom kinds again`() async throws {
        let server = try await serving()
        _ = await server.post(widgets, widget("a", ["size": 1]))
        let second = try await ServerFixture.make(server.store)
        #expect(await second.get(widgets).names == ["a"])
    }

    @Test func `a deprecated version warns`() async throws {
        var version = Self.version("v1", storage: true)
        version["deprecated"] = true
        let server = try await serving(Self.definition(versions: [version]))
        #expect(await server.get(widgets).headers["warning"] == "299 - \"example.com/v1 Widget is deprecated\"")
    }
}
