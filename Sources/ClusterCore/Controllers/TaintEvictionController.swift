package import API
package import ControlLoop
import JSON

/// Deletes pods that do not, or no longer, tolerate a `NoExecute` taint of their node.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/controller/tainteviction/taint_eviction.go`.
package struct TaintEvictionController: Controller {
    package static let name = "taint-eviction-controller"

    private let sightings = FirstSightings<NamespacedName>(countMax: 100_000)

    package init() {}

    package var triggers: [Trigger<NamespacedName>] {
        [
            .itself(Pod.self, indexes: [.nodeName]),
            .onChange(Node.self) { change, snapshot in
                change.old?.taints == change.new?.taints
                    ? [] : snapshot.list(Pod.self, by: .nodeName, change.key.name).map(\.key)
            },
        ]
    }

    package func plan(for key: NamespacedName, in snapshot: Snapshot) -> Plan {
        guard let pod = snapshot.get(Pod.self, key), !pod.metadata.isBeingDeleted, !pod.isFinished, !pod.spec.nodeName.isEmpty,
            let node = snapshot.get(Node.self, NamespacedName(name: pod.spec.nodeName))
        else {
            sightings.forget(key)
            return .settled
        }
        var deadline: Timestamp?
        var isTimed = false
        for taint in node.taints where taint.effect == "NoExecute" {
            let tolerations = pod.spec.tolerations.filter { $0.tolerates(taint) }
            guard !tolerations.isEmpty else {
                sightings.forget(key)
                return evict(pod)
            }
            // Of several tolerations the shortest counts; one without a time tolerates for ever.
            guard let seconds = tolerations.compactMap(\.tolerationSeconds).min() else { continue }
            if taint.timeAdded == nil { isTimed = true }
            let start = taint.timeAdded ?? sightings.since(key, uid: pod.metadata.uid, now: snapshot.now)
            let end = start.adding(.seconds(max(0, seconds)))
            deadline = deadline.map { min($0, end) } ?? end
        }
        if !isTimed { sightings.forget(key) }
        guard let deadline else { return .settled }
        if deadline <= snapshot.now { return evict(pod) }
        return Plan(lookAgainAfter: deadline.duration(since: snapshot.now) + .milliseconds(10))
    }

    private func evict(_ pod: Pod) -> Plan {
        Plan(
            [.delete(Pod.resource, pod.key, DeletionOptions(uid: pod.metadata.uid), tolerates: [.notFound, .conflict])],
            notices: [
                Plan.Notice(
                    ObjectReference(to: pod), reason: "TaintManagerEviction", message: "Marking for deletion Pod \(pod.key)")
            ])
    }
}
