package import API
package import ControlLoop
import JSON

/// Keeps one pod on every node that a template fits.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/controller/daemon/daemon_controller.go`, `update.go`.
package struct DaemonSetController: Controller {
    package static let name = "daemonset-controller"

    package init() {}

    package var triggers: [Trigger<NamespacedName>] {
        [
            .itself(DaemonSet.self, indexes: [.controllerUID]),
            .owner(of: Pod.self, DaemonSet.self, indexes: [.controllerUID]),
            .owner(of: ControllerRevision.self, DaemonSet.self, indexes: [.controllerUID]),
            .onChange(Pod.self) { change, snapshot in
                // A pod without an owner may be adopted.
                guard let pod = change.new, pod.metadata.controller == nil, !pod.metadata.labels.isEmpty else { return [] }
                return snapshot.list(DaemonSet.self, namespace: pod.metadata.namespace)
                    .filter { $0.selector.matches(pod.metadata.labels) }.map(\.key)
            },
            .onChange(Node.self) { change, snapshot in
                if let old = change.old, let new = change.new, old.metadata.labels == new.metadata.labels,
                    old.taints == new.taints
                {
                    return []
                }
                return snapshot.list(DaemonSet.self).map(\.key)
            },
        ]
    }

    package func plan(for key: NamespacedName, in snapshot: Snapshot) -> Plan {
        guard let set = snapshot.get(DaemonSet.self, key) else { return .settled }
        if set.selector.isEverything {
            return Plan(notices: [
                Plan.Notice(
                    ObjectReference(to: set), type: "Warning", reason: "SelectingAll",
                    message: "This daemon set is selecting all pods. A non-empty selector is required.")
            ])
        }
        guard !set.metadata.isBeingDeleted else { return .settled }
        var sync = DaemonSync(set, snapshot)
        sync.run()
        return sync.plan
    }
}
