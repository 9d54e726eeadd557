package import API
package import ControlLoop
import JSON

/// Keeps numbered pods with names and claims of their own.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/controller/statefulset/stateful_set.go`, `stateful_set_control.go`.
package struct StatefulSetController: Controller {
    package static let name = "statefulset-controller"

    package init() {}

    package var triggers: [Trigger<NamespacedName>] {
        [
            .itself(StatefulSet.self, indexes: [.controllerUID]),
            .owner(of: Pod.self, StatefulSet.self, indexes: [.controllerUID]),
            .owner(of: ControllerRevision.self, StatefulSet.self, indexes: [.controllerUID]),
            .onChange(Pod.self) { change, snapshot in
                // A pod without an owner may be adopted.
                guard let pod = change.new, pod.metadata.controller == nil, !pod.metadata.labels.isEmpty else { return [] }
                return snapshot.list(StatefulSet.self, namespace: pod.metadata.namespace)
                    .filter { $0.selector.matches(pod.metadata.labels) }.map(\.key)
            },
            .onChange(PersistentVolumeClaim.self) { change, snapshot in
                // A pod waits for its old claim to be gone.
                guard change.isDeletion else { return [] }
                return snapshot.list(StatefulSet.self, namespace: change.key.namespace).filter { set in
                    set.claimTemplates.contains { template in
                        let name = template["metadata"]?["name"]?.string ?? ""
                        return change.key.name.hasPrefix("\(name)-\(set.metadata.name)-")
                    }
                }.map(\.key)
            },
        ]
    }

    package func plan(for key: NamespacedName, in snapshot: Snapshot) -> Plan {
        guard let set = snapshot.get(StatefulSet.self, key) else { return .settled }
        if set.selector.isEverything || set.selector.matchesNothing { return .settled }
        var sync = StatefulSync(set, snapshot)
        sync.run()
        return sync.plan
    }
}
