import API
import HTTP
import JSON
import Testing

@testable import APIServer

@Suite struct RoleAccessTests {
    private static let rbac = "/apis/rbac.authorization.k8s.io/v1"

    struct Question: Sendable {
        var verb: String
        var group = ""
        var resource: String
        var subresource = ""
        var name = ""
        var isAllowed: Bool
    }

    @Test(arguments: [
        Question(verb: "get", resource: "pods", isAllowed: true),
        Question(verb: "delete", resource: "pods", isAllowed: false),
        Question(verb: "get", resource: "pods", subresource: "log", isAllowed: false),
        Question(verb: "get", group: "apps", resource: "pods", isAllowed: false),
        Question(verb: "update", group: "apps", resource: "deployments", subresource: "scale", isAllowed: true),
        Question(verb: "update", group: "apps", resource: "deployments", isAllowed: false),
        Question(verb: "get", resource: "secrets", name: "one", isAllowed: true),
        Question(verb: "get", resource: "secrets", name: "two", isAllowed: false),
        Question(verb: "list", resource: "secrets", isAllowed: false),
    ])
    func `a rule allows what it names`(question: Question) {
        let rules = [
            PolicyRule(verbs: ["get", "list"], groups: [""], resources: ["pods"]),
            PolicyRule(verbs: ["*"], groups: ["*"], resources: ["*/scale"]),
            PolicyRule(verbs: ["get", "list"], groups: [""], resources: ["secrets"], names: ["one"]),
        ]
        let request = AccessRequest(
            user: .anonymous, verb: question.verb, group: question.group, resource: question.resource,
            subresource: question.subresource, name: question.name)
        #expect(rules.contains { $0.allows(request) } == question.isAllowed)
    }

    @Test(arguments: [("/metrics", true), ("/logs/a", true), ("/logs", false), ("/version", false)])
    func `a path is allowed exactly or by its beginning`(path: String, isAllowed: Bool) {
        let rule = PolicyRule(verbs: ["get"], paths: ["/metrics", "/logs/*"])
        #expect(rule.allows(AccessRequest(user: .anonymous, verb: "get", nonResourcePath: path)) == isAllowed)
    }

    @Test func `a review tells which binding allows`() async throws {
        let server = try await ServerFixture.make()
        await server.bootstrapRoles()
        let namespace = "\(Self.rbac)/namespaces/default/rolebindings"
        _ = await server.post(
            namespace,
            [
                "metadata": ["name": "editors"],
                "roleRef": ["apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "system:node-proxier"],
                "subjects": [["kind": "ServiceAccount", "name": "default", "namespace": "default"]],
            ])
        let review = await server.post(
            "/apis/authorization.k8s.io/v1/subjectaccessreviews",
            [
                "spec": [
                    "user": "system:serviceaccount:default:default",
                    "resourceAttributes": ["namespace": "default", "verb": "list", "resource": "services"],
                ]
            ])
        #expect(
            review.json["status"] == [
                "allowed": true,
                "reason":
                    "RBAC: allowed by RoleBinding \"editors/default\" of ClusterRole \"system:node-proxier\" to ServiceAccount \"default/default\"",
            ])
    }

