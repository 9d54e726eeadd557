import API
import JSON
import Testing

@testable import APIServer

@Suite struct BootstrapPolicyTests {
    @Test(arguments: [("clusterroles", 71), ("clusterrolebindings", 52), ("roles", 7), ("rolebindings", 7)])
    func `a cluster begins with as many as upstream's`(resource: String, count: Int) {
        let entries = BootstrapPolicy.entries.filter { $0.resource.resource == resource }
        #expect(entries.count == count)
        #expect(Set(entries.map(\.key)).count == count)
        #expect(entries.allSatisfy { $0.object["metadata"]?["labels"]?["kubernetes.io/bootstrapping"] == "rbac-defaults" })
    }

    @Test func `every binding names a role that is there`() {
        let roles = Set(BootstrapPolicy.entries.filter { $0.resource.resource.hasSuffix("roles") }.map(\.key))
        for entry in BootstrapPolicy.entries {
            guard let reference = entry.object["roleRef"] else { continue }
            let key = RBACAuthorizer.RoleReference(json: reference).key(in: entry.key.namespace)
            #expect(roles.contains(key), "\(entry.key) -> \(key)")
        }
    }

    @Test func `the table is read as it is meant`() throws {
        let edit = try #require(BootstrapPolicy.entries.first { $0.key.name == "edit" }?.object)
        #expect(edit["metadata"]?["labels"]?["rbac.authorization.k8s.io/aggregate-to-admin"] == "true")
        #expect(
            edit["aggregationRule"] == [
                "clusterRoleSelectors": [["matchLabels": ["rbac.authorization.k8s.io/aggregate-to-edit": "true"]]]
            ])
        #expect(edit["rules"] == nil)
        let approver = try #require(
            BootstrapPolicy.entries.first { $0.key.name == "system:certificates.k8s.io:kubelet-serving-approver" }?.object)
        #expect(
            approver["rules"] == [
                [
                    "apiGroups": ["certificates.k8s.io"], "resources": ["signers"],
                    "resourceNames": ["kubernetes.io/kubelet-serving"], "verbs": ["approve"],
                ]
            ])
    }

    private let expected: JSONValue = [
        "metadata": ["name": "r", "labels": ["a": "b"], "annotations": [:]],
        "rules": [
            ["apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]],
            ["apiGroups": [""], "resources": ["nodes"], "verbs": ["get"]],
        ],
    ]

    @Test func `a role that lost a rule gets it back and keeps what people added`() {
        let own: JSONValue = ["apiGroups": ["x"], "resources": ["y"], "verbs": ["z"]]
        let wide: JSONValue = ["apiGroups": [""], "resources": ["pods"], "verbs": ["*"]]
        let found: JSONValue = ["metadata": ["name": "r", "labels": ["a": "own"]], "rules": [own, wide]]
        var wanted = found
        wanted["rules"] = [own, wide, ["apiGroups": [""], "resources": ["nodes"], "verbs": ["get"]]]
        #expect(PolicyReconciliation.plan(expected: expected, found: found) == .update(wanted))
        #expect(PolicyReconciliation.plan(expected: expected, found: wanted) == .keep)
    }

    @Test func `an object that opted out stays as it is`() {
        var found = expected
        found["rules"] = []
        found[path: ["metadata", "annotations", BootstrapPolicy.autoUpdate]] = "false"
        #expect(PolicyReconciliation.plan(expected: expected, found: found) == .keep)
    }

    @Test func `a binding to another role is made anew, a lost subject is added`() throws {
        let binding = try #require(
            BootstrapPolicy.entries.first { $0.key.name == "system:basic-user" && $0.object["roleRef"] != nil })
        var other = binding.object
        other[path: ["roleRef", "name"]] = "view"
        #expect(PolicyReconciliation.plan(expected: binding.object, found: other) == .recreate(binding.object))
        var emptied = binding.object
        emptied["subjects"] = nil
        #expect(PolicyReconciliation.plan(expected: binding.object, found: emptied) == .update(binding.object))
    }
}
