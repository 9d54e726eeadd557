import API
import HTTP
import JSON
import Testing

@testable import APIServer

@Suite struct NodeAccessTests {
    /// A pod of node1 that uses things, one of node2 that uses none.
    private func server() async throws -> ServerFixture {
        let server = try await ServerFixture.make()
        await server.bootstrapRoles()
        _ = await server.post("/api/v1/namespaces", ["metadata": ["name": "kube-node-lease"]])
        for node in ["node1", "node2"] { _ = await server.post("/api/v1/nodes", ["metadata": ["name": .string(node)]]) }
        let container: JSONValue = [
            "name": "c", "image": "i",
            "envFrom": [["configMapRef": ["name": "from-env"]]],
            "env": [["name": "E", "valueFrom": ["secretKeyRef": ["name": "from-key", "key": "k"]]]],
        ]
        let used = await server.post(
            "/api/v1/namespaces/default/pods",
            [
                "metadata": ["name": "one"],
                "spec": [
                    "nodeName": "node1", "containers": [container], "imagePullSecrets": [["name": "from-pull"]],
                    "volumes": [
                        ["name": "a", "secret": ["secretName": "from-volume"]],
                        ["name": "b", "projected": ["sources": [["configMap": ["name": "projected"]]]]],
                        ["name": "d", "persistentVolumeClaim": ["claimName": "claim"]],
                    ],
                ],
            ])
        #expect(used.code == 201, "\(used.message)")
        let other = await server.post(
            "/api/v1/namespaces/default/pods",
            [
                "metadata": ["name": "two"],
                "spec": [
                    "nodeName": "node2", "containers": [["name": "c", "image": "i"]], "automountServiceAccountToken": false,
                ],
            ])
        #expect(other.code == 201, "\(other.message)")
        return server
    }

    private func decide(
        _ server: ServerFixture, _ node: String, _ verb: String, _ resource: String, _ name: String, group: String = "",
        subresource: String = "", namespace: String = "default", fields: String = ""
    ) throws -> AccessDecision {
        var request = AccessRequest(
            user: User(name: "system:node:\(node)", groups: ["system:nodes", "system:authenticated"]), verb: verb,
            namespace: namespace, group: group, version: "v1", resource: resource, subresource: subresource, name: name)
        request.fields = try FieldSelector(parsing: fields)
        return server.parts.registry.access.authorizer.decide(request)
    }

    @Test(arguments: [
        ("secrets", "from-key"), ("secrets", "from-pull"), ("secrets", "from-volume"), ("configmaps", "from-env"),
        ("configmaps", "projected"), ("configmaps", "kube-root-ca.crt"), ("persistentvolumeclaims", "claim"),
        ("serviceaccounts", "default"), ("pods", "one"),
    ])
    func `a node reads what its pods use, and no other node does`(resource: String, name: String) async throws {
        let server = try await server()
        #expect(try decide(server, "node1", "get", resource, name).isAllowed)
        let refused = try decide(server, "node2", "get", resource, name)
        // Both pods run under the default account.
        guard resource != "serviceaccounts" else { return }
        #expect(refused == .noOpinion("no relationship found between node 'node2' and this object"))
        #expect(try !decide(server, "node1", "get", resource, name, namespace: "kube-system").isAllowed)
    }

    @Test func `what a pod used is closed when it is gone`() async throws {
        let server = try await server()
        #expect(try decide(server, "node1", "get", "secrets", "from-key").isAllowed)
        _ = await server.delete("/api/v1/namespaces/default/pods/one", ["gracePeriodSeconds": 0])
        #expect(try !decide(server, "node1", "get", "secrets", "from-key").isAllowed)
    }

