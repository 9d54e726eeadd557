import API
import JSON
import Machinery

/// Keeps a kubelet to its own node and its own pods, whatever the authorizer let through.
///
/// - SeeAlso: Kubernetes 1.36 `plugin/pkg/admission/noderestriction/admission.go`.
struct NodeRestriction: Sendable {
    let caches: CacheSet
    let authorizer: Authorizer

    private static let pods = GroupVersionResource(group: "", version: "v1", resource: "pods")
    private static let nodes = GroupVersionResource(group: "", version: "v1", resource: "nodes")
    private static let drivers = GroupVersionResource(group: "storage.k8s.io", version: "v1", resource: "csidrivers")
    private static let mirror = "kubernetes.io/config.mirror"

    func create(_ kind: KindDefinition, _ object: JSONValue, node: String) throws(Status) {
        let name = Self.name(object)
        switch (kind.gvr.group, kind.resource) {
        case ("", "pods"): try createPod(object, Refusal(kind, name), node)
        case ("", "nodes"):
            try own(name, Refusal(kind, name), node)
            try checkLabels(object, old: nil, Refusal(kind, name), node)
        case ("", "persistentvolumeclaims"): throw Refusal(kind, name).because("may only update PVC status")
        case ("coordination.k8s.io", "leases"):
            try checkLease(name, namespace: object["metadata"]?["namespace"]?.string ?? "", Refusal(kind, name), node)
        case ("storage.k8s.io", "csinodes"): try checkCSINode(name, Refusal(kind, name), node)
        case ("resource.k8s.io", "resourceslices"):
            guard object["spec"]?["nodeName"]?.string == node else {
                throw Refusal(kind, name).because("can only create ResourceSlice with the same NodeName as the requesting node")
            }
        default: break
        }
    }

    func update(
        _ kind: KindDefinition, _ new: JSONValue, old: JSONValue, _ part: WritePart, node: String
    ) throws(Status) {
        let name = Self.name(old)
        let refusal = Refusal(kind, name)
        switch (kind.gvr.group, kind.resource) {
        case ("", "pods"):
            guard part == .status else {
                throw refusal.because(
                    "unexpected operation \"UPDATE\", node \"\(node)\" can only create and delete mirror pods")
            }
            try updatePodStatus(new, old, refusal, node)
        case ("", "nodes"):
            try own(name, refusal, node)
            guard new["spec"]?["taints"] == old["spec"]?["taints"] else {
                throw refusal.because("node \"\(node)\" is not allowed to modify taints")
            }
            try checkLabels(new, old: old, refusal, node)
        case ("", "persistentvolumeclaims"):
            guard part == .status else { throw refusal.because("may only update PVC status") }
            try updateClaimStatus(new, old, refusal, node)
        case ("coordination.k8s.io", "leases"):
            try checkLease(name, namespace: old["metadata"]?["namespace"]?.string ?? "", refusal, node)
        case ("storage.k8s.io", "csinodes"): try checkCSINode(name, refusal, node)
        default: break
        }
    }

    func delete(_ kind: KindDefinition, _ key: NamespacedName, node: String) throws(Status) {
        let refusal = Refusal(kind, key.name)
        switch (kind.gvr.group, kind.resource) {
        case ("", "pods"):
            guard try pod(key).field("spec.nodeName") == node else {
                throw refusal.because("node \"\(node)\" can only delete pods with spec.nodeName set to itself")
            }
        case ("", "nodes"): try own(key.name, refusal, node)
        case ("coordination.k8s.io", "leases"): try checkLease(key.name, namespace: key.namespace, refusal, node)
        case ("storage.k8s.io", "csinodes"): try checkCSINode(key.name, refusal, node)
        default: break
        }
    }

    func createBelow(
        _ kind: KindDefinition, _ key: NamespacedName, _ subresource: String, _ body: JSONValue, _ user: User, node: String
    ) throws(Status) {
        let refusal = Refusal(kind, key.name)
        switch (kind.resource, subresource) {
        case ("pods", "eviction"):
            guard try pod(key).field("spec.nodeName") == node else {
                throw refusal.because("node \(node) can only evict pods with spec.nodeName set to itself")
            }
        case ("serviceaccounts", "token"):
            let pod = try checkTokenPod(key, body, refusal, node)
            try checkTokenAudience(key, body, pod, refusal, user)
        case ("pods", _):
            throw refusal.because(
                "unexpected pod subresource \"\(subresource)\", only 'status' and 'eviction' are allowed")
        default: break
        }
    }

    private static func name(_ object: JSONValue) -> String {
        let name = object["metadata"]?["name"]?.string ?? ""
        if !name.isEmpty { return name }
        let base = object["metadata"]?["generateName"]?.string ?? ""
        return base.isEmpty ? "Unknown" : base
    }

    private func pod(_ key: NamespacedName) throws(Status) -> CachedObject.Header {
        guard let found = caches[Self.pods]?.get(key) else { throw APIErrors.notFound(Self.pods, key.name) }
        return found.header
    }

