import API
import HTTP
import JSON
import Testing

@testable import APIServer

/// What upstream's conformance tests ask of nearly every kind, asked of all of them.
@Suite struct KindLifecycleTests {
    static let stored = Catalog.kinds.filter { $0.isStored && $0.allows("create") }

    private func collection(_ kind: KindDefinition) -> String {
        let root = kind.gvk.group.isEmpty ? "/api/v1" : "/apis/\(kind.gvk.group)/\(kind.gvk.version)"
        return kind.isNamespaced ? "\(root)/namespaces/default/\(kind.resource)" : "\(root)/\(kind.resource)"
    }

    private func sample(_ kind: KindDefinition) throws -> JSONValue {
        var object = try #require(KindSamples.object(kind), "no sample of \(kind.gvr)")
        object["apiVersion"] = .string(kind.gvk.apiVersion)
        object["kind"] = .string(kind.gvk.kind)
        object["metadata"] = ["name": .string(KindSamples.name(kind)), "labels": ["test": "lifecycle"]]
        return object
    }

    @Test(arguments: stored.map { "\($0.gvk.apiVersion) \($0.resource)" })
    func `every kind is created, read, changed and deleted`(id: String) async throws {
        let kind = try #require(Self.stored.first { "\($0.gvk.apiVersion) \($0.resource)" == id })
        let server = try await ServerFixture.make()
        let all = collection(kind)
        let one = "\(all)/\(KindSamples.name(kind))"
        let created = await server.post(all, try sample(kind))
        try #require(created.code == 201, "\(created.json)")
        #expect(created.json["kind"]?.string == kind.gvk.kind && created.json["apiVersion"]?.string == kind.gvk.apiVersion)
        #expect(await server.post(all, try sample(kind)).code == 409)

        let got = await server.get(one)
        #expect(got.code == 200 && got.json == created.json)
        #expect(await server.get("\(all)?labelSelector=test=lifecycle").names == [KindSamples.name(kind)])
        #expect(
            await server.get("\(all)?fieldSelector=metadata.name=\(KindSamples.name(kind))").names == [KindSamples.name(kind)])
        let table = Answer(
            await server.send("GET", one, headers: ["accept": "application/json;as=Table;v=v1;g=meta.k8s.io"]))
        #expect(table.json["rows"]?[0]?["cells"]?.array?.count == table.json["columnDefinitions"]?.array?.count)

        var changed = got.json
        changed[path: ["metadata", "labels", "changed"]] = "yes"
        let updated = await server.put(one, changed)
        #expect(updated.code == 200 && updated.json["metadata"]?["labels"]?["changed"] == "yes", "\(updated.json)")
        #expect(await server.put(one, changed).code == 409)
        #expect(updated.json["metadata"]?["generation"] == created.json["metadata"]?["generation"])

        let patched = await server.patch(one, ["metadata": ["annotations": ["patched": "true"]]])
        #expect(patched.code == 200 && patched.json["metadata"]?["annotations"]?["patched"] == "true", "\(patched.json)")
        let strategic = await server.patch(
            one, ["metadata": ["labels": ["strategic": "yes"]]], type: "application/strategic-merge-patch+json")
        #expect(strategic.code == 200 && strategic.json["metadata"]?["labels"]?["strategic"] == "yes", "\(strategic.json)")
        let operations = await server.patch(
            one, [["op": "add", "path": "/metadata/annotations/operation", "value": "yes"]],
            type: "application/json-patch+json")
        #expect(operations.code == 200 && operations.json["metadata"]?["annotations"]?["operation"] == "yes")
        try await writeBack(server, one)
        try await subresources(kind, server, one)

