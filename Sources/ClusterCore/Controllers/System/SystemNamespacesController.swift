package import API
package import ControlLoop
import JSON

/// Makes the namespaces of the system again when someone deletes one.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/controlplane/controller/systemnamespaces`.
package struct SystemNamespacesController: Controller {
    package static let name = "system-namespaces-controller"
    package static let namespaces = ["default", "kube-node-lease", "kube-public", "kube-system"]

    package init() {}

    package var triggers: [Trigger<NamespacedName>] {
        [.on(Namespace.self) { Self.namespaces.contains($0.metadata.name) ? [$0.key] : [] }]
    }

    package func plan(for key: NamespacedName, in snapshot: Snapshot) -> Plan {
        guard Self.namespaces.contains(key.name), snapshot.get(Namespace.self, key) == nil else { return .settled }
        let object: JSONValue = ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": .string(key.name)]]
        return Plan([.create(Namespace.resource, namespace: nil, object, tolerates: .alreadyExists)])
    }
}
