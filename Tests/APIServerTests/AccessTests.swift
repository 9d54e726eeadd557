import API
import HTTP
import JSON
import Testing

@testable import APIServer

@Suite struct AccessTests {
    @Test(arguments: [
        ("GET", "/api/v1/pods", "list", "", "pods", "", ""),
        ("GET", "/api/v1/namespaces/a/pods/b", "get", "a", "pods", "b", ""),
        ("POST", "/api/v1/namespaces/a/pods/b/binding", "create", "a", "pods", "b", "binding"),
        ("GET", "/api/v1/namespaces/a", "get", "a", "namespaces", "a", ""),
        ("PUT", "/api/v1/namespaces/a/finalize", "update", "a", "namespaces", "a", "finalize"),
        ("DELETE", "/apis/apps/v1/namespaces/a/deployments", "deletecollection", "a", "deployments", "", ""),
        ("PATCH", "/apis/apps/v1/namespaces/a/deployments/d/scale", "patch", "a", "deployments", "d", "scale"),
    ])
    func `a path is read`(
        method: String, path: String, verb: String, namespace: String, resource: String, name: String, subresource: String
    ) {
        let info = RequestInfo(method: method, path: path)
        #expect(info.isResourceRequest && info.verb == verb && info.namespace == namespace)
        #expect(info.resource == resource && info.name == name && info.subresource == subresource)
    }

    @Test(arguments: ["/", "/api", "/apis", "/api/v1", "/apis/apps", "/apis/apps/v1", "/healthz", "/openapi/v3/api/v1"])
    func `a path without resource is no resource request`(path: String) {
        #expect(!RequestInfo(method: "GET", path: path).isResourceRequest)
    }

    @Test func `anonymous users see health only after the roles are there`() async throws {
        let server = try await ServerFixture.make()
        let refused = Answer(await server.send("GET", "/api/v1/pods", token: nil))
        #expect(refused.code == 403)
        #expect(
            refused.message
                == "pods is forbidden: User \"system:anonymous\" cannot list resource \"pods\" in API group \"\" at the cluster scope"
        )
        let wrong = Answer(await server.send("GET", "/api/v1/pods", token: "wrong"))
        #expect(wrong.code == 401 && wrong.message == "Unauthorized")
        await server.bootstrapRoles()
        #expect((await server.send("GET", "/healthz", token: nil)).status == 200)
        #expect((await server.send("GET", "/version", token: nil)).status == 200)
        #expect((await server.send("GET", "/api", token: nil)).status == 403)
        #expect((await server.send("GET", "/api", token: ServerFixture.nobodyToken)).status == 200)
    }

    @Test func `a role and its binding let someone in, in one namespace`() async throws {
        let server = try await ServerFixture.make()
        let path = "/apis/rbac.authorization.k8s.io/v1/namespaces/default"
        _ = await server.post(
            "\(path)/roles",
            [
                "metadata": ["name": "reader"],
                "rules": [["apiGroups": [""], "resources": ["pods"], "verbs": ["list"]]],
            ])
        #expect((await server.send("GET", "/api/v1/namespaces/default/pods", token: ServerFixture.nobodyToken)).status == 403)
        let bound = await server.post(
            "\(path)/rolebindings",
            [
                "metadata": ["name": "reader"],
                "roleRef": ["apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "reader"],
                "subjects": [["kind": "User", "name": "nobody", "apiGroup": "rbac.authorization.k8s.io"]],
            ])
        #expect(bound.code == 201, "\(bound.message)")
        #expect((await server.send("GET", "/api/v1/namespaces/default/pods", token: ServerFixture.nobodyToken)).status == 200)
        #expect((await server.send("GET", "/api/v1/pods", token: ServerFixture.nobodyToken)).status == 403)
        #expect((await server.send("GET", "/api/v1/namespaces/default/secrets", token: ServerFixture.nobodyToken)).status == 403)
        let review = await server.post(
            "/apis/authorization.k8s.io/v1/subjectaccessreviews",
            [
                "spec": [
                    "user": "nobody",
                    "resourceAttributes": ["namespace": "default", "verb": "list", "resource": "pods"],
                ]
            ])
        #expect(review.code == 201 && review.json["status"]?["allowed"] == true)
    }

    @Test func `discovery is served in both forms with a tag`() async throws {
        let server = try await ServerFixture.make()
        let legacy = await server.get("/api/v1")
        #expect(legacy.json["kind"] == "APIResourceList")
        let accept: HTTPHeaders = [
            "accept": "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"
        ]
        let aggregated = Answer(await server.send("GET", "/apis", headers: accept))
        #expect(aggregated.json["kind"] == "APIGroupDiscoveryList")
        let tag = aggregated.headers["etag"] ?? ""
        var again = accept
        again["if-none-match"] = tag
        #expect((await server.send("GET", "/apis", headers: again)).status == 304)
        #expect((await server.get("/openapi/v3/apis/apps/v1")).code == 200)
        #expect((await server.get("/openapi/v3")).code == 200)
        #expect((await server.get("/metrics")).json.string?.contains("apiserver_request_total") ?? false)
    }
}
