import API
import HTTP
import JSON

@testable import APIServer

// What suites about access rules share.
extension ServerFixture {
    /// Makes the roles and bindings of a fresh cluster.
    func bootstrapRoles() async {
        for namespace in ["kube-system", "kube-public"] {
            _ = await post("/api/v1/namespaces", ["metadata": ["name": .string(namespace)]])
        }
        for entry in BootstrapPolicy.entries {
            let namespace = entry.key.namespace
            _ = await post(entry.resource.path(namespace: namespace.isEmpty ? nil : namespace), entry.object)
        }
    }

    func patchAs(_ user: String, _ target: String, _ body: JSONValue, groups: [String] = []) async -> Answer {
        await asUser(user, "PATCH", target, body, groups: groups, type: "application/merge-patch+json")
    }

    /// A request in another user's name: the admin acts as them.
    func asUser(
        _ user: String, _ method: String, _ target: String, _ body: JSONValue? = nil, groups: [String] = [],
        type: String = "application/json"
    ) async -> Answer {
        var headers: HTTPHeaders = ["content-type": type, "impersonate-user": user]
        for group in groups { headers.add("impersonate-group", group) }
        return Answer(await send(method, target, body: body.map(JSONWriter.write) ?? [], headers: headers))
    }

    func asNode(_ node: String, _ method: String, _ target: String, _ body: JSONValue? = nil) async -> Answer {
        await asUser(
            "system:node:\(node)", method, target, body, groups: ["system:nodes"],
            type: method == "PATCH" ? "application/merge-patch+json" : "application/json")
    }
}
