package import API
package import ControlLoop
import JSON

/// Gives every namespace its `default` ServiceAccount.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/controller/serviceaccount/serviceaccounts_controller.go`.
package struct ServiceAccountController: Controller {
    package static let name = "serviceaccount-controller"
    static let accountName = "default"

    package init() {}

    package var triggers: [Trigger<NamespacedName>] {
        [
            .itself(Namespace.self),
            .on(ServiceAccount.self) { account in
                account.metadata.name == Self.accountName ? [NamespacedName(name: account.metadata.namespace)] : []
            },
        ]
    }

    package func plan(for key: NamespacedName, in snapshot: Snapshot) -> Plan {
        guard let namespace = snapshot.get(Namespace.self, key), !namespace.metadata.isBeingDeleted,
            snapshot.get(ServiceAccount.self, NamespacedName(namespace: key.name, name: Self.accountName)) == nil
        else { return .settled }
        let account: JSONValue = [
            "apiVersion": "v1", "kind": "ServiceAccount",
            "metadata": ["name": .string(Self.accountName), "namespace": .string(key.name)],
        ]
        return Plan([.create(ServiceAccount.resource, namespace: key.name, account, tolerates: .alreadyExists)])
    }
}