    private func own(_ name: String, _ refusal: Refusal, _ node: String) throws(Status) {
        guard name == node else {
            throw refusal.because("node \"\(node)\" is not allowed to modify node \"\(name)\"")
        }
    }

    private func checkLease(_ name: String, namespace: String, _ refusal: Refusal, _ node: String) throws(Status) {
        guard namespace == "kube-node-lease" else {
            throw refusal.because("can only access leases in the \"kube-node-lease\" system namespace")
        }
        guard name == node else {
            throw refusal.because("can only access node lease with the same name as the requesting node")
        }
    }

    private func checkCSINode(_ name: String, _ refusal: Refusal, _ node: String) throws(Status) {
        guard name == node else {
            throw refusal.because("can only access CSINode with the same name as the requesting node")
        }
    }

    private func checkLabels(
        _ new: JSONValue, old: JSONValue?, _ refusal: Refusal, _ node: String
    ) throws(Status) {
        let after = new["metadata"]?["labels"]?.object?.strings ?? [:]
        let before = old?["metadata"]?["labels"]?.object?.strings ?? [:]
        let changed = Set(after.keys).union(before.keys).filter { after[$0] != before[$0] }
        let forbidden = changed.filter(NodeLabels.isForbidden).sorted()
        guard !forbidden.isEmpty else { return }
        let list = forbidden.joined(separator: ", ")
        throw refusal.because(
            old == nil
                ? "node \"\(node)\" is not allowed to set the following labels: \(list)"
                : "is not allowed to modify labels: \(list)")
    }

    private func updatePodStatus(
        _ new: JSONValue, _ old: JSONValue, _ refusal: Refusal, _ node: String
    ) throws(Status) {
        guard old["spec"]?["nodeName"]?.string == node else {
            throw refusal.because(
                "node \"\(node)\" can only update pod status for pods with spec.nodeName set to itself")
        }
        let labels = { (pod: JSONValue) in pod["metadata"]?["labels"]?.object?.strings ?? [:] }
        guard labels(new) == labels(old) else {
            throw refusal.because("node \"\(node)\" cannot update labels through pod status")
        }
        let claims = { (pod: JSONValue) in pod["status"]?["resourceClaimStatuses"]?.array ?? [] }
        guard claims(new) == claims(old) else {
            throw refusal.because("node \"\(node)\" cannot update resource claim statues")
        }
    }

    private func updateClaimStatus(
        _ new: JSONValue, _ old: JSONValue, _ refusal: Refusal, _ node: String
    ) throws(Status) {
        func comparable(_ claim: JSONValue) -> JSONValue {
            var claim = claim
            for name in ["resourceVersion", "managedFields"] { claim[path: ["metadata", name]] = nil }
            guard claim["status"] != nil else { return claim }
            for name in ["capacity", "conditions", "allocatedResourceStatuses", "allocatedResources"] {
                claim[path: ["status", name]] = nil
            }
            return claim
        }
        guard comparable(new) == comparable(old) else {
            throw refusal.because(
                "node \"\(node)\" is not allowed to update fields other than status.capacity and status.conditions")
        }
    }

    private func createPod(_ pod: JSONValue, _ refusal: Refusal, _ node: String) throws(Status) {
        let metadata = pod["metadata"] ?? [:]
        guard metadata["annotations"]?[Self.mirror] != nil else {
            throw refusal.because(
                "pod does not have \"\(Self.mirror)\" annotation, node \"\(node)\" can only create mirror pods")
        }
        let spec = pod["spec"] ?? [:]
        guard spec["nodeName"]?.string == node else {
            throw refusal.because("node \"\(node)\" can only create pods with spec.nodeName set to itself")
        }
        try checkOwner(metadata["ownerReferences"]?.array ?? [], refusal, node)
        guard (spec["serviceAccountName"]?.string ?? "").isEmpty else {
            throw refusal.because("node \"\(node)\" can not create pods that reference a service account")
        }
        // Mirror pods open no doors, so the annotation is taken off to see what they refer to.
        var plain = pod
        plain[path: ["metadata", "annotations"]] = nil
        let uses = PodReferences.of(plain)
        for (kind, words) in [
            (NodeDependency.Kind.secret, "secrets"), (.configMap, "configmaps"), (.claim, "persistentvolumeclaims"),
        ] where uses.contains(where: { $0.kind == kind }) {
            throw refusal.because("node \"\(node)\" can not create pods that reference \(words)")
        }
        let projected = (spec["volumes"]?.array ?? []).flatMap { $0["projected"]?["sources"]?.array ?? [] }
        guard projected.allSatisfy({ $0["clusterTrustBundle"] == nil }) else {
            throw refusal.because("node \"\(node)\" can not create pods that reference clustertrustbundles")
        }
    }

