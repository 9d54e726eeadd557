package import API
package import ControlLoop
import JSON

/// Writes the EndpointSlices of Services that select pods.
///
/// - SeeAlso: Kubernetes 1.36 `endpointslice/reconciler.go`.
package struct EndpointSliceController: Controller {
    package static let name = "endpointslice-controller"
    package static let managedBy = "endpointslice-controller.k8s.io"
    package static let endpointsMax = 100
    static let triggerTimeAnnotation = "endpoints.kubernetes.io/last-change-trigger-time"

    static let serviceIndex = CacheIndex<EndpointSlice>("service") { $0.service.map { [$0.description] } ?? [] }

    package init() {}

    package var triggers: [Trigger<NamespacedName>] {
        ServiceTriggers.all + [
            .on(EndpointSlice.self, indexes: [Self.serviceIndex]) { slice in
                slice.metadata.labels[EndpointSlice.managedByLabel] == Self.managedBy ? slice.service.map { [$0] } ?? [] : []
            }
        ]
    }

    package func plan(for key: NamespacedName, in snapshot: Snapshot) -> Plan {
        // Slices of a Service that is gone are collected by owner.
        guard let service = snapshot.get(Service.self, key), !service.metadata.isBeingDeleted,
            service.spec.type != "ExternalName", service.spec.selector != nil
        else { return .settled }
        let existing = snapshot.list(EndpointSlice.self, by: Self.serviceIndex, key.description).filter {
            $0.metadata.labels[EndpointSlice.managedByLabel] == Self.managedBy && !$0.metadata.isBeingDeleted
        }
        var plan = Plan()
        let types = service.spec.ipFamilies.isEmpty ? ["IPv4"] : service.spec.ipFamilies
        for type in types {
            let backends = TrafficDistribution.hint(
                ServiceBackends.find(service, addressType: type, in: snapshot), service.spec.trafficDistribution)
            var layout = SliceLayout(service: service, addressType: type, backends: backends)
            layout.place(existing.filter { $0.addressType == type })
            for write in layout.writes { plan.add(write) }
        }
        for slice in existing where !types.contains(slice.addressType) { plan.add(SliceLayout.delete(slice)) }
        return plan
    }
}