        let deleted = await server.delete(one)
        #expect(deleted.code == 200, "\(deleted.json)")
    }

    /// The object as protobuf, written as it was read, is the object that was there.
    private func writeBack(_ server: ServerFixture, _ one: String) async throws {
        let protobuf = "application/vnd.kubernetes.protobuf"
        let read = await server.send("GET", one, headers: ["accept": protobuf])
        #expect(read.headers["content-type"] == protobuf)
        let before = await server.get(one)
        let written = await server.send(
            "PUT", one, body: try await ByteCollector.collect(read), headers: ["content-type": protobuf])
        #expect(written.status == 200 && Answer(written).json == before.json, "\(Answer(written).json)")
    }

    private func subresources(_ kind: KindDefinition, _ server: ServerFixture, _ one: String) async throws {
        for subresource in kind.subresources
        where subresource.kind == kind.gvk && Set(["get", "update", "patch"]).isSubset(of: subresource.verbs) {
            let path = "\(one)/\(subresource.name)"
            let got = await server.get(path)
            #expect(got.code == 200 && got.json["kind"]?.string == kind.gvk.kind, "\(path): \(got.json)")
            let updated = await server.put(path, got.json)
            #expect(updated.code == 200, "\(path): \(updated.json)")
            let patched = await server.patch(path, ["metadata": ["resourceVersion": .string(updated.revision)]])
            #expect(patched.code == 200, "\(path): \(patched.json)")
        }
        if kind.subresource("scale") != nil {
            let scaled = await server.patch("\(one)/scale", ["spec": ["replicas": 2]])
            #expect(scaled.code == 200 && scaled.json["spec"]?["replicas"] == 2, "\(scaled.json)")
            #expect(await server.get(one).json["spec"]?["replicas"] == 2)
        }
    }

    @Test(arguments: stored.filter { $0.allows("deletecollection") }.map { "\($0.gvk.apiVersion) \($0.resource)" })
    func `every collection is emptied`(id: String) async throws {
        let kind = try #require(Self.stored.first { "\($0.gvk.apiVersion) \($0.resource)" == id })
        let server = try await ServerFixture.make()
        let created = await server.post(collection(kind), try sample(kind))
        try #require(created.code == 201, "\(created.json)")
        let answer = await server.delete("\(collection(kind))?labelSelector=test=lifecycle")
        #expect(answer.code == 200, "\(answer.json)")
        // What carries a finalizer of its own stays until its keeper has let it go.
        let rest = await server.get("\(collection(kind))?labelSelector=test=lifecycle").json["items"]?.array ?? []
        #expect(rest.allSatisfy { $0["metadata"]?["deletionTimestamp"]?.string != nil }, "\(rest)")
    }

    @Test(arguments: [
        ("storage.k8s.io/v1 volumeattachments", #"{"attached":false}"#),
        ("networking.k8s.io/v1 ingresses", #"{"loadBalancer":{}}"#),
        ("apps/v1 replicasets", #"{"replicas":0}"#), ("batch/v1 cronjobs", "{}"),
        (
            "policy/v1 poddisruptionbudgets",
            #"{"disruptionsAllowed":0,"currentHealthy":0,"desiredHealthy":0,"expectedPods":0}"#
        ),
    ])
    func `a first status is written with its zeros`(id: String, status: String) async throws {
        let kind = try #require(Self.stored.first { "\($0.gvk.apiVersion) \($0.resource)" == id })
        let server = try await ServerFixture.make()
        var object = try sample(kind)
        object["status"] = [:]
        let created = await server.post(collection(kind), object)
        let expected = try JSONParser.parse(Array(status.utf8)).object?.members.sorted { $0.key < $1.key }
        #expect(created.json["status"]?.object?.members.sorted { $0.key < $1.key } == expected, "\(created.json)")
    }

    @Test(arguments: [("deployments", false), ("replicasets", true), ("statefulsets", true), ("daemonsets", true)])
    func `only a Deployment keeps its labels when its status is written`(resource: String, changes: Bool) async throws {
        let kind = try #require(Self.stored.first { $0.resource == resource })
        let server = try await ServerFixture.make()
        #expect(await server.post(collection(kind), try sample(kind)).code == 201)
        let patched = await server.patch(
            "\(collection(kind))/sample/status",
            ["metadata": ["labels": ["seen": "yes"], "annotations": ["seen": "yes"]], "status": ["observedGeneration": 1]])
        #expect(patched.code == 200, "\(patched.message)")
        #expect((patched.json["metadata"]?["labels"]?["seen"] == "yes") == changes, "\(patched.json)")
        #expect(patched.json["metadata"]?["annotations"]?["seen"] == "yes")
    }

    @Test func `a status is dropped on creation and kept apart from the rest`() async throws {
        let server = try await ServerFixture.make()
        let path = "/apis/networking.k8s.io/v1/namespaces/default/ingresses"
        let kind = try #require(Self.stored.first { $0.resource == "ingresses" })
        var object = try sample(kind)
        object["status"] = ["loadBalancer": ["ingress": [["ip": "192.0.2.1"]]]]
        let created = await server.post(path, object)
        #expect(created.json["status"]?["loadBalancer"]?["ingress"] == nil && created.json["metadata"]?["generation"] == 1)
        let status = await server.patch(
            "\(path)/sample/status",
            [
                "metadata": ["annotations": ["patchedstatus": "true"]],
                "status": ["loadBalancer": ["ingress": [["ip": "192.0.2.1"]]]],
            ])
        #expect(status.json["status"]?["loadBalancer"]?["ingress"]?[0]?["ip"] == "192.0.2.1")
        #expect(status.json["metadata"]?["annotations"]?["patchedstatus"] == "true")
        #expect(status.json["metadata"]?["generation"] == 1)
        let spec = await server.patch("\(path)/sample", ["spec": ["ingressClassName": "a"], "status": ["loadBalancer": [:]]])
        #expect(spec.json["metadata"]?["generation"] == 2)
        #expect(spec.json["status"]?["loadBalancer"]?["ingress"]?[0]?["ip"] == "192.0.2.1")
    }
}
