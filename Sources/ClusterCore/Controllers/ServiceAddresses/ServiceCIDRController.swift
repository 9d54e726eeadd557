package import API
package import ControlLoop
import JSON
import NetworkTypes

/// Declares ranges of Services ready, and keeps one that is being deleted until no address needs it.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/controller/servicecidrs/servicecidrs_controller.go`.
package struct ServiceCIDRController: Controller {
    package static let name = "service-cidr-controller"
    /// A range without addresses is kept this long: one may have been handed out just now.
    static let deletionGrace: Duration = .seconds(10)

    package init() {}

    package var triggers: [Trigger<NamespacedName>] {
        [
            // A range may take over the addresses of another one.
            .onChange(ServiceCIDR.self) { _, snapshot in snapshot.list(ServiceCIDR.self).map(\.key) },
            .onChange(ServiceIPAddress.self) { change, snapshot in
                guard let address = change.object.address else { return [] }
                return snapshot.list(ServiceCIDR.self).filter { $0.ranges.contains { $0.contains(address) } }.map(\.key)
            },
        ]
    }

    package func plan(for key: NamespacedName, in snapshot: Snapshot) -> Plan {
        guard let range = snapshot.get(ServiceCIDR.self, key) else { return .settled }
        let isHeld = range.metadata.finalizers.contains(ServiceCIDR.protectionFinalizer)
        guard let deletion = range.metadata.deletionTimestamp else {
            var plan = Plan()
            if !isHeld { plan.add(FinalizerWrites.add(ServiceCIDR.protectionFinalizer, to: range)) }
            if !range.isReady {
                plan.add(condition(range, "True", reason: "", "Kubernetes Service CIDR is ready", snapshot.now))
            }
            return plan
        }
        guard isHeld else { return .settled }
        if isNeeded(range, snapshot) {
            let message =
                "There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR"
            if range.conditions["Ready"]?.reason == "Terminating" { return .settled }
            return Plan([condition(range, "False", reason: "Terminating", message, snapshot.now)])
        }
        let left = deletion.adding(Self.deletionGrace).duration(since: snapshot.now)
        if left > .zero { return Plan(lookAgainAfter: left) }
        return Plan([FinalizerWrites.drop(ServiceCIDR.protectionFinalizer, from: range)])
    }

    /// Whether an address would be in no range without this one.
    private func isNeeded(_ range: ServiceCIDR, _ snapshot: Snapshot) -> Bool {
        let others = snapshot.list(ServiceCIDR.self).filter { $0.key != range.key && !$0.metadata.isBeingDeleted }
            .flatMap(\.ranges)
        return snapshot.list(ServiceIPAddress.self).contains { object in
            guard object.isOurs, let address = object.address else { return false }
            return range.ranges.contains { $0.contains(address) } && !others.contains { $0.contains(address) }
        }
    }

    private func condition(
        _ range: ServiceCIDR, _ status: String, reason: String, _ message: String, _ now: Timestamp
    ) -> Write {
        let condition: JSONValue = [
            "type": "Ready", "status": .string(status), "reason": .string(reason), "message": .string(message),
            "lastTransitionTime": .string(now.description),
        ]
        let others = range.conditions.filter { $0.type != "Ready" }.map(\.json)
        return .merge(
            ServiceCIDR.resource, range.key, ["status": ["conditions": .array(others + [condition])]], subresource: "status",
            tolerates: .notFound)
    }
}
