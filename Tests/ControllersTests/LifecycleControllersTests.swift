import API
import ControlLoop
import Controllers
import JSON
import Testing

@Suite struct LifecycleControllersTests {
    let harness = Harness()

    func putNamespace(_ name: String) {
        harness.cluster.put(
            Namespace.resource,
            ["metadata": ["name": .string(name)], "spec": ["finalizers": ["kubernetes"]], "status": ["phase": "Active"]])
    }

    @Test func `a namespace of the system comes back`() async {
        putNamespace("kube-node-lease")
        harness.cluster.remove(Namespace.resource, key("kube-node-lease", ""))
        await harness.settle(SystemNamespacesController(), key("kube-node-lease", ""))
        #expect(harness.cluster.all(Namespace.self).map(\.metadata.name) == ["kube-node-lease"])
        #expect(SystemNamespacesController().plan(for: key("other", ""), in: harness.snapshot).isSettled)
    }

    @Test func `every namespace gets its account and the CA, and a changed CA is put right`() async throws {
        putNamespace("team")
        let publisher = RootCACertPublisher(certificate: "PEM")
        await harness.settle(ServiceAccountController(), key("team", ""))
        await harness.settle(publisher, key("team", ""))
        #expect(harness.cluster.all(ServiceAccount.self).map(\.key) == [key("default", "team")])
        try await harness.cluster.patch(
            ConfigMap.resource, key("kube-root-ca.crt", "team"), .merge, ["data": ["ca.crt": "x", "more": "y"]], subresource: nil)
        await harness.settle(publisher, key("team", ""))
        #expect(harness.cluster.all(ConfigMap.self)[0].data == ["ca.crt": "PEM"])
    }

    @Test func `a deleted namespace loses its pods first, then the rest, then itself`() async throws {
        putNamespace("team")
        harness.cluster.put(ConfigMap.resource, ["metadata": ["name": "c", "namespace": "team"]])
        harness.cluster.put(Pod.resource, ["metadata": ["name": "p", "namespace": "team"], "spec": ["nodeName": "a"]])
        try await harness.cluster.delete(Namespace.resource, key("team", ""), DeletionOptions())
        let controller = NamespaceController(kinds: Harness.kinds)
        await harness.settle(controller, key("team", ""))
        #expect(harness.cluster.all(ConfigMap.self).count == 1)
        #expect(harness.cluster.all(Namespace.self)[0].conditions["NamespaceContentRemaining"]?.isTrue == true)
        harness.endTerminating()
        await harness.settle(controller, key("team", ""))
        #expect(harness.cluster.all(ConfigMap.self).isEmpty)
        #expect(harness.cluster.all(Namespace.self).isEmpty)
    }

