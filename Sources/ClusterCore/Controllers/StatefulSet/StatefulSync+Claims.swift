import API
import ControlLoop
import JSON

extension StatefulSync {
    /// Writes that create the claims that a pod lacks; nil while one of another pod's is still in the way.
    ///
    /// - Parameter owner: The pod itself, where it exists.
    func missingClaims(_ ordinal: Int, owner: Pod?) -> [Write]? {
        var writes: [Write] = []
        let pod = "\(set.metadata.name)-\(ordinal)"
        for template in set.claimTemplates {
            let name = set.claimName(template, ordinal: ordinal)
            let key = NamespacedName(namespace: set.metadata.namespace, name: name)
            if let claim = snapshot.get(PersistentVolumeClaim.self, key) {
                if claim.metadata.isBeingDeleted { return nil }
                let isStale = claim.metadata.ownerReferences.contains {
                    $0.kind == Pod.kind && $0.name == pod && $0.uid != owner?.metadata.uid
                }
                if isStale, set.claimRetention.deletesWhenScaled { return nil }
                continue
            }
            let what = "create Claim \(name) Pod \(pod) in StatefulSet \(set.metadata.name)"
            let report = Write.Report(
                about: ObjectReference(to: set), success: ("SuccessfulCreate", "\(what) success"),
                failure: (
                    "FailedCreate", "create Claim \(name) for Pod \(pod) in StatefulSet \(set.metadata.name) failed error: "
                ), namesObject: false)
            writes.append(
                .create(
                    PersistentVolumeClaim.resource, namespace: set.metadata.namespace, claim(template, name),
                    tolerates: .alreadyExists, report: report))
        }
        return writes
    }

    private func claim(_ template: JSONValue, _ name: String) -> JSONValue {
        let own = template["metadata"]?["labels"]?.object?.strings ?? [:]
        var metadata: JSONValue = [
            "name": .string(name), "namespace": .string(set.metadata.namespace),
            "labels": JSONValue(own.merging(set.selectorLabels) { $1 }),
        ]
        for member in ["annotations", "finalizers"] { metadata[member] = template["metadata"]?[member] }
        if set.claimRetention.deletesWithSet { metadata["ownerReferences"] = [OwnerReferences.controller(set).json] }
        return [
            "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata, "spec": template["spec"] ?? [:],
        ]
    }

    /// Makes the claims of a pod go, or stay, with the set and the pod, as the retention policy says.
    mutating func fixClaims(of pod: Pod) {
        guard let ordinal = set.ordinal(ofPodNamed: pod.metadata.name) else { return }
        let isWanted = replicas.indices.contains(ordinal - set.firstOrdinal)
        let retention = set.claimRetention
        let goesWithPod = retention.deletesWhenScaled && !isWanted
        let goesWithSet = retention.deletesWithSet && !goesWithPod
        for template in set.claimTemplates {
            let key = NamespacedName(
                namespace: set.metadata.namespace, name: set.claimName(template, ordinal: ordinal))
            guard let claim = snapshot.get(PersistentVolumeClaim.self, key), !claim.metadata.isBeingDeleted else { continue }
            let old = claim.metadata.ownerReferences
            // Somebody else's claim is left alone.
            if let owner = claim.metadata.controller, owner.uid != set.metadata.uid, owner.uid != pod.metadata.uid { continue }
            var new = old
            adjust(&new, OwnerReferences.controller(set), isWanted: goesWithSet)
            adjust(&new, OwnerReferences.controller(pod), isWanted: goesWithPod)
            guard new != old else { continue }
            plan.add(
                .merge(
                    PersistentVolumeClaim.resource, key, ["metadata": ["ownerReferences": .array(new.map(\.json))]],
                    revision: claim.metadata.resourceVersion, tolerates: .notFound))
        }
    }

    private func adjust(_ references: inout [OwnerReference], _ owner: OwnerReference, isWanted: Bool) {
        let isThere = references.contains { $0.uid == owner.uid }
        if isWanted, !isThere { references.append(owner) }
        if !isWanted, isThere { references.removeAll { $0.uid == owner.uid } }
    }
}
