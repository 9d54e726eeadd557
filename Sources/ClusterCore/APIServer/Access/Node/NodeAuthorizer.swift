import API

/// Lets a kubelet do its work: read what its own pods use, write its own node, its lease and its pods' statuses.
///
/// - SeeAlso: Kubernetes 1.36 `plugin/pkg/auth/authorizer/node/node_authorizer.go`.
final class NodeAuthorizer: Sendable {
    private let graph: NodeGraph

    init(graph: NodeGraph) { self.graph = graph }

    func decide(_ request: AccessRequest) -> AccessDecision {
        guard let node = request.user.nodeName else { return .noOpinion() }
        guard !node.isEmpty else { return .noOpinion("unknown node for user \"\(request.user.name)\"") }
        if request.nonResourcePath == nil, let decision = decideByResource(request, node) { return decision }
        return BootstrapPolicy.nodeRules.contains { $0.allows(request) } ? .allowed() : .noOpinion()
    }

    /// Nil for resources that are the same to every node.
    private func decideByResource(_ request: AccessRequest, _ node: String) -> AccessDecision? {
        switch (request.group, request.resource) {
        case ("", "secrets"): return readNamespaced(request, .secret, node)
        case ("", "configmaps"): return readNamespaced(request, .configMap, node)
        case ("", "persistentvolumeclaims"):
            if request.subresource == "status" { return updateClaimStatus(request, node) }
            return get(request, node) { self.uses(.claim, request, node) }
        case ("", "persistentvolumes"):
            return get(request, node) { self.graph.usesVolume(request.name, node: node) }
        case ("resource.k8s.io", "resourceclaims"):
            return get(request, node) { self.uses(.resourceClaim, request, node) }
        case ("storage.k8s.io", "volumeattachments"):
            return get(request, node) { self.graph.isAttached(request.name, node: node) }
        case ("", "serviceaccounts"): return serviceAccount(request, node)
        case ("coordination.k8s.io", "leases"): return lease(request, node)
        case ("storage.k8s.io", "csinodes"): return csiNode(request, node)
        case ("resource.k8s.io", "resourceslices"): return resourceSlice(request, node)
        case ("", "nodes"): return ownNode(request, node)
        case ("", "pods"): return pod(request, node)
        default: return nil
        }
    }

    private func uses(_ kind: NodeDependency.Kind, _ request: AccessRequest, _ node: String) -> Bool {
        graph.uses(
            NodeDependency(kind: kind, key: NamespacedName(namespace: request.namespace, name: request.name)), node: node)
    }

    private func related(_ request: AccessRequest, _ node: String, _ isRelated: () -> Bool) -> AccessDecision {
        guard !request.name.isEmpty else { return .noOpinion("No Object name found") }
        return isRelated() ? .allowed() : unrelated(node)
    }

    private func unrelated(_ node: String) -> AccessDecision {
        .noOpinion("no relationship found between node '\(node)' and this object")
    }

    private func get(_ request: AccessRequest, _ node: String, _ isRelated: () -> Bool) -> AccessDecision {
        guard request.verb == "get" else { return .noOpinion("can only get individual resources of this type") }
        guard request.subresource.isEmpty else { return .noOpinion("cannot get subresource") }
        return related(request, node, isRelated)
    }

    private func readNamespaced(
        _ request: AccessRequest, _ kind: NodeDependency.Kind, _ node: String
    ) -> AccessDecision {
        guard ["get", "list", "watch"].contains(request.verb) else {
            return .noOpinion("can only read resources of this type")
        }
        guard request.subresource.isEmpty else { return .noOpinion("cannot read subresource") }
        guard !request.namespace.isEmpty else { return .noOpinion("can only read namespaced object of this type") }
        return related(request, node) { uses(kind, request, node) }
    }

    private func updateClaimStatus(_ request: AccessRequest, _ node: String) -> AccessDecision {
        guard request.verb == "update" || request.verb == "patch" else {
            return .noOpinion("can only get/update/patch this type")
        }
        return related(request, node) { uses(.claim, request, node) }
    }

