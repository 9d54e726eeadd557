package import API
package import ControlLoop
import JSON

/// Publishes the cluster's CA certificate in every namespace.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/controller/certificates/rootcacertpublisher`.
package struct RootCACertPublisher: Controller {
    package static let name = "root-ca-certificate-publisher"
    package static let configMapName = "kube-root-ca.crt"
    static let member = "ca.crt"

    private let certificate: String

    /// `certificate` is PEM text.
    package init(certificate: String) { self.certificate = certificate }

    package var triggers: [Trigger<NamespacedName>] {
        [
            .itself(Namespace.self),
            .on(ConfigMap.self, scope: ListScope(fieldSelector: "metadata.name=\(Self.configMapName)")) { map in
                map.metadata.name == Self.configMapName ? [NamespacedName(name: map.metadata.namespace)] : []
            },
        ]
    }

    package func plan(for key: NamespacedName, in snapshot: Snapshot) -> Plan {
        guard let namespace = snapshot.get(Namespace.self, key), !namespace.metadata.isBeingDeleted else { return .settled }
        let name = NamespacedName(namespace: key.name, name: Self.configMapName)
        let data: JSONValue = [Self.member: .string(certificate)]
        guard let found = snapshot.get(ConfigMap.self, name) else {
            let map: JSONValue = [
                "apiVersion": "v1", "kind": "ConfigMap",
                "metadata": ["name": .string(Self.configMapName), "namespace": .string(key.name)], "data": data,
            ]
            return Plan([.create(ConfigMap.resource, namespace: key.name, map, tolerates: .alreadyExists)])
        }
        guard found.data != [Self.member: certificate] else { return .settled }
        var members = data
        for other in found.data.keys where other != Self.member { members[other] = .null }
        return Plan([.merge(ConfigMap.resource, name, ["data": members], tolerates: .notFound)])
    }
}
