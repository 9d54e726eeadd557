package import API
package import ControlLoop
package import JSON

/// What asks for a number of equal pods: a ReplicaSet, a ReplicationController.
package protocol ReplicaOwner: APIObject {
    /// The name of the controller that looks after the kind.
    static var controllerName: String { get }
    var replicas: Int { get }
    var minReadySeconds: Int { get }
    var selector: LabelSelector { get }
    var template: JSONValue { get }
    var status: ReplicaSet.Status { get }
    /// Whether the status counts pods that end.
    static var countsTerminating: Bool { get }
}

extension ReplicaSet: ReplicaOwner {
    package static let controllerName = "replicaset-controller"
    package static let countsTerminating = true
}

extension ReplicationController: ReplicaOwner {
    package static let controllerName = "replication-controller"
    package static let countsTerminating = false
}

package typealias ReplicaSetController = ReplicaController<ReplicaSet>
package typealias ReplicationManager = ReplicaController<ReplicationController>

/// Keeps as many pods of one template as their owner asks for.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/controller/replicaset/replica_set.go`.
package struct ReplicaController<Owner: ReplicaOwner>: Controller {
    package static var name: String { Owner.controllerName }
    /// Pods created or deleted by one decision; the next one goes on.
    package static var burstReplicasMax: Int { 500 }

    package init() {}

    package var triggers: [Trigger<NamespacedName>] {
        [
            .itself(Owner.self, indexes: [.controllerUID]),
            .owner(of: Pod.self, Owner.self, indexes: [.controllerUID]),
            .onChange(Pod.self) { change, snapshot in
                // A pod without an owner may be adopted.
                guard let pod = change.new, pod.metadata.controller == nil, !pod.metadata.labels.isEmpty else { return [] }
                return snapshot.list(Owner.self, namespace: pod.metadata.namespace)
                    .filter { $0.selector.matches(pod.metadata.labels) }.map(\.key)
            },
        ]
    }

    package func plan(for key: NamespacedName, in snapshot: Snapshot) -> Plan {
        guard let set = snapshot.get(Owner.self, key) else { return .settled }
        var plan = Plan()
        let owned = claim(set, snapshot, &plan)
        let active = owned.filter(\.isActive)
        // The status comes first: a refused pod must not keep it from being written.
        addStatus(set, active, terminating: owned.count { $0.metadata.isBeingDeleted && !$0.isFinished }, snapshot.now, &plan)
        if !set.metadata.isBeingDeleted { scale(set, active, snapshot, &plan) }
        return plan
    }

    /// The pods of the set; adopts orphans that match and releases pods that no longer do.
    private func claim(_ set: Owner, _ snapshot: Snapshot, _ plan: inout Plan) -> [Pod] {
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

    private func scale(_ set: Owner, _ active: [Pod], _ snapshot: Snapshot, _ plan: inout Plan) {
        let missing = set.replicas - active.count
        let reference = ObjectReference(to: set)
        if missing != 0 { showRefusal(set, reason: missing > 0 ? "FailedCreate" : "FailedDelete", snapshot.now, &plan) }
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
    private func siblings(of set: Owner, _ snapshot: Snapshot) -> [Pod] {
        guard let owner = set.metadata.controller else {
            return snapshot.list(Pod.self, by: .controllerUID, set.metadata.uid).filter(\.isActive)
        }
        return snapshot.list(Owner.self, by: .controllerUID, owner.uid)
            .flatMap { snapshot.list(Pod.self, by: .controllerUID, $0.metadata.uid) }.filter(\.isActive)
    }

    /// While pods are missing or too many, a refusal becomes a condition, once.
    private func showRefusal(_ set: Owner, reason: String, _ now: Timestamp, _ plan: inout Plan) {
        guard set.status.conditions[Self.failureCondition] == nil else { return }
        plan.refusalCondition = Plan.RefusalCondition(
            Owner.resource, set.key, others: set.status.conditions,
            condition: Condition(type: Self.failureCondition, status: "True", reason: reason, lastTransitionTime: now))
    }

    private static var failureCondition: String { "ReplicaFailure" }

    private func addStatus(
        _ set: Owner, _ active: [Pod], terminating: Int, _ now: Timestamp, _ plan: inout Plan
    ) {
        var status = set.status
        let labels = PodTemplate.labels(of: set.template)
        status.replicas = active.count
        status.fullyLabeledReplicas = active.count { pod in labels.allSatisfy { pod.metadata.labels[$0.key] == $0.value } }
        status.readyReplicas = active.count { $0.isReady }
        status.availableReplicas = active.count { $0.isAvailable(minReadySeconds: set.minReadySeconds, at: now) }
        if Owner.countsTerminating { status.terminatingReplicas = terminating }
        status.observedGeneration = set.metadata.generation
        if active.count == set.replicas { status.conditions.removeAll { $0.type == Self.failureCondition } }
        if status != set.status {
            plan.add(.merge(Owner.resource, set.key, ["status": status.json], subresource: "status", tolerates: .notFound))
        }
        guard set.minReadySeconds > 0 else { return }
        for pod in active where !pod.isAvailable(minReadySeconds: set.minReadySeconds, at: now) {
            guard let since = pod.readySince else { continue }
            plan.lookAgain(after: max(since.adding(.seconds(set.minReadySeconds)).duration(since: now), .milliseconds(10)))
        }
    }
}
