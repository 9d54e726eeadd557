import API
import HTTP
import JSON
import Testing

@testable import APIServer

@Suite struct ImpersonationTests {
    private static let review = "/apis/authentication.k8s.io/v1/selfsubjectreviews"

    private func whoami(_ server: ServerFixture, _ headers: HTTPHeaders) async -> Answer {
        var headers = headers
        headers["content-type"] = "application/json"
        return Answer(await server.send("POST", Self.review, body: Array("{}".utf8), headers: headers))
    }

    @Test func `whoever may is seen as someone else`() async throws {
        let server = try await ServerFixture.make()
        await server.bootstrapRoles()
        var headers: HTTPHeaders = ["impersonate-user": "bob", "impersonate-uid": "u-7", "impersonate-extra-scopes%2fa": "x"]
        headers.add("impersonate-extra-scopes%2fa", "y")
        headers.add("impersonate-group", "devs")
        let answer = await whoami(server, headers)
        #expect(answer.code == 201, "\(answer.message)")
        #expect(
            answer.json["status"]?["userInfo"] == [
                "username": "bob", "uid": "u-7", "groups": ["devs", "system:authenticated"],
                "extra": ["scopes/a": ["x", "y"]],
            ])
        #expect(answer.json["metadata"]?["creationTimestamp"]?.string == "2027-01-15T08:00:00Z")
    }

    @Test(arguments: [
        ("system:serviceaccount:team:robot", ["system:serviceaccounts", "system:serviceaccounts:team", "system:authenticated"]),
        ("system:anonymous", ["system:unauthenticated"]), ("eve", ["system:authenticated"]),
    ])
    func `groups follow from the user when none are named`(user: String, groups: [String]) async throws {
        let server = try await ServerFixture.make()
        let role: JSONValue = ["rules": [["apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]]], "metadata": ["name": "all"]]
        _ = await server.post("/apis/rbac.authorization.k8s.io/v1/clusterroles", role)
        _ = await server.post(
            "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
            [
                "metadata": ["name": "all"],
                "roleRef": ["apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "all"],
                "subjects": .array(
                    ["system:authenticated", "system:unauthenticated"].map {
                        ["kind": "Group", "apiGroup": "rbac.authorization.k8s.io", "name": .string($0)]
                    }),
            ])
        let answer = await whoami(server, ["impersonate-user": user])
        #expect(answer.json["status"]?["userInfo"]?["groups"] == JSONValue(groups), "\(answer.message)")
    }

    @Test func `whoever may not is refused for the thing they want to be`() async throws {
        let server = try await ServerFixture.make()
        let user = Answer(
            await server.send(
                "GET", "/api/v1/pods", headers: ["impersonate-user": "bob"], token: ServerFixture.nobodyToken))
        #expect(user.code == 403)
        #expect(
            user.message
                == "users \"bob\" is forbidden: User \"nobody\" cannot impersonate resource \"users\" in API group \"\" at "
                + "the cluster scope")
        let account = Answer(
            await server.send(
                "GET", "/api/v1/pods", headers: ["impersonate-user": "system:serviceaccount:a:b"],
                token: ServerFixture.nobodyToken))
        #expect(
            account.message
                == "serviceaccounts \"b\" is forbidden: User \"nobody\" cannot impersonate resource \"serviceaccounts\" "
                + "in API group \"\" in the namespace \"a\"")
    }

    @Test func `a group without a user is an error`() async throws {
        let server = try await ServerFixture.make()
        let answer = Answer(await server.send("GET", "/api/v1/pods", headers: ["impersonate-group": "g"]))
        #expect(answer.code == 500)
        #expect(answer.json.string?.hasSuffix("without impersonating a user\n") ?? false)
    }
}
