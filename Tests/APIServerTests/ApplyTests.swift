import API
import HTTP
import JSON
import Machinery
import Store
import Testing

@testable import APIServer

@Suite struct ApplyTests {
    private let maps = "/api/v1/namespaces/default/configmaps"
    private let deployments = "/apis/apps/v1/namespaces/default/deployments"

    private func apply(
        _ server: ServerFixture, _ path: String, _ body: String, manager: String? = "one", query: String = "",
        token: String? = ServerFixture.adminToken
    ) async -> Answer {
        let name = manager.map { "fieldManager=\($0)" } ?? ""
        return Answer(
            await server.send(
                "PATCH", "\(path)?\(name)\(query)", body: Array(body.utf8),
                headers: ["content-type": "application/apply-patch+yaml"], token: token))
    }

    private func map(_ data: String, name: String = "one") -> String {
        "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"\(name)\"},\"data\":\(data)}"
    }

    private func deployment(_ spec: String) -> String {
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  selector: {matchLabels: {app: web}}\n"
            + "  template:\n    metadata: {labels: {app: web}}\n    spec: {containers: [{name: c, image: i}]}\n\(spec)"
    }

    /// `manager Operation subresource: paths`, a line per entry in the order answered.
    private func books(_ answer: Answer) -> [String] {
        (answer.json["metadata"]?["managedFields"]?.array ?? []).map { entry in
            let set = try? FieldSet(json: entry["fieldsV1"] ?? [:])
            let subresource = entry["subresource"]?.string.map { " " + $0 } ?? ""
            return "\(entry["manager"]?.string ?? "") \(entry["operation"]?.string ?? "")\(subresource): "
                + (set?.description.split(separator: "\n").joined(separator: " ") ?? "?")
        }
    }

