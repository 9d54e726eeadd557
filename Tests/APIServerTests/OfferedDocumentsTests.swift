import API
import HTTP
import JSON
import Machinery
import Testing

@testable import APIServer

@Suite struct OfferedDocumentsTests {
    private let definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    private static let aggregated = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"

    private static let schema: JSONValue = [
        "type": "object", "description": "Foo for a test",
        "properties": [
            "spec": [
                "type": "object", "description": "Specification of Foo", "required": ["maybe", "bars"],
                "properties": [
                    "bars": [
                        "type": "array", "description": "List of Bars",
                        "items": ["type": "object", "required": ["name"], "properties": ["name": ["type": "string"]]],
                    ],
                    "maybe": ["type": "string", "nullable": true],
                    "open": ["type": "object", "x-kubernetes-preserve-unknown-fields": true],
                    "port": ["x-kubernetes-int-or-string": true],
                ],
            ]
        ],
    ]

    private func definition(_ versions: [String], schema: JSONValue = schema) -> JSONValue {
        [
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": ["name": "foos.example.com"],
            "spec": [
                "group": "example.com", "scope": "Namespaced",
                "names": ["plural": "foos", "kind": "Foo", "shortNames": ["fo"], "categories": ["all"]],
                "versions": .array(
                    versions.enumerated().map { index, name in
                        [
                            "name": .string(name), "served": true, "storage": .bool(index == 0),
                            "schema": ["openAPIV3Schema": schema], "subresources": ["status": [:]],
                        ]
                    }),
            ],
        ]
    }

    private func serving(_ versions: [String] = ["v1"], schema: JSONValue = schema) async throws -> ServerFixture {
        let server = try await ServerFixture.make()
        #expect(await server.post(definitions, definition(versions, schema: schema)).code == 201)
        await server.parts.definitions.reconcile()
        return server
    }

    private func accepting(_ server: ServerFixture, _ path: String, _ accept: String) async -> Answer {
        Answer(await server.send("GET", path, headers: ["accept": accept]))
    }

    @Test func `custom groups appear in every form of discovery`() async throws {
        let server = try await serving(["v1beta1", "v1", "v2alpha1"])
        let groups = await server.get("/apis").json["groups"]?.array ?? []
        #expect(groups.last?["name"] == "example.com")
        #expect((groups.last?["versions"]?.array ?? []).map { $0["version"] } == ["v1", "v1beta1", "v2alpha1"])
        #expect(await server.get("/apis/example.com").json["preferredVersion"]?["version"] == "v1")
        let list = await server.get("/apis/example.com/v1")
        let entries = list.json["resources"]?.array ?? []
        #expect(entries.map { $0["name"] } == ["foos", "foos/status"])
        #expect(entries.first?["shortNames"] == ["fo"] && entries.first?["categories"] == ["all"])
        // The store keeps the first version of the definition: sha256("example.com/v1beta1/Foo").
        #expect(entries.first?["storageVersionHash"] == "wGfEioyL0QU=")
        let answer = await accepting(server, "/apis", "\(Self.aggregated),application/json")
        let last = answer.json["items"]?.array?.last
        #expect(last?["metadata"] == ["name": "example.com"])
        #expect(last?["versions"]?[0]?["resources"]?[0]?["responseKind"]?["kind"] == "Foo")
    }

    @Test func `aggregated discovery is named by its content`() async throws {
        let server = try await ServerFixture.make()
        let first = await accepting(server, "/apis", Self.aggregated)
        #expect(first.headers["content-type"] == Self.aggregated && first.headers["vary"] == "Accept")
        let tag = try #require(first.headers["etag"])
        let headers: HTTPHeaders = ["accept": Self.aggregated, "if-none-match": tag]
        #expect((await server.send("GET", "/apis", headers: headers)).status == 304)
        _ = await server.post(definitions, definition(["v1"]))
        await server.parts.definitions.reconcile()
        let changed = await server.send("GET", "/apis", headers: headers)
        #expect(changed.status == 200 && changed.headers["etag"] != tag)
        let beta = await accepting(server, "/apis", Self.aggregated.replacing("v=v2;", with: "v=v2beta1;"))
        #expect(beta.json["apiVersion"] == "apidiscovery.k8s.io/v2beta1")
        #expect(await accepting(server, "/apis", "application/json").json["kind"] == "APIGroupList")
    }

