package import API
package import ControlLoop
import JSON

/// Gives `admin`, `edit`, `view` and others of their kind the rules of the roles that they select.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/controller/clusterroleaggregation`.
package struct ClusterRoleAggregation: Controller {
    package static let name = "clusterrole-aggregation-controller"

    package init() {}

    package var triggers: [Trigger<NamespacedName>] {
        [
            // A role that changes, or only loses a label, may matter to each that collects.
            .onChange(ClusterRole.self) { change, snapshot in
                let collecting = snapshot.list(ClusterRole.self).filter { $0.aggregation != nil }.map(\.key)
                return collecting.contains(change.key) ? collecting : collecting + [change.key]
            }
        ]
    }

    package func plan(for key: NamespacedName, in snapshot: Snapshot) -> Plan {
        guard let role = snapshot.get(ClusterRole.self, key), let selectors = role.aggregation else { return .settled }
        let others = snapshot.list(ClusterRole.self).filter { $0.key != key }
        var rules: [JSONValue] = []
        for selector in selectors {
            for other in others where selector.matches(other.metadata.labels) {
                for rule in other.rules where !rules.contains(rule) { rules.append(rule) }
            }
        }
        guard rules != role.rules else { return .settled }
        return Plan([.merge(ClusterRole.resource, key, ["rules": .array(rules)], tolerates: .notFound)])
    }
}