    @Test func `a volume's secret is open to the node that mounts it`() async throws {
        let server = try await server()
        let volume = await server.post(
            "/api/v1/persistentvolumes",
            [
                "metadata": ["name": "pv"],
                "spec": [
                    "capacity": ["storage": "1Gi"], "accessModes": ["ReadWriteOnce"],
                    "claimRef": ["namespace": "default", "name": "claim"],
                    "csi": [
                        "driver": "d.example.com", "volumeHandle": "h",
                        "nodeStageSecretRef": ["name": "stage", "namespace": "kube-system"],
                    ],
                ],
            ])
        #expect(volume.code == 201, "\(volume.message)")
        #expect(try decide(server, "node1", "get", "persistentvolumes", "pv", namespace: "").isAllowed)
        #expect(try decide(server, "node1", "get", "secrets", "stage", namespace: "kube-system").isAllowed)
        #expect(try !decide(server, "node2", "get", "persistentvolumes", "pv", namespace: "").isAllowed)
        #expect(try !decide(server, "node2", "get", "secrets", "stage", namespace: "kube-system").isAllowed)
    }

    struct Question: Sendable {
        var verb: String
        var resource: String
        var name = ""
        var group = ""
        var subresource = ""
        var namespace = "default"
        var fields = ""
        /// Nil: allowed.
        var refusal: String?
    }

    @Test(arguments: [
        Question(verb: "list", resource: "pods", fields: "spec.nodeName=node1"),
        Question(
            verb: "list", resource: "pods", fields: "spec.nodeName=node2",
            refusal: "can only list/watch pods with spec.nodeName field selector"),
        Question(verb: "watch", resource: "pods", refusal: "can only list/watch pods with spec.nodeName field selector"),
        Question(verb: "list", resource: "secrets", refusal: "No Object name found"),
        Question(verb: "create", resource: "secrets", refusal: "can only read resources of this type"),
        Question(
            verb: "list", resource: "nodes", namespace: "",
            refusal: "node 'node1' cannot read all nodes, only its own Node object"),
        Question(
            verb: "get", resource: "nodes", name: "node2", namespace: "",
            refusal: "node 'node1' cannot read 'node2', only its own Node object"),
        Question(verb: "get", resource: "nodes", name: "node1", namespace: ""),
        Question(verb: "patch", resource: "nodes", name: "node1", subresource: "status", namespace: ""),
        Question(verb: "delete", resource: "nodes", name: "node1", namespace: "", refusal: ""),
        Question(verb: "update", resource: "leases", name: "node1", group: "coordination.k8s.io", namespace: "kube-node-lease"),
        Question(
            verb: "update", resource: "leases", name: "node2", group: "coordination.k8s.io", namespace: "kube-node-lease",
            refusal: "can only access node lease with the same name as the requesting node"),
        Question(
            verb: "get", resource: "leases", name: "node1", group: "coordination.k8s.io",
            refusal: "can only access leases in the \"kube-node-lease\" system namespace"),
        Question(verb: "create", resource: "serviceaccounts", name: "default", subresource: "token"),
        Question(
            verb: "create", resource: "serviceaccounts", name: "other", subresource: "token",
            refusal: "no relationship found between node 'node1' and this object"),
        Question(verb: "list", resource: "services", namespace: ""),
        Question(verb: "list", resource: "runtimeclasses", group: "node.k8s.io", namespace: ""),
        Question(verb: "list", resource: "deployments", group: "apps", refusal: ""),
        Question(verb: "get", resource: "csinodes", name: "node1", group: "storage.k8s.io", namespace: ""),
    ])
    func `a kubelet's requests are decided one by one`(question: Question) async throws {
        let server = try await server()
        let decision = try decide(
            server, "node1", question.verb, question.resource, question.name, group: question.group,
            subresource: question.subresource, namespace: question.namespace, fields: question.fields)
        #expect(decision.isAllowed == (question.refusal == nil))
        if let refusal = question.refusal { #expect(decision.reason == refusal) }
    }

    @Test func `admission keeps a kubelet to its own node`() async throws {
        let server = try await server()
        let refused = await server.asNode("node1", "PATCH", "/api/v1/nodes/node2", ["metadata": ["labels": ["a": "b"]]])
        #expect(refused.code == 403)
        #expect(refused.message == "nodes \"node2\" is forbidden: node \"node1\" is not allowed to modify node \"node2\"")
        let taints = await server.asNode(
            "node1", "PATCH", "/api/v1/nodes/node1", ["spec": ["taints": [["key": "a", "effect": "NoSchedule"]]]])
        #expect(taints.message == "nodes \"node1\" is forbidden: node \"node1\" is not allowed to modify taints")
        let labels = await server.asNode(
            "node1", "PATCH", "/api/v1/nodes/node1",
            [
                "metadata": [
                    "labels": [
                        "node-restriction.kubernetes.io/a": "b", "kubernetes.io/custom": "c", "kubernetes.io/os": "linux",
                        "mine": "d", "kubelet.kubernetes.io/e": "f",
                    ]
                ]
            ])
        #expect(
            labels.message == "nodes \"node1\" is forbidden: is not allowed to modify labels: kubernetes.io/custom, "
                + "node-restriction.kubernetes.io/a")
        let fine = await server.asNode(
            "node1", "PATCH", "/api/v1/nodes/node1", ["metadata": ["labels": ["kubernetes.io/os": "linux", "mine": "d"]]])
        #expect(fine.code == 200, "\(fine.message)")
        let third = await server.asNode("node3", "POST", "/api/v1/nodes", ["metadata": ["name": "node1b"]])
        #expect(third.message == "nodes \"node1b\" is forbidden: node \"node3\" is not allowed to modify node \"node1b\"")
    }