    @Test func `version 2 shows a schema as kubectl can read it`() async throws {
        let server = try await serving()
        let document = await server.get("/openapi/v2")
        var foo = try #require(document.json["definitions"]?["com.example.v1.Foo"])
        #expect(foo["x-kubernetes-group-version-kind"] == [["group": "example.com", "kind": "Foo", "version": "v1"]])
        #expect(
            foo["properties"]?["metadata"]?["$ref"]
                == "#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta")
        for name in ["metadata", "apiVersion", "kind"] { foo[path: ["properties", name]] = .none }
        foo["x-kubernetes-group-version-kind"] = .none
        #expect(
            foo == [
                "type": "object", "description": "Foo for a test",
                "properties": [
                    "spec": [
                        "type": "object", "description": "Specification of Foo", "required": ["bars"],
                        "properties": [
                            "bars": [
                                "type": "array", "description": "List of Bars",
                                "items": ["type": "object", "required": ["name"], "properties": ["name": ["type": "string"]]],
                            ],
                            "maybe": [:], "open": ["x-kubernetes-preserve-unknown-fields": true],
                            "port": ["x-kubernetes-int-or-string": true],
                        ],
                    ]
                ],
            ])
        #expect(document.json["definitions"]?["com.example.v1.FooList"]?["required"] == ["items"])
        let patch = document.json["paths"]?["/apis/example.com/v1/namespaces/{namespace}/foos/{name}"]?["patch"]
        #expect(patch?["x-kubernetes-action"] == "patch")
        #expect(patch?["operationId"] == "patchExampleV1NamespacedFoo")
        let types = patch?["consumes"]?.array ?? []
        #expect(types.contains("application/apply-patch+yaml"))
        let pods = document.json["definitions"]?["io.k8s.api.core.v1.Pod"]
        #expect(pods?["properties"]?["spec"]?["description"] == "What is to run.")
    }

    @Test func `a schema that keeps everything is published as an object alone`() async throws {
        let server = try await serving(schema: ["type": "object", "x-kubernetes-preserve-unknown-fields": true])
        let foo = await server.get("/openapi/v2").json["definitions"]?["com.example.v1.Foo"]
        #expect(
            foo == [
                "type": "object",
                "x-kubernetes-group-version-kind": [["group": "example.com", "kind": "Foo", "version": "v1"]],
            ])
    }

    @Test func `version 2 follows definitions and keeps its tag meanwhile`() async throws {
        let server = try await serving(["v1", "v2"])
        let first = await server.get("/openapi/v2")
        let tag = try #require(first.headers["etag"])
        #expect((await server.send("GET", "/openapi/v2", headers: ["if-none-match": tag])).status == 304)
        let renamed = await server.patch(
            "\(definitions)/foos.example.com", [["op": "replace", "path": "/spec/versions/1/name", "value": "v4"]],
            type: "application/json-patch+json")
        #expect(renamed.code == 200)
        let second = await server.get("/openapi/v2")
        #expect(second.headers["etag"] != tag)
        let names = Set(second.json["definitions"]?.object?.keys ?? [])
        #expect(names.contains("com.example.v4.Foo") && !names.contains("com.example.v2.Foo"))
        #expect(names.contains("com.example.v1.Foo"))
        _ = await server.delete("\(definitions)/foos.example.com")
        await server.parts.definitions.reconcile()
        #expect(await server.get("/openapi/v2").json["definitions"]?["com.example.v1.Foo"] == nil)
    }

    @Test func `version 2 has a protobuf form`() async throws {
        let server = try await serving()
        let response = await server.send("GET", "/openapi/v2", headers: ["accept": OpenAPIMessage.acceptedMediaTypes[0]])
        #expect(response.status == 200 && response.headers["content-type"] == OpenAPIMessage.mediaType)
        guard case .bytes(let bytes) = response.body else {
            Issue.record("no body")
            return
        }
        #expect(bytes.starts(with: [0x0a, 3] + Array("2.0".utf8)))
        #expect((await server.send("GET", "/openapi/v2", headers: ["accept": "text/html"])).status == 406)
    }

    @Test func `documents of version 3 are named by their hash`() async throws {
        let server = try await serving()
        let index = await server.get("/openapi/v3")
        let url = try #require(index.json["paths"]?["apis/example.com/v1"]?["serverRelativeURL"]?.string)
        let document = await server.get(url)
        #expect(document.code == 200 && document.headers["cache-control"] == "public, immutable")
        #expect(document.headers["expires"] == "Sat, 15 Jan 2028 08:00:00 GMT")
        let foo = document.json["components"]?["schemas"]?["com.example.v1.Foo"]
        #expect(foo?["properties"]?["spec"]?["properties"]?["maybe"]?["nullable"] == true)
        #expect(foo?["properties"]?["spec"]?["properties"]?["port"]?["anyOf"] == [["type": "integer"], ["type": "string"]])
        #expect(
            foo?["properties"]?["metadata"]?["allOf"]
                == [["$ref": "#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"]])
        let stale = await server.send("GET", "/openapi/v3/apis/example.com/v1?hash=AB")
        #expect(stale.status == 301 && stale.headers["location"] == url)
        #expect(await server.get("/openapi/v3/apis/example.com/v2").code == 404)
        let other = index.json["paths"]?["apis/apps/v1"]
        _ = await server.delete("\(definitions)/foos.example.com")
        await server.parts.definitions.reconcile()
        let after = await server.get("/openapi/v3")
        #expect(after.json["paths"]?["apis/example.com/v1"] == nil && after.json["paths"]?["apis/apps/v1"] == other)
    }
}
