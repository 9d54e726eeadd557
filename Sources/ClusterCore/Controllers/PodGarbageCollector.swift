package import API
package import ControlLoop
import JSON

/// Removes pods that no kubelet will ever end: of nodes that are gone, never scheduled, or on nodes declared out of service.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/controller/podgc/gc_controller.go`.
package struct PodGarbageCollector: Controller {
    package static let name = "pod-garbage-collector-controller"
    static let outOfService = "node.kubernetes.io/out-of-service"
    /// How long a node may be away, as one that registers again, before its pods go.
    static let quarantine: Duration = .seconds(40)

    private let missing = FirstSightings<String>(countMax: 10_000)

    package init() {}

    package var triggers: [Trigger<NamespacedName>] {
        [
            .itself(Pod.self, indexes: [.nodeName]),
            .onChange(Node.self) { change, snapshot in
                let isOut = change.new?.taints.contains { $0.key == Self.outOfService } ?? true
                return isOut || change.old == nil ? snapshot.list(Pod.self, by: .nodeName, change.key.name).map(\.key) : []
            },
        ]
    }

    package func plan(for key: NamespacedName, in snapshot: Snapshot) -> Plan {
        guard let pod = snapshot.get(Pod.self, key) else { return .settled }
        if pod.spec.nodeName.isEmpty {
            return pod.metadata.isBeingDeleted ? Plan([remove(pod)]) : .settled
        }
        let nodeKey = NamespacedName(name: pod.spec.nodeName)
        guard let node = snapshot.get(Node.self, nodeKey) else {
            let rest = Self.quarantine - snapshot.now.duration(since: missing.since(pod.spec.nodeName, now: snapshot.now))
            guard rest <= .zero else { return Plan(lookAgainAfter: rest) }
            var plan = Plan()
            plan.steps.append(.confirmAbsent(Node.resource, nodeKey, uid: nil))
            if !pod.isFinished { plan.add(fail(pod, snapshot.now, "PodGC: node no longer exists")) }
            plan.add(remove(pod))
            return plan
        }
        missing.forget(pod.spec.nodeName)
        if pod.metadata.isBeingDeleted, !node.isReady, node.taints.contains(where: { $0.key == Self.outOfService }) {
            return Plan([remove(pod)])
        }
        return .settled
    }

    private func remove(_ pod: Pod) -> Write {
        .delete(
            Pod.resource, pod.key, DeletionOptions(gracePeriodSeconds: 0, uid: pod.metadata.uid),
            tolerates: [.notFound, .conflict])
    }

    /// Says why before the pod goes, for whoever watches it.
    private func fail(_ pod: Pod, _ now: Timestamp, _ message: String) -> Write {
        var conditions = pod.status.conditions.filter { $0.type != "DisruptionTarget" }
        conditions.append(
            Condition(
                type: "DisruptionTarget", status: "True", reason: "DeletionByPodGC", message: message, lastTransitionTime: now))
        return .merge(
            Pod.resource, pod.key,
            ["status": ["phase": "Failed", "conditions": .array(conditions.map(\.json))]], subresource: "status",
            tolerates: [.notFound, .conflict])
    }
}