    @Test func `admission keeps a kubelet to its own pods`() async throws {
        let server = try await server()
        let status: JSONValue = ["status": ["phase": "Running"]]
        let own = await server.asNode("node1", "PATCH", "/api/v1/namespaces/default/pods/one/status", status)
        #expect(own.code == 200, "\(own.message)")
        let other = await server.asNode("node1", "PATCH", "/api/v1/namespaces/default/pods/two/status", status)
        #expect(
            other.message
                == "pods \"two\" is forbidden: node \"node1\" can only update pod status for pods with spec.nodeName set "
                + "to itself")
        let delete = await server.asNode("node1", "DELETE", "/api/v1/namespaces/default/pods/two")
        #expect(
            delete.message == "pods \"two\" is forbidden: node \"node1\" can only delete pods with spec.nodeName set to itself")
        let plain = await server.asNode(
            "node1", "POST", "/api/v1/namespaces/default/pods",
            ["metadata": ["name": "p"], "spec": ["nodeName": "node1", "containers": [["name": "c", "image": "i"]]]])
        #expect(
            plain.message
                == "pods \"p\" is forbidden: pod does not have \"kubernetes.io/config.mirror\" annotation, node \"node1\" "
                + "can only create mirror pods")
    }

    @Test func `a kubelet gets tokens for its own pods only`() async throws {
        let server = try await server()
        let path = "/api/v1/namespaces/default/serviceaccounts/default/token"
        func request(_ pod: String, uid: String?) -> JSONValue {
            var reference: JSONValue = ["kind": "Pod", "apiVersion": "v1", "name": .string(pod)]
            if let uid { reference["uid"] = .string(uid) }
            return ["spec": ["audiences": [], "boundObjectRef": reference]]
        }
        let uid = (await server.get("/api/v1/namespaces/default/pods/one")).json["metadata"]?["uid"]?.string ?? ""
        let other = (await server.get("/api/v1/namespaces/default/pods/two")).json["metadata"]?["uid"]?.string ?? ""
        #expect((await server.asNode("node1", "POST", path, request("one", uid: uid))).code == 201)
        let refusals = [
            (
                await server.asNode("node1", "POST", path, request("one", uid: nil)),
                "node requested token with a pod binding without a uid"
            ),
            (
                await server.asNode("node1", "POST", path, request("two", uid: other)),
                "node requested token bound to a pod scheduled on a different node"
            ),
            (await server.asNode("node1", "POST", path, ["spec": ["audiences": []]]), "node requested token not bound to a pod"),
        ]
        var elsewhere = request("one", uid: uid)
        elsewhere[path: ["spec", "audiences"]] = ["vault"]
        let audience = await server.asNode("node1", "POST", path, elsewhere)
        #expect(
            audience.message == "serviceaccounts \"default\" is forbidden: audience \"vault\" not found in pod spec volume")
        for (answer, why) in refusals {
            #expect(
                answer.code == 403 && answer.message == "serviceaccounts \"default\" is forbidden: \(why)", "\(answer.message)")
        }
    }
}