    @Test func `a binding to a missing role is told in the refusal`() async throws {
        let server = try await ServerFixture.make()
        let bound = await server.post(
            "\(Self.rbac)/clusterrolebindings",
            [
                "metadata": ["name": "dangling"],
                "roleRef": ["apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "gone"],
                "subjects": [["kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": "eve"]],
            ])
        #expect(bound.code == 201, "\(bound.message)")
        let refused = await server.asUser("eve", "GET", "/api/v1/namespaces/default/secrets/s")
        #expect(refused.code == 403)
        #expect(
            refused.message
                == "secrets \"s\" is forbidden: User \"eve\" cannot get resource \"secrets\" in API group \"\" in the namespace "
                + "\"default\": RBAC: clusterrole.rbac.authorization.k8s.io \"gone\" not found")
        #expect(refused.json["details"] == ["name": "s", "kind": "secrets"])
        let path = await server.asUser("eve", "GET", "/metrics")
        #expect(
            path.message == "forbidden: User \"eve\" cannot get path \"/metrics\": "
                + "RBAC: clusterrole.rbac.authorization.k8s.io \"gone\" not found")
    }

    @Test func `nobody grants rights that they do not hold`() async throws {
        let server = try await ServerFixture.make()
        let roles = "\(Self.rbac)/namespaces/default/roles"
        await grant(
            server, "editor",
            [
                [
                    "apiGroups": ["rbac.authorization.k8s.io"], "resources": ["roles", "rolebindings"],
                    "verbs": ["create", "update"],
                ],
                ["apiGroups": [""], "resources": ["pods"], "verbs": ["get"]],
            ])
        let held = await server.asUser(
            "editor", "POST", roles,
            ["metadata": ["name": "held"], "rules": [["apiGroups": [""], "resources": ["pods"], "verbs": ["get"]]]])
        #expect(held.code == 201, "\(held.message)")
        let more = await server.asUser(
            "editor", "POST", roles,
            [
                "metadata": ["name": "more"],
                "rules": [
                    ["apiGroups": [""], "resources": ["pods", "secrets"], "verbs": ["get", "list"]],
                    ["apiGroups": ["apps"], "resources": ["deployments"], "resourceNames": ["d"], "verbs": ["get"]],
                ],
            ])
        #expect(more.code == 403)
        #expect(
            more.message
                == """
                roles.rbac.authorization.k8s.io "more" is forbidden: user "editor" (groups=["system:authenticated"]) is attempting \
                to grant RBAC permissions not currently held:
                {APIGroups:["apps"], Resources:["deployments"], ResourceNames:["d"], Verbs:["get"]}
                {APIGroups:[""], Resources:["pods"], Verbs:["list"]}
                {APIGroups:[""], Resources:["secrets"], Verbs:["get" "list"]}
                """.split(separator: "\n").sortedAfterFirst)
    }

    @Test func `whoever may escalate or bind may give what they lack`() async throws {
        let server = try await ServerFixture.make()
        let wide: JSONValue = [["apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]]]
        _ = await server.post("\(Self.rbac)/namespaces/default/roles", ["metadata": ["name": "wide"], "rules": wide])
        await grant(
            server, "root",
            [
                [
                    "apiGroups": ["rbac.authorization.k8s.io"], "resources": ["roles"],
                    "verbs": ["create", "escalate"],
                ],
                ["apiGroups": ["rbac.authorization.k8s.io"], "resources": ["rolebindings"], "verbs": ["create"]],
            ])
        let made = await server.asUser(
            "root", "POST", "\(Self.rbac)/namespaces/default/roles", ["metadata": ["name": "two"], "rules": wide])
        #expect(made.code == 201, "\(made.message)")
        let binding: JSONValue = [
            "metadata": ["name": "b"],
            "roleRef": ["apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "wide"],
            "subjects": [["kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": "x"]],
        ]
        let bindings = "\(Self.rbac)/namespaces/default/rolebindings"
        #expect((await server.asUser("root", "POST", bindings, binding)).code == 403)
        await grant(
            server, "root",
            [
                [
                    "apiGroups": ["rbac.authorization.k8s.io"], "resources": ["roles"], "resourceNames": ["wide"],
                    "verbs": ["bind"],
                ]
            ], name: "binder")
        #expect((await server.asUser("root", "POST", bindings, binding)).code == 201)
        var dangling = binding
        dangling[path: ["metadata", "name"]] = "c"
        dangling[path: ["roleRef", "name"]] = "none"
        let missing = await server.asUser("root", "POST", bindings, dangling)
        #expect(missing.code == 404 && missing.message == "roles.rbac.authorization.k8s.io \"none\" not found")
    }

    @Test func `only who holds everything collects rules of others`() async throws {
        let server = try await ServerFixture.make()
        await grant(
            server, "editor",
            [["apiGroups": ["rbac.authorization.k8s.io"], "resources": ["clusterroles"], "verbs": ["create"]]])
        let refused = await server.asUser(
            "editor", "POST", "\(Self.rbac)/clusterroles",
            [
                "metadata": ["name": "all"],
                "aggregationRule": ["clusterRoleSelectors": [["matchLabels": ["a": "b"]]]],
            ])
        #expect(
            refused.message
                == "clusterroles.rbac.authorization.k8s.io \"all\" is forbidden: must have cluster-admin privileges to "
                + "use the aggregationRule", "\(refused.code)")
    }

    @Test func `the rules of a user are listed, with what could not be found`() async throws {
        let server = try await ServerFixture.make()
        await grant(server, "reader", [["apiGroups": [""], "resources": ["pods"], "verbs": ["get"]]])
        await grant(server, "reader", [["nonResourceURLs": ["/logs"], "verbs": ["get"]]], name: "paths")
        _ = await server.post(
            "\(Self.rbac)/clusterroles",
            [
                "metadata": ["name": "self"],
                "rules": [["apiGroups": ["authorization.k8s.io"], "resources": ["*"], "verbs": ["create"]]],
            ])
        let path = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"
        await grant(
            server, "reader", [["apiGroups": ["authorization.k8s.io"], "resources": ["*"], "verbs": ["create"]]], name: "s")
        let answer = await server.asUser("reader", "POST", path, ["spec": ["namespace": "default"]])
        #expect(answer.code == 201, "\(answer.message)")
        let status = answer.json["status"]
        #expect(status?["incomplete"] == false)
        #expect(status?["nonResourceRules"] == [["verbs": ["get"], "nonResourceURLs": ["/logs"]]])
        #expect(status?["resourceRules"]?.array?.count == 2)
        let bare = await server.asUser("reader", "POST", path, ["spec": [:]])
        #expect(bare.code == 400 && bare.message == "no namespace on request")
    }

    /// A ClusterRole with these rules, bound to a user.
    private func grant(_ server: ServerFixture, _ user: String, _ rules: [JSONValue], name: String = "granted") async {
        let name = "\(user)-\(name)"
        _ = await server.post("\(Self.rbac)/clusterroles", ["metadata": ["name": .string(name)], "rules": .array(rules)])
        let bound = await server.post(
            "\(Self.rbac)/clusterrolebindings",
            [
                "metadata": ["name": .string(name)],
                "roleRef": ["apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": .string(name)],
                "subjects": [["kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": .string(user)]],
            ])
        #expect(bound.code == 201, "\(bound.message)")
    }
}

extension [Substring] {
    /// The first line, then the others in order.
    fileprivate var sortedAfterFirst: String {
        ([String(self[0])] + dropFirst().map(String.init).sorted()).joined(separator: "\n")
    }
}
