package import API
package import ControlLoop
import JSON
import NetworkTypes

/// Puts right what a server that died between two writes left: addresses without their Service, Services without their
/// address objects.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/registry/core/service/ipallocator/controller/repairip.go`.
package struct IPAddressRepairController: Controller {
    package static let name = "ipallocator-repair-controller"
    /// An address may be this old before its Service is seen.
    static let grace: Duration = .seconds(60)

    package enum Key: Hashable, Sendable {
        case service(NamespacedName)
        case address(String)
    }

    package init() {}

    package var triggers: [Trigger<Key>] {
        [
            .onChange(Service.self) { change, _ in
                let addresses = Set((change.old?.spec.clusterIPs ?? []) + (change.new?.spec.clusterIPs ?? []))
                return [.service(change.key)] + addresses.map(Key.address)
            },
            .onChange(ServiceIPAddress.self) { change, _ in
                let parent = change.object.parent
                return [.address(change.key.name), .service(NamespacedName(namespace: parent.namespace, name: parent.name))]
            },
        ]
    }

    package func plan(for key: Key, in snapshot: Snapshot) -> Plan {
        switch key {
        case .service(let name):
            guard let service = snapshot.get(Service.self, name), service.hasClusterIP, !service.metadata.isBeingDeleted else {
                return .settled
            }
            let missing = service.spec.clusterIPs.compactMap(IPAddress.init(parsing:)).filter {
                snapshot.get(ServiceIPAddress.self, NamespacedName(name: $0.description)) == nil
            }
            return Plan(
                missing.map {
                    .create(
                        ServiceIPAddress.resource, namespace: nil, ServiceIPAddress.object($0, for: name),
                        tolerates: .alreadyExists)
                })
        case .address(let name):
            guard let object = snapshot.get(ServiceIPAddress.self, NamespacedName(name: name)), object.isOurs,
                !object.metadata.isBeingDeleted
            else { return .settled }
            return plan(object, snapshot)
        }
    }

    private func plan(_ object: ServiceIPAddress, _ snapshot: Snapshot) -> Plan {
        let owner = NamespacedName(namespace: object.parent.namespace, name: object.parent.name)
        let service = snapshot.get(Service.self, owner)
        if let service, service.spec.clusterIPs.contains(object.metadata.name) { return .settled }
        let age = object.metadata.creationTimestamp.map { snapshot.now.duration(since: $0) } ?? Self.grace
        guard age >= Self.grace else { return Plan(lookAgainAfter: Self.grace - age) }
        var plan = Plan()
        if service == nil { plan.steps.append(.confirmAbsent(Service.resource, owner, uid: nil)) }
        plan.add(.delete(ServiceIPAddress.resource, object.key, DeletionOptions(uid: object.metadata.uid)))
        return plan
    }
}