    private func serviceAccount(_ request: AccessRequest, _ node: String) -> AccessDecision {
        if request.verb == "get", request.subresource.isEmpty {
            return related(request, node) { uses(.serviceAccount, request, node) }
        }
        guard request.verb == "create", !request.name.isEmpty else {
            return .noOpinion("can only create tokens for individual service accounts")
        }
        guard request.subresource == "token" else {
            return .noOpinion("can only create token subresource of serviceaccount")
        }
        return uses(.serviceAccount, request, node) ? .allowed() : unrelated(node)
    }

    private static let ownVerbs: Set<String> = ["get", "create", "update", "patch", "delete"]

    private func lease(_ request: AccessRequest, _ node: String) -> AccessDecision {
        guard Self.ownVerbs.contains(request.verb) else {
            return .noOpinion("can only get, create, update, patch, or delete a node lease")
        }
        guard request.namespace == "kube-node-lease" else {
            return .noOpinion("can only access leases in the \"kube-node-lease\" system namespace")
        }
        // The name of what is created is not known here; admission looks at it.
        guard request.verb == "create" || request.name == node else {
            return .noOpinion("can only access node lease with the same name as the requesting node")
        }
        return .allowed()
    }

    private func csiNode(_ request: AccessRequest, _ node: String) -> AccessDecision {
        guard Self.ownVerbs.contains(request.verb) else {
            return .noOpinion("can only get, create, update, patch, or delete a CSINode")
        }
        guard request.subresource.isEmpty else { return .noOpinion("cannot authorize CSINode subresources") }
        guard request.verb == "create" || request.name == node else {
            return .noOpinion("can only access CSINode with the same name as the requesting node")
        }
        return .allowed()
    }

    private func resourceSlice(_ request: AccessRequest, _ node: String) -> AccessDecision {
        guard request.subresource.isEmpty else { return .noOpinion("cannot authorize ResourceSlice subresources") }
        switch request.verb {
        case "create": return .allowed()
        case "get", "update", "patch", "delete":
            return related(request, node) { graph.ownsSlice(request.name, node: node) }
        case "watch", "list", "deletecollection":
            if request.fields.exactValue(of: "spec.nodeName") == node { return .allowed() }
            return .noOpinion("can only list/watch/deletecollection resourceslices with nodeName field selector")
        default:
            return .noOpinion(
                "only the following verbs are allowed for a ResourceSlice: get, watch, list, create, update, patch, delete, "
                    + "deletecollection")
        }
    }

    private func ownNode(_ request: AccessRequest, _ node: String) -> AccessDecision {
        switch (request.subresource, request.verb) {
        case ("", "create"), ("", "update"), ("", "patch"), ("status", "update"), ("status", "patch"): return .allowed()
        case ("", "get"), ("", "list"), ("", "watch"):
            if request.name == node { return .allowed() }
            if request.name.isEmpty {
                return .noOpinion("node '\(node)' cannot read all nodes, only its own Node object")
            }
            return .noOpinion("node '\(node)' cannot read '\(request.name)', only its own Node object")
        default: return .noOpinion()
        }
    }

    private func pod(_ request: AccessRequest, _ node: String) -> AccessDecision {
        let key = NamespacedName(namespace: request.namespace, name: request.name)
        switch (request.subresource, request.verb) {
        case ("", "get"): return get(request, node) { graph.runs(key, node: node) }
        case ("", "list"), ("", "watch"):
            if request.fields.exactValue(of: "spec.nodeName") == node { return .allowed() }
            if !request.name.isEmpty { return related(request, node) { graph.runs(key, node: node) } }
            return .noOpinion("can only list/watch pods with spec.nodeName field selector")
        case ("", "create"), ("", "delete"), ("status", "update"), ("status", "patch"), ("eviction", "create"):
            return .allowed()
        default: return .noOpinion()
        }
    }
}
