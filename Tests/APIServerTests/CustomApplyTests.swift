import API
import HTTP
import JSON
import Machinery
import Testing

@testable import APIServer

/// Server-side apply of custom objects: types come from the definition.
@Suite struct CustomApplyTests {
    private let things = "/apis/example.com/v1/namespaces/default/things"

    private func serving() async throws -> ServerFixture {
        let server = try await ServerFixture.make()
        let port: JSONValue = [
            "type": "object", "required": ["port"],
            "properties": [
                "port": ["type": "integer"], "protocol": ["type": "string", "default": "TCP"], "name": ["type": "string"],
            ],
        ]
        let spec: JSONValue = [
            "type": "object",
            "properties": [
                "replicas": ["type": "integer"],
                "ports": [
                    "type": "array", "items": port, "x-kubernetes-list-type": "map",
                    "x-kubernetes-list-map-keys": ["port", "protocol"],
                ],
                "tags": ["type": "array", "items": ["type": "string"], "x-kubernetes-list-type": "set"],
                "plain": ["type": "array", "items": ["type": "string"]],
                "whole": ["type": "object", "additionalProperties": ["type": "string"], "x-kubernetes-map-type": "atomic"],
                "free": ["type": "object", "x-kubernetes-preserve-unknown-fields": true],
            ],
        ]
        let status: JSONValue = ["type": "object", "properties": ["phase": ["type": "string"], "replicas": ["type": "integer"]]]
        let schema: JSONValue = ["type": "object", "properties": ["spec": spec, "status": status]]
        let created = await server.post(
            "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
            [
                "metadata": ["name": "things.example.com"],
                "spec": [
                    "group": "example.com", "scope": "Namespaced", "names": ["plural": "things", "kind": "Thing"],
                    "versions": [
                        [
                            "name": "v1", "served": true, "storage": true, "schema": ["openAPIV3Schema": schema],
                            "subresources": [
                                "status": [:],
                                "scale": ["specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas"],
                            ],
                        ]
                    ],
                ],
            ])
        #expect(created.code == 201, "\(created.message)")
        await server.parts.definitions.reconcile()
        return server
    }

    private func apply(
        _ server: ServerFixture, _ text: String, _ manager: String, at suffix: String = "", query: String = ""
    ) async -> Answer {
        let body = "apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: one}\n" + text
        return Answer(
            await server.send(
                "PATCH", "\(things)/one\(suffix)?fieldManager=\(manager)\(query)", body: Array(body.utf8),
                headers: ["content-type": "application/apply-patch+yaml"]))
    }

    @Test func `lists and maps merge as the definition says`() async throws {
        let server = try await serving()
        let created = await apply(
            server, "spec: {ports: [{port: 80, name: a}], tags: [x], plain: [p], whole: {k: v}, free: {a: {b: 1}}}", "one")
        #expect(created.code == 201, "\(created.message)")
        #expect(created.json["spec"]?["ports"]?[0]?["protocol"] == "TCP")
        let second = await apply(server, "spec: {ports: [{port: 81}], tags: [z], free: {a: {c: 2}}}", "two")
        #expect(second.code == 200, "\(second.message)")
        #expect((second.json["spec"]?["ports"]?.array ?? []).map { $0["port"] } == [80, 81])
        #expect(second.json["spec"]?["tags"] == ["x", "z"] && second.json["spec"]?["free"] == ["a": ["b": 1, "c": 2]])
        let refused = await apply(server, "spec: {plain: [q], whole: {z: z}}", "two")
        #expect(
            refused.code == 409
                && refused.message == "Apply failed with 2 conflicts: conflicts with \"one\":\n- .spec.plain\n- .spec.whole")
        let pruned = await apply(server, "spec: {tags: [x]}", "one")
        #expect(
            pruned.json["spec"] == [
                "ports": [["port": 81, "protocol": "TCP"]], "tags": ["x", "z"], "free": ["a": ["c": 2]],
            ])
    }

    @Test func `what the definition does not know is refused`() async throws {
        let server = try await serving()
        let unknown = await apply(server, "spec: {oops: 1}", "one")
        #expect(unknown.code == 500)
        #expect(
            unknown.message
                == "failed to create typed patch object (/one; example.com/v1, Kind=Thing): .spec.oops: field not declared in schema"
        )
        let twice = await apply(server, "spec: {tags: [a, a]}", "one")
        #expect(twice.message.hasSuffix(".spec.tags: duplicate entries for key [=\"a\"]"))
        let repeated = await apply(server, "spec: {replicas: 1, replicas: 2}", "one", query: "&fieldValidation=Strict")
        #expect(repeated.code == 400 && repeated.message.contains("line 4: key \"replicas\" already set in map"))
    }

    @Test func `status and scale have books of their own`() async throws {
        let server = try await serving()
        _ = await apply(server, "spec: {replicas: 1}\nstatus: {phase: Pending}", "one")
        let status = await apply(server, "status: {phase: Ready}\nspec: {replicas: 9}", "controller", at: "/status")
        #expect(status.json["status"]?["phase"] == "Ready" && status.json["spec"]?["replicas"] == 1)
        let entries = status.json["metadata"]?["managedFields"]?.array ?? []
        let controller = entries.first { $0["manager"] == "controller" }
        #expect(controller?["subresource"] == "status" && controller?["fieldsV1"] == ["f:status": ["f:phase": [:]]])
        let scaled = await server.patch("\(things)/one/scale?fieldManager=hpa", ["spec": ["replicas": 3]])
        #expect(scaled.code == 200, "\(scaled.message)")
        let read = await server.get("\(things)/one")
        let owners = (read.json["metadata"]?["managedFields"]?.array ?? []).filter {
            $0["fieldsV1"]?["f:spec"]?["f:replicas"] != nil
        }
        #expect(owners.count == 1 && owners[0]["manager"] == "hpa" && owners[0]["subresource"] == "scale")
    }

    @Test func `updates of custom objects are booked`() async throws {
        let server = try await serving()
        let created = await server.post(
            "\(things)?fieldManager=one",
            ["apiVersion": "example.com/v1", "kind": "Thing", "metadata": ["name": "one"], "spec": ["ports": [["port": 80]]]])
        let fields = created.json["metadata"]?["managedFields"]?[0]?["fieldsV1"] ?? [:]
        #expect(
            fields == [
                "f:spec": [
                    ".": [:],
                    "f:ports": [".": [:], "k:{\"port\":80,\"protocol\":\"TCP\"}": [".": [:], "f:port": [:], "f:protocol": [:]]],
                ]
            ])
    }
}