    @Test func `an apply creates, merges and prunes`() async throws {
        let server = try await ServerFixture.make()
        let created = await apply(server, "\(maps)/one", map("{\"a\":\"1\",\"b\":\"2\"}"))
        #expect(created.code == 201)
        #expect(created.json["metadata"]?["namespace"] == "default")
        #expect(
            created.json["metadata"]?["managedFields"] == [
                [
                    "manager": "one", "operation": "Apply", "apiVersion": "v1", "time": "2027-01-15T08:00:00Z",
                    "fieldsType": "FieldsV1", "fieldsV1": ["f:data": ["f:a": [:], "f:b": [:]]],
                ]
            ])
        let same = await apply(server, "\(maps)/one", map("{\"a\":\"1\",\"b\":\"2\"}"))
        #expect(same.code == 200 && same.revision == created.revision && same.json == created.json)
        let pruned = await apply(server, "\(maps)/one", map("{\"a\":\"1\"}"))
        #expect(pruned.code == 200 && pruned.json["data"] == ["a": "1"] && pruned.revision != created.revision)
        let read = await server.get("\(maps)/one")
        #expect(read.json == pruned.json)
    }

    @Test func `conflicts are refused with their causes, and forced`() async throws {
        let server = try await ServerFixture.make()
        _ = await apply(server, "\(deployments)/web", deployment("  replicas: 1\n"))
        let refused = await apply(server, "\(deployments)/web", deployment("  replicas: 3\n"), manager: "two")
        #expect(refused.code == 409 && refused.reason == "Conflict")
        #expect(refused.message == "Apply failed with 1 conflict: conflict with \"one\": .spec.replicas")
        #expect(
            refused.json["details"]?["causes"] == [
                ["reason": "FieldManagerConflict", "message": "conflict with \"one\"", "field": ".spec.replicas"]
            ])
        let forced = await apply(
            server, "\(deployments)/web", deployment("  replicas: 3\n"), manager: "two", query: "&force=true")
        #expect(forced.code == 200 && forced.json["spec"]?["replicas"] == 3)
        let put = await server.patch("\(deployments)/web?fieldManager=edit", ["spec": ["replicas": 5, "paused": true]])
        #expect(put.code == 200)
        let several = await apply(
            server, "\(deployments)/web", deployment("  replicas: 3\n  paused: false\n"), manager: "two")
        #expect(
            several.message
                == "Apply failed with 2 conflicts: conflicts with \"edit\" using apps/v1:\n- .spec.paused\n- .spec.replicas")
    }

    @Test func `updates are booked on fields, with their defaults, as upstream does`() async throws {
        let server = try await ServerFixture.make()
        let pod: JSONValue = [
            "metadata": ["name": "p", "labels": ["a": "b"]],
            "spec": ["containers": [["name": "c", "image": "i", "ports": [["containerPort": 80]]]]],
        ]
        let created = Answer(
            await server.send(
                "POST", "/api/v1/namespaces/default/pods", body: JSONWriter.write(pod),
                headers: ["content-type": "application/json", "user-agent": "kubectl/v1.36.0 (linux/amd64)"]))
        #expect(created.code == 201)
        let entries = created.json["metadata"]?["managedFields"]?.array ?? []
        #expect(entries.count == 1 && entries[0]["manager"] == "kubectl" && entries[0]["operation"] == "Update")
        let container = "k:{\"name\":\"c\"}"
        let fields = entries[0]["fieldsV1"] ?? [:]
        #expect(fields["f:metadata"] == ["f:labels": [".": [:], "f:a": [:]]])
        #expect(fields["f:spec"]?["f:containers"]?[container]?["f:imagePullPolicy"] == [:])
        #expect(fields["f:spec"]?["f:containers"]?[container]?["."] == [:])
        #expect(
            fields["f:spec"]?["f:containers"]?[container]?["f:ports"]?["k:{\"containerPort\":80,\"protocol\":\"TCP\"}"]?[
                "f:protocol"]
                == [:])
        #expect(fields["f:spec"]?["f:restartPolicy"] == [:])
        // What admission adds and what the system writes is nobody's.
        #expect(fields["f:spec"]?["f:volumes"] == nil && fields["f:spec"]?["f:tolerations"] == nil && fields["f:status"] == nil)

        let status = await server.patch(
            "/api/v1/namespaces/default/pods/p/status?fieldManager=kubelet", ["status": ["phase": "Running"], "spec": ["x": 1]])
        #expect(books(status).last == "kubelet Update status: .status.phase")
    }

    @Test func `the status is applied through its subresource`() async throws {
        let server = try await ServerFixture.make()
        _ = await apply(server, "\(deployments)/web", deployment("status: {replicas: 9}\n"))
        let created = await server.get("\(deployments)/web")
        #expect(created.json["status"]?["replicas"] == nil && !books(created)[0].contains(".status"))
        let body = "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, status: {replicas: 2}, spec: {replicas: 7}}"
        let status = await apply(server, "\(deployments)/web/status", body, manager: "controller")
        #expect(status.code == 200 && status.json["status"]?["replicas"] == 2 && status.json["spec"]?["replicas"] == 1)
        #expect(books(status).contains("controller Apply status: .status.replicas"))
        let missing = await apply(server, "\(deployments)/none/status", body.replacing("web", with: "none"))
        #expect(missing.code == 404)
    }

    @Test func `the scale has books of its own`() async throws {
        let server = try await ServerFixture.make()
        _ = await apply(server, "\(deployments)/web", deployment("  replicas: 1\n"))
        let scale = "{apiVersion: autoscaling/v1, kind: Scale, metadata: {name: web}, spec: {replicas: 4}}"
        let refused = await apply(server, "\(deployments)/web/scale", scale, manager: "hpa")
        #expect(refused.code == 409)
        #expect(refused.message == "Apply failed with 1 conflict: conflict with \"one\": .spec.replicas")
        let forced = await apply(server, "\(deployments)/web/scale", scale, manager: "hpa", query: "&force=true")
        #expect(forced.code == 200 && forced.json["spec"]?["replicas"] == 4 && forced.json["kind"] == "Scale")
        #expect(forced.json["metadata"]?["managedFields"] == nil)
        let read = await server.get("\(deployments)/web")
        #expect(read.json["spec"]?["replicas"] == 4)
        #expect(books(read).contains("hpa Apply scale: .spec.replicas"))
        #expect(books(read).contains { $0.hasPrefix("one Apply:") && !$0.contains(".spec.replicas") })
        let patched = await server.patch("\(deployments)/web/scale?fieldManager=kubectl", ["spec": ["replicas": 5]])
        #expect(patched.json["spec"]?["replicas"] == 5)
        let after = await server.get("\(deployments)/web")
        #expect(books(after).contains("kubectl Update scale: .spec.replicas"))
        #expect(!books(after).contains { $0.hasPrefix("hpa") })
    }

    @Test func `parameters are checked`() async throws {
        let server = try await ServerFixture.make()
        let body = map("{}")
        let nobody = await apply(server, "\(maps)/one", body, manager: nil)
        #expect(nobody.code == 422)
        #expect(
            nobody.message
                == "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch")
        let long = await apply(server, "\(maps)/one", body, manager: String(repeating: "x", count: 129))
        #expect(
            long.message == "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Too long: may not be more than 128 bytes")
        let unprintable = await server.post("\(maps)?fieldManager=a\u{7}", ["metadata": ["name": "x"]])
        #expect(unprintable.code == 422)
        #expect(
            unprintable.message
                == "CreateOptions.meta.k8s.io \"\" is invalid: fieldManager: Invalid value: \"a\\u0007\": invalid character U+0007 "
                + "(at position 1)")
        let forced = await server.patch("\(maps)/one?force=true", [:])
        #expect(
            forced.message
                == "PatchOptions.meta.k8s.io \"\" is invalid: force: Forbidden: may not be specified for non-apply patch")
        let cbor = Answer(
            await server.send("PATCH", "\(maps)/one", headers: ["content-type": "application/apply-patch+cbor"]))
        #expect(cbor.code == 415)
    }

    @Test func `an apply must name the kind, the object and no books`() async throws {
        let server = try await ServerFixture.make()
        let other = await apply(server, "\(maps)/two", map("{}"))
        #expect(other.code == 400 && other.message == "the name of the object (one) does not match the name on the URL (two)")
        let nameless = await apply(server, "\(maps)/one", "{apiVersion: v1, kind: ConfigMap}")
        #expect(
            nameless.message == "the name of the object (one based on URL) was undeterminable: name must be provided")
        let kind = await apply(server, "\(maps)/one", "{apiVersion: v1, kind: Secret, metadata: {name: one}}")
        #expect(kind.code == 400 && kind.message == "invalid object type: /v1, Kind=Secret")
        let elsewhere = await apply(
            server, "\(maps)/one", "{apiVersion: v1, kind: ConfigMap, metadata: {name: one, namespace: other}}")
        #expect(
            elsewhere.message == "the namespace of the provided object does not match the namespace sent on the request")
        let booked = await apply(
            server, "\(maps)/one", "{apiVersion: v1, kind: ConfigMap, metadata: {name: one, managedFields: []}}")
        #expect(booked.code == 400 && booked.message == "metadata.managedFields must be nil")
        let uid = await apply(server, "\(maps)/one", "{apiVersion: v1, kind: ConfigMap, metadata: {name: one, uid: x}}")
        #expect(uid.code == 409)
        #expect(uid.message.hasSuffix("uid mismatch: the provided object specified uid x, and no existing object was found"))
        let list = await apply(server, "\(maps)/one", "[1]")
        #expect(list.code == 400)
        _ = await apply(server, "\(maps)/one", map("{}"))
        let stale = await apply(
            server, "\(maps)/one",
            "{apiVersion: v1, kind: ConfigMap, metadata: {name: one, resourceVersion: \"1\"}, data: {a: b}}")
        #expect(stale.code == 409 && stale.message.contains("the object has been modified"))
        let wrong = await apply(server, "\(maps)/one", "{apiVersion: v1, kind: ConfigMap, metadata: {name: one, uid: x}}")
        #expect(wrong.code == 422 && wrong.message.contains("metadata.uid: Invalid value: \"x\": field is immutable"))
    }

    @Test func `fields that no schema knows are refused`() async throws {
        let server = try await ServerFixture.make()
        let unknown = await apply(server, "\(deployments)/web", deployment("  oops: 1\n"))
        #expect(unknown.code == 500)
        #expect(
            unknown.message
                == "failed to create typed patch object (/web; apps/v1, Kind=Deployment): .spec.oops: field not declared in schema"
        )
        let wrong = await apply(server, "\(deployments)/web", deployment("  replicas: many\n"))
        #expect(wrong.message.hasSuffix(".spec.replicas: expected numeric (int or float), got string"))
        let core = await apply(server, "\(maps)/one", map("[]"))
        #expect(core.message == "failed to create typed patch object (/one; /v1, Kind=ConfigMap): .data: expected map, got &{[]}")
    }

    @Test func `repeated keys are told of or refused`() async throws {
        let server = try await ServerFixture.make()
        let body = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: one}\ndata:\n  a: \"1\"\n  a: \"2\"\n"
        let strict = await apply(server, "\(maps)/one", body, query: "&fieldValidation=Strict")
        #expect(strict.code == 400)
        #expect(
            strict.message
                == "error strict decoding YAML: error converting YAML to JSON: yaml: unmarshal errors:\n  line 6: key \"a\" already "
                + "set in map")
        let warned = await apply(server, "\(maps)/one", body)
        #expect(warned.code == 201 && warned.json["data"] == ["a": "2"])
        #expect(warned.headers["warning"] == "299 - \"line 6: key \\\"a\\\" already set in map\"")
        let ignored = await apply(server, "\(maps)/one", body, query: "&fieldValidation=Ignore")
        #expect(ignored.code == 200 && ignored.headers["warning"] == nil)
        let posted = Answer(
            await server.send(
                "POST", "\(maps)?fieldValidation=Strict", body: Array((body + "nothing: 1\n").utf8),
                headers: ["content-type": "application/yaml"]))
        #expect(posted.code == 400)
        #expect(
            posted.message.hasSuffix(
                "strict decoding error: yaml: unmarshal errors:\n  line 6: key \"a\" already set in map, unknown field \"nothing\""
            ))
    }

    @Test func `a dry run applies to nothing`() async throws {
        let server = try await ServerFixture.make()
        #expect(await apply(server, "\(maps)/one", map("{\"a\":\"1\"}"), query: "&dryRun=All").code == 201)
        #expect(await server.get("\(maps)/one").code == 404)
        let created = await apply(server, "\(maps)/one", map("{\"a\":\"1\"}"))
        let dry = await apply(server, "\(maps)/one", map("{\"a\":\"2\"}"), query: "&dryRun=All")
        #expect(dry.json["data"] == ["a": "2"] && dry.revision == created.revision)
        #expect(await server.get("\(maps)/one").json["data"] == ["a": "1"])
    }

    @Test func `who may only patch may not create by applying`() async throws {
        let server = try await ServerFixture.make()
        let rbac = "/apis/rbac.authorization.k8s.io/v1/namespaces/default"
        _ = await server.post(
            "\(rbac)/roles",
            ["metadata": ["name": "r"], "rules": [["apiGroups": [""], "resources": ["configmaps"], "verbs": ["patch"]]]])
        _ = await server.post(
            "\(rbac)/rolebindings",
            [
                "metadata": ["name": "r"], "roleRef": ["apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "r"],
                "subjects": [["kind": "User", "name": "nobody", "apiGroup": "rbac.authorization.k8s.io"]],
            ])
        let refused = await apply(server, "\(maps)/one", map("{}"), token: ServerFixture.nobodyToken)
        #expect(refused.code == 403 && refused.message.contains("cannot create resource \"configmaps\""))
        _ = await apply(server, "\(maps)/one", map("{\"z\":\"1\"}"))
        let allowed = await apply(server, "\(maps)/one", map("{\"a\":\"1\"}"), manager: "two", token: ServerFixture.nobodyToken)
        #expect(allowed.code == 200)
    }

    @Test func `clients may throw the books away but not spoil them`() async throws {
        let server = try await ServerFixture.make()
        let created = await apply(server, "\(maps)/one", map("{\"a\":\"1\"}"))
        let spoiled = await server.patch(
            "\(maps)/one", ["metadata": ["managedFields": [["manager": "x", "operation": "Dance"]]]])
        #expect(spoiled.code == 200 && books(spoiled) == books(created))
        let long = String(repeating: "x", count: 129)
        let named = await server.patch(
            "\(maps)/one",
            [
                "metadata": [
                    "managedFields": [
                        [
                            "manager": .string(long), "operation": "Update", "apiVersion": "v1", "fieldsType": "FieldsV1",
                            "fieldsV1": ["f:data": ["f:a": [:]]],
                        ]
                    ]
                ]
            ])
        #expect(named.code == 422 && named.message.contains("metadata.managedFields[0].manager: Too long"))
        let reset = await server.patch("\(maps)/one", ["metadata": ["managedFields": [[:]]]])
        #expect(reset.code == 200 && reset.json["metadata"]?["managedFields"] == nil && reset.revision != created.revision)
        var object = await apply(server, "\(maps)/one", map("{\"a\":\"1\"}")).json
        object[path: ["metadata", "managedFields"]] = []
        let emptied = await server.put("\(maps)/one", object)
        #expect(emptied.code == 200 && emptied.json["metadata"]?["managedFields"] == nil)
    }

    @Test func `a write that changes nothing makes no revision`() async throws {
        let server = try await ServerFixture.make()
        let created = await server.post("\(maps)?fieldManager=a", ["metadata": ["name": "one"], "data": ["a": "1"]])
        let put = await server.put("\(maps)/one?fieldManager=b", created.json)
        #expect(put.revision == created.revision && books(put) == books(created))
        let patch = await server.patch("\(maps)/one?fieldManager=c", ["data": ["a": "1"]])
        #expect(patch.revision == created.revision)
    }
}