    @Test func `content that cannot be deleted is shown, until it can`() async throws {
        putNamespace("team")
        harness.cluster.put(ConfigMap.resource, ["metadata": ["name": "c", "namespace": "team"]])
        try await harness.cluster.delete(Namespace.resource, key("team", ""), DeletionOptions())
        let controller = NamespaceController(kinds: Harness.kinds)
        var plan = controller.plan(for: key("team", ""), in: harness.snapshot)
        // The first write meets a refusal, as from an admission webhook.
        plan.steps.insert(
            .write(.merge(ConfigMap.resource, key("none", "team"), ["data": ["a": "b"]])), at: 0)
        await harness.perform(plan)
        func failure() -> Condition? { harness.cluster.all(Namespace.self)[0].conditions["NamespaceDeletionContentFailure"] }
        let shown = try #require(failure())
        #expect(shown.isTrue && shown.reason == "ContentDeletionFailed")
        #expect(
            shown.message == "Failed to delete all resource types, 1 remaining: configmaps \"none\" not found", "\(shown.message)"
        )
        await harness.perform(plan)
        #expect(failure() == shown)
        await harness.settle(controller, key("team", ""))
        #expect(harness.cluster.all(Namespace.self).isEmpty)
    }

    func put(_ name: String, owner: JSONValue?, block: Bool = false) -> String {
        var object: JSONValue = ["metadata": ["name": .string(name), "namespace": "default"]]
        if let owner {
            object[path: ["metadata", "ownerReferences"]] = [
                [
                    "apiVersion": "v1", "kind": "ConfigMap", "name": owner["name"] ?? "", "uid": owner["uid"] ?? "",
                    "blockOwnerDeletion": .bool(block),
                ]
            ]
        }
        return harness.cluster.put(ConfigMap.resource, object)["metadata"]?["uid"]?.string ?? ""
    }

    func collect(rounds: Int = 6) async {
        let collector = GarbageCollector(kinds: Harness.kinds)
        for _ in 0..<rounds {
            for object in harness.cluster.all(ConfigMap.self) {
                let key = GarbageCollector.Key(kind: ResourceKind(ConfigMap.self), name: object.key)
                await harness.perform(collector.plan(for: key, in: harness.snapshot))
            }
        }
    }

    var names: [String] { harness.cluster.all(ConfigMap.self).map(\.metadata.name) }

    @Test func `dependents of a deleted owner go, and theirs after them`() async throws {
        let owner = put("owner", owner: nil)
        let child = put("child", owner: ["name": "owner", "uid": .string(owner)])
        _ = put("grandchild", owner: ["name": "child", "uid": .string(child)])
        _ = put("other", owner: nil)
        await collect()
        #expect(names == ["child", "grandchild", "other", "owner"])
        harness.cluster.remove(ConfigMap.resource, key("owner"))
        await collect()
        #expect(names == ["other"])
    }

    @Test func `an owner of the same name but another uid does not count`() async throws {
        _ = put("owner", owner: nil)
        _ = put("child", owner: ["name": "owner", "uid": "gone"])
        await collect()
        #expect(names == ["owner"])
    }

    @Test func `one remaining owner keeps a dependent`() async throws {
        let owner = put("owner", owner: nil)
        _ = put("child", owner: ["name": "owner", "uid": .string(owner)])
        var child = harness.cluster.objects(ConfigMap.resource)[0]
        let references = child["metadata"]?["ownerReferences"]?.array ?? []
        child[path: ["metadata", "ownerReferences"]] = .array(
            references + [["apiVersion": "v1", "kind": "ConfigMap", "name": "lost", "uid": "lost"]])
        harness.cluster.put(ConfigMap.resource, child)
        await collect()
        #expect(names == ["child", "owner"])
        #expect(harness.cluster.all(ConfigMap.self)[0].metadata.ownerReferences.map(\.name) == ["owner"])
    }

    @Test func `foreground deletion waits for dependents that block`() async throws {
        let owner = put("owner", owner: nil)
        _ = put("child", owner: ["name": "owner", "uid": .string(owner)], block: true)
        var child = harness.cluster.objects(ConfigMap.resource)[0]
        child[path: ["metadata", "finalizers"]] = ["test/hold"]
        harness.cluster.put(ConfigMap.resource, child)
        try await harness.cluster.delete(ConfigMap.resource, key("owner"), DeletionOptions(propagation: .foreground))
        await collect()
        #expect(names == ["child", "owner"])
        #expect(harness.cluster.all(ConfigMap.self)[0].metadata.isBeingDeleted)
        try await harness.cluster.patch(
            ConfigMap.resource, key("child"), .merge, ["metadata": ["finalizers": []]], subresource: nil)
        await collect()
        #expect(names.isEmpty)
    }

    @Test func `orphaning leaves dependents without their owner`() async throws {
        let owner = put("owner", owner: nil)
        _ = put("child", owner: ["name": "owner", "uid": .string(owner)])
        try await harness.cluster.delete(ConfigMap.resource, key("owner"), DeletionOptions(propagation: .orphan))
        await collect()
        #expect(names == ["child"])
        #expect(harness.cluster.all(ConfigMap.self)[0].metadata.ownerReferences.isEmpty)
    }

    @Test func `a circle of owners does not keep anyone`() async throws {
        let first = put("a", owner: nil, block: true)
        let second = put("b", owner: ["name": "a", "uid": .string(first)], block: true)
        let third = put("c", owner: ["name": "b", "uid": .string(second)], block: true)
        var start = try #require(harness.cluster.objects(ConfigMap.resource).first { $0["metadata"]?["name"] == "a" })
        start[path: ["metadata", "ownerReferences"]] = [
            ["apiVersion": "v1", "kind": "ConfigMap", "name": "c", "uid": .string(third), "blockOwnerDeletion": true]
        ]
        harness.cluster.put(ConfigMap.resource, start)
        try await harness.cluster.delete(ConfigMap.resource, key("a"), DeletionOptions(propagation: .foreground))
        await collect(rounds: 12)
        #expect(names.isEmpty)
    }
}
