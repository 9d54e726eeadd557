import API
import HTTP
import JSON
import Testing

@testable import APIServer

@Suite struct KindTests {
    private let pods = "/api/v1/namespaces/default/pods"
    private let services = "/api/v1/namespaces/default/services"

    private func pod(_ name: String) -> JSONValue {
        ["metadata": ["name": .string(name)], "spec": ["containers": [["name": "c", "image": "busybox"]]]]
    }

    private func service(_ name: String, _ spec: JSONValue = [:]) -> JSONValue {
        var spec = spec
        spec["ports"] = [["port": 80]]
        return ["metadata": ["name": .string(name)], "spec": spec]
    }

    @Test func `a pod gets its account, token volume, tolerations and priority`() async throws {
        let server = try await ServerFixture.make()
        let created = await server.post(pods, pod("web"))
        #expect(created.code == 201, "\(created.message)")
        let spec = created.json["spec"] ?? [:]
        #expect(spec["serviceAccountName"] == "default" && spec["priority"] == 0)
        #expect(spec["tolerations"]?.array?.count == 2)
        let volume = spec["volumes"]?[0]?["name"]?.string ?? ""
        #expect(volume.hasPrefix("kube-api-access-"))
        #expect(spec["containers"]?[0]?["volumeMounts"]?[0]?["name"]?.string == volume)
        var other = pod("other")
        other[path: ["spec", "serviceAccountName"]] = "ghost"
        let refused = await server.post(pods, other)
        #expect(refused.code == 403)
        #expect(
            refused.message
                == "pods \"other\" is forbidden: error looking up service account default/ghost: serviceaccount \"ghost\" not found"
        )
    }

    @Test func `a pod is bound once and deleted in two steps`() async throws {
        let server = try await ServerFixture.make()
        _ = await server.post(pods, pod("web"))
        let binding: JSONValue = ["metadata": ["name": "web"], "target": ["kind": "Node", "name": "node1"]]
        let other = await server.post("\(pods)/web/binding", ["metadata": ["name": "x"], "target": ["name": "node1"]])
        #expect(other.code == 400 && other.message == "name in URL does not match name in Binding object")
        let nowhere = await server.post(
            "\(pods)/web/binding", ["metadata": ["name": "web"], "target": ["kind": "Rack", "name": "node1"]])
        #expect(nowhere.code == 422, "\(nowhere.message)")
        #expect(await server.post("\(pods)/web/binding", binding).code == 201)
        let again = await server.post("\(pods)/web/binding", binding)
        #expect(again.code == 409 && again.message.hasSuffix("pod web is already assigned to node \"node1\""))
        let bound = await server.get("\(pods)/web")
        #expect(bound.json["spec"]?["nodeName"] == "node1")
        #expect(bound.json["status"]?["conditions"]?[0]?["type"] == "PodScheduled")
        #expect(await server.get("\(pods)?fieldSelector=spec.nodeName=node1").names == ["web"])
        let marked = await server.delete("\(pods)/web")
        #expect(marked.json["metadata"]?["deletionGracePeriodSeconds"] == 30)
        #expect(marked.json["metadata"]?["deletionTimestamp"] == "2027-01-15T08:00:30Z")
        let shorter = await server.delete("\(pods)/web", ["gracePeriodSeconds": 5])
        #expect(shorter.json["metadata"]?["deletionTimestamp"] == "2027-01-15T08:00:05Z")
        #expect(await server.delete("\(pods)/web", ["gracePeriodSeconds": 0]).code == 200)
        #expect(await server.get("\(pods)/web").code == 404)
    }

    @Test func `status and specification are written apart`() async throws {
        let server = try await ServerFixture.make()
        _ = await server.post(pods, pod("web"))
        let patched = await server.patch(
            "\(pods)/web/status", ["status": ["phase": "Running"], "metadata": ["labels": ["a": "b"]]])
        #expect(patched.code == 200 && patched.json["status"]?["phase"] == "Running")
        let replaced = await server.patch("\(pods)/web", ["status": ["phase": "Failed"]])
        #expect(replaced.json["status"]?["phase"] == "Running")
    }

    @Test func `a service gets an address and ports and gives them back`() async throws {
        let server = try await ServerFixture.make()
        let created = await server.post(services, service("a", ["type": "NodePort", "selector": ["app": "web"]]))
        #expect(created.code == 201, "\(created.message)")
        let address = created.json["spec"]?["clusterIP"]?.string ?? ""
        #expect(address.hasPrefix("10.96.") && created.json["spec"]?["clusterIPs"] == [.string(address)])
        #expect(created.json["spec"]?["ipFamilies"] == ["IPv4"])
        let port = created.json["spec"]?["ports"]?[0]?["nodePort"]?.int ?? 0
        #expect((30000...32767).contains(port))
        let taken = await server.post(services, service("b", ["clusterIP": .string(address)]))
        #expect(taken.code == 422 && taken.message.contains("provided IP is already allocated"))
        let outside = await server.post(services, service("b", ["clusterIP": "1.2.3.4"]))
        #expect(outside.message.contains("not in the valid range. The range of valid IPs is 10.96.0.0/16"))
        #expect(await server.post(services, service("n", ["clusterIP": "None"])).json["spec"]?["clusterIP"] == "None")
        #expect(await server.delete("\(services)/a").code == 200)
        #expect(await server.post(services, service("b", ["clusterIP": .string(address)])).code == 201)
    }

    @Test func `a balanced service with local traffic gets a port for health checks and gives it back`() async throws {
        let server = try await ServerFixture.make()
        let spec: JSONValue = ["type": "LoadBalancer", "externalTrafficPolicy": "Local", "selector": ["app": "web"]]
        let created = await server.post(services, service("a", spec))
        #expect(created.code == 201, "\(created.message)")
        let port = created.json["spec"]?["healthCheckNodePort"]?.int ?? 0
        #expect((30000...32767).contains(port))
        #expect(created.json["spec"]?["ports"]?[0]?["nodePort"]?.int != port)
        var asked = spec
        asked["healthCheckNodePort"] = .int(port)
        let taken = await server.post(services, service("b", asked))
        #expect(taken.code == 500 && taken.message.hasSuffix("provided port is already allocated"), "\(taken.message)")
        let update = await server.patch("\(services)/a", ["metadata": ["labels": ["x": "y"]]])
        #expect(update.json["spec"]?["healthCheckNodePort"]?.int == port)
        let cluster = await server.patch("\(services)/a", ["spec": ["externalTrafficPolicy": "Cluster"]])
        #expect(cluster.code == 200 && cluster.json["spec"]?["healthCheckNodePort"] == nil, "\(cluster.message)")
        #expect(await server.post(services, service("b", asked)).code == 201)
    }

    @Test func `a deployment is scaled through its subresource`() async throws {
        let server = try await ServerFixture.make()
        let path = "/apis/apps/v1/namespaces/default/deployments"
        let created = await server.post(
            path,
            [
                "metadata": ["name": "web"],
                "spec": [
                    "replicas": 2, "selector": ["matchLabels": ["app": "web"]],
                    "template": [
                        "metadata": ["labels": ["app": "web"]],
                        "spec": ["containers": [["name": "c", "image": "busybox"]]],
                    ],
                ],
            ])
        #expect(created.code == 201, "\(created.message)")
        let scale = await server.get("\(path)/web/scale")
        #expect(scale.json["kind"] == "Scale" && scale.json["spec"]?["replicas"] == 2)
        #expect(scale.json["status"]?["selector"] == "app=web")
        let scaled = await server.patch("\(path)/web/scale", ["spec": ["replicas": 5]])
        #expect(scaled.code == 200 && scaled.json["spec"]?["replicas"] == 5)
        let read = await server.get("\(path)/web")
        #expect(read.json["spec"]?["replicas"] == 5 && read.json["metadata"]?["generation"] == 2)
    }

    @Test func `a namespace ends when its finalizer is taken away`() async throws {
        let server = try await ServerFixture.make()
        let created = await server.post("/api/v1/namespaces", ["metadata": ["name": "team"]])
        #expect(created.json["spec"]?["finalizers"] == ["kubernetes"])
        #expect(created.json["metadata"]?["labels"]?["kubernetes.io/metadata.name"] == "team")
        let marked = await server.delete("/api/v1/namespaces/team")
        #expect(marked.json["status"]?["phase"] == "Terminating")
        let refused = await server.post("/api/v1/namespaces/team/configmaps", ["metadata": ["name": "x"]])
        #expect(refused.code == 403 && refused.json["details"]?["causes"]?[0]?["reason"] == "NamespaceTerminating")
        var body = marked.json
        body["spec"] = [:]
        #expect(await server.put("/api/v1/namespaces/team/finalize", body).code == 200)
        #expect(await server.get("/api/v1/namespaces/team").code == 404)
        let immortal = await server.delete("/api/v1/namespaces/default")
        #expect(immortal.code == 403 && immortal.message.hasSuffix("this namespace may not be deleted"))
    }

    @Test func `a token names its account and lets it in`() async throws {
        let server = try await ServerFixture.make()
        let answer = await server.post(
            "/api/v1/namespaces/default/serviceaccounts/default/token", ["spec": ["expirationSeconds": 600]])
        #expect(answer.code == 201, "\(answer.message)")
        let token = answer.json["status"]?["token"]?.string ?? ""
        let review = Answer(
            await server.send(
                "POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", body: Array("{}".utf8), token: token))
        // Without the bootstrap roles nobody may ask; the refusal names who it was.
        #expect(review.code == 403 && review.message.contains("system:serviceaccount:default:default"))
        let short = await server.post(
            "/api/v1/namespaces/default/serviceaccounts/default/token", ["spec": ["expirationSeconds": 5]])
        #expect(short.code == 422)
    }
}
