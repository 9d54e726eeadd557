package import API
package import ControlLoop
import JSON

/// Keeps as many pods of one template as its ReplicaSet asks for.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/controller/replicaset/replica_set.go`.
package struct ReplicaSetController: Controller {
    package static let name = "replicaset-controller"
    /// Pods created or deleted by one decision; the next one goes on.
    package static let burstReplicasMax = 500

    package init() {}

    package var triggers: [Trigger<NamespacedName>] {
        [
            .itself(ReplicaSet.self, indexes: [.controllerUID]),
            .owner(of: Pod.self, ReplicaSet.self, indexes: [.controllerUID]),
            .onChange(Pod.self) { change, snapshot in
                // A pod without an owner may be adopted.
                guard let pod = change.new, pod.metadata.controller == nil, !pod.metadata.labels.isEmpty else { return [] }
                return snapshot.list(ReplicaSet.self, namespace: pod.metadata.namespace)
                    .filter { $0.selector.matches(pod.metadata.labels) }.map(\.key)
            },
        ]
    }

    package func plan(for key: NamespacedName, in snapshot: Snapshot) -> Plan {
        guard let set = snapshot.get(ReplicaSet.self, key) else { return .settled }
        var plan = Plan()
        let owned = claim(set, snapshot, &plan)
        let active = owned.filter(\.isActive)
        if !set.metadata.isBeingDeleted { scale(set, active, snapshot, &plan) }
        addStatus(set, active, terminating: owned.count { $0.metadata.isBeingDeleted && !$0.isFinished }, snapshot.now, &plan)
        return plan
    }

    /// The pods of the set; adopts orphans that match and releases pods that no longer do.
    private func claim(_ set: ReplicaSet, _ snapshot: Snapshot, _ plan: inout Plan) -> [Pod] {
        var owned: [Pod] = []
        for pod in snapshot.list(Pod.self, by: .controllerUID, set.metadata.uid)
        where pod.metadata.namespace == set.metadata.namespace {
            if set.selector.matches(pod.metadata.labels) {
                owned.append(pod)
            } else if !set.metadata.isBeingDeleted {
                plan.add(OwnerReferences.release(pod, by: set))
            }
        }
        guard !set.metadata.isBeingDeleted else { return owned }
        for pod in snapshot.list(Pod.self, namespace: set.metadata.namespace)
        where pod.metadata.controller == nil && pod.isActive && set.selector.matches(pod.metadata.labels) {
            plan.add(OwnerReferences.adopt(pod, by: set))
            owned.append(pod)
        }
        return owned
    }

    private func scale(_ set: ReplicaSet, _ active: [Pod], _ snapshot: Snapshot, _ plan: inout Plan) {
        let missing = set.replicas - active.count
        let reference = ObjectReference(to: set)
        if missing > 0 {
            let pod = PodTemplate.pod(from: set.template, owner: set)
            let report = Write.Report(
                about: reference, success: ("SuccessfulCreate", "Created pod: "), failure: ("FailedCreate", "Error creating: "))
            let create = Write.create(Pod.resource, namespace: set.metadata.namespace, pod, report: report)
            plan.addSlowStart(Array(repeating: create, count: min(missing, Self.burstReplicasMax)))
        } else if missing < 0 {
            let ranking = PodDeletionRanking(siblings: siblings(of: set, snapshot), now: snapshot.now)
            let report = Write.Report(
                about: reference, success: ("SuccessfulDelete", "Deleted pod: "), failure: ("FailedDelete", "Error deleting: "))
            let chosen = ranking.sorted(active).prefix(min(-missing, Self.burstReplicasMax))
            plan.addSlowStart(
                chosen.map { .delete(Pod.resource, $0.key, DeletionOptions(uid: $0.metadata.uid), report: report) })
        }
    }

    /// Active pods of every set with the same owner: the sets of one Deployment spread over nodes together.
    private func siblings(of set: ReplicaSet, _ snapshot: Snapshot) -> [Pod] {
        guard let owner = set.metadata.controller else {
            return snapshot.list(Pod.self, by: .controllerUID, set.metadata.uid).filter(\.isActive)
        }
        return snapshot.list(ReplicaSet.self, by: .controllerUID, owner.uid)
            .flatMap { snapshot.list(Pod.self, by: .controllerUID, $0.metadata.uid) }.filter(\.isActive)
    }

    private func addStatus(
        _ set: ReplicaSet, _ active: [Pod], terminating: Int, _ now: Timestamp, _ plan: inout Plan
    ) {
        var status = set.status
        let labels = PodTemplate.labels(of: set.template)
        status.replicas = active.count
        status.fullyLabeledReplicas = active.count { pod in labels.allSatisfy { pod.metadata.labels[$0.key] == $0.value } }
        status.readyReplicas = active.count { $0.isReady }
        status.availableReplicas = active.count { $0.isAvailable(minReadySeconds: set.minReadySeconds, at: now) }
        status.terminatingReplicas = terminating
        status.observedGeneration = set.metadata.generation
        if status != set.status {
            plan.add(.merge(ReplicaSet.resource, set.key, ["status": status.json], subresource: "status", tolerates: .notFound))
        }
        guard set.minReadySeconds > 0 else { return }
        for pod in active where !pod.isAvailable(minReadySeconds: set.minReadySeconds, at: now) {
            guard let since = pod.readySince else { continue }
            plan.lookAgain(after: max(since.adding(.seconds(set.minReadySeconds)).duration(since: now), .milliseconds(10)))
        }
    }
}