    private func checkOwner(_ owners: [JSONValue], _ refusal: Refusal, _ node: String) throws(Status) {
        guard owners.count < 2 else {
            throw refusal.because("node \"\(node)\" can only create pods with a single owner reference set to itself")
        }
        guard let owner = owners.first, owner["apiVersion"]?.string == "v1", owner["kind"]?.string == "Node",
            owner["name"]?.string == node
        else { throw refusal.because("node \"\(node)\" can only create pods with an owner reference set to itself") }
        guard owner["controller"]?.bool == true else {
            throw refusal.because(
                "node \"\(node)\" can only create pods with a controller owner reference set to itself")
        }
        guard owner["blockOwnerDeletion"]?.bool != true else {
            throw refusal.because("node \"\(node)\" must not set blockOwnerDeletion on an owner reference")
        }
        guard let found = caches[Self.nodes]?.get(NamespacedName(name: node)) else {
            throw APIErrors.notFound(Self.nodes, node)
        }
        let uid = owner["uid"]?.string ?? ""
        guard uid == found.header.uid else {
            throw refusal.because("node \(node) UID mismatch: expected \(uid) got \(found.header.uid)")
        }
    }

    /// A node asks for the audiences that its pods mount, or that it was granted.
    private func checkTokenAudience(
        _ key: NamespacedName, _ body: JSONValue, _ pod: NamespacedName, _ refusal: Refusal, _ user: User
    ) throws(Status) {
        let asked = (body["spec"]?["audiences"]?.array ?? []).compactMap(\.string)
        guard asked.count < 2 else { throw refusal.because("node may only request 0 or 1 audiences") }
        let audience = asked.first ?? ""
        guard !audiences(of: pod).contains(audience) else { return }
        let isGranted = authorizer.allows(
            AccessRequest(
                user: user, verb: "request-serviceaccounts-token-audience", namespace: key.namespace, version: "v1",
                resource: audience, name: key.name))
        guard !isGranted else { return }
        throw refusal.because("audience \"\(audience)\" not found in pod spec volume")
    }

    /// The audiences of the tokens that a pod's volumes hold; the empty one is this server's.
    private func audiences(of pod: NamespacedName) -> Set<String> {
        var result: Set<String> = []
        for volume in caches[Self.pods]?.get(pod)?.object["spec"]?["volumes"]?.array ?? [] {
            for source in volume["projected"]?["sources"]?.array ?? [] {
                if let token = source["serviceAccountToken"] { result.insert(token["audience"]?.string ?? "") }
            }
            guard let driver = volume["csi"]?["driver"]?.string,
                let found = caches[Self.drivers]?.get(NamespacedName(name: driver))
            else { continue }
            for request in found.object["spec"]?["tokenRequests"]?.array ?? [] {
                result.insert(request["audience"]?.string ?? "")
            }
        }
        return result
    }

    /// - Returns: The pod that the token is for.
    private func checkTokenPod(
        _ key: NamespacedName, _ body: JSONValue, _ refusal: Refusal, _ node: String
    ) throws(Status) -> NamespacedName {
        let reference = body["spec"]?["boundObjectRef"] ?? [:]
        let name = reference["name"]?.string ?? ""
        guard reference["apiVersion"]?.string == "v1", reference["kind"]?.string == "Pod", !name.isEmpty else {
            throw refusal.because("node requested token not bound to a pod")
        }
        let uid = reference["uid"]?.string ?? ""
        guard !uid.isEmpty else {
            throw refusal.because("node requested token with a pod binding without a uid")
        }
        let podKey = NamespacedName(namespace: key.namespace, name: name)
        let pod = try pod(podKey)
        guard uid == pod.uid else {
            throw refusal.because(
                "the UID in the bound object reference (\(uid)) does not match the UID in record. The object might have been "
                    + "deleted and then recreated")
        }
        guard pod.field("spec.nodeName") == node else {
            throw refusal.because("node requested token bound to a pod scheduled on a different node")
        }
        return podKey
    }

    /// The object that a refusal names.
    private struct Refusal {
        var kind: KindDefinition
        var name: String

        init(_ kind: KindDefinition, _ name: String) {
            self.kind = kind
            self.name = name
        }

        func because(_ why: String) -> Status { APIErrors.forbidden(kind.gvr, name, why) }
    }
}

/// Which labels a kubelet may not put on its node, lest it draw workloads to itself.
///
/// - SeeAlso: Kubernetes 1.36 `kubelet/pkg/apis/well_known_labels.go`.
enum NodeLabels {
    private static let allowed: Set<String> = [
        "kubernetes.io/hostname", "topology.kubernetes.io/zone", "topology.kubernetes.io/region",
        "failure-domain.beta.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/region",
        "beta.kubernetes.io/instance-type", "node.kubernetes.io/instance-type", "kubernetes.io/os", "kubernetes.io/arch",
        "beta.kubernetes.io/os", "beta.kubernetes.io/arch",
    ]

    static func isForbidden(_ label: String) -> Bool {
        guard let slash = label.firstIndex(of: "/") else { return false }
        let prefix = label[..<slash]
        func isBelow(_ domain: String) -> Bool { prefix == domain || prefix.hasSuffix(".\(domain)") }
        if isBelow("node-restriction.kubernetes.io") { return true }
        guard isBelow("kubernetes.io") || isBelow("k8s.io") else { return false }
        return !allowed.contains(label) && !isBelow("kubelet.kubernetes.io") && !isBelow("node.kubernetes.io")
    }
}
