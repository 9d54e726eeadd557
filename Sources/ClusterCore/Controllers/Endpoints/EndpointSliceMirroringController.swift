package import API
package import ControlLoop
import JSON
import NetworkTypes

/// Shows Endpoints that people write for Services without a selector as EndpointSlices.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/controller/endpointslicemirroring/reconciler.go`.
package struct EndpointSliceMirroringController: Controller {
    package static let name = "endpointslice-mirroring-controller"
    package static let managedBy = "endpointslicemirroring-controller.k8s.io"
    /// Addresses of one subset beyond this are left out.
    package static let endpointsMax = 1000
    static let skipLabel = "endpointslice.kubernetes.io/skip-mirror"
    static let leaderAnnotation = "control-plane.alpha.kubernetes.io/leader"
    /// Annotations about the Endpoints object itself.
    private static let ownAnnotations = [
        EndpointSliceController.triggerTimeAnnotation, "kubectl.kubernetes.io/last-applied-configuration",
    ]

    package init() {}

    package var triggers: [Trigger<NamespacedName>] {
        [
            .itself(Endpoints.self), .itself(Service.self),
            .on(EndpointSlice.self, indexes: [EndpointSliceController.serviceIndex]) { slice in
                slice.metadata.labels[EndpointSlice.managedByLabel] == Self.managedBy ? slice.service.map { [$0] } ?? [] : []
            },
        ]
    }

    package func plan(for key: NamespacedName, in snapshot: Snapshot) -> Plan {
        let existing = snapshot.list(EndpointSlice.self, by: EndpointSliceController.serviceIndex, key.description).filter {
            $0.metadata.labels[EndpointSlice.managedByLabel] == Self.managedBy && !$0.metadata.isBeingDeleted
        }
        guard let endpoints = snapshot.get(Endpoints.self, key), !endpoints.metadata.isBeingDeleted,
            endpoints.metadata.labels[Self.skipLabel] != "true",
            endpoints.metadata.annotations[Self.leaderAnnotation] == nil,
            let service = snapshot.get(Service.self, key), service.spec.selector == nil
        else { return Plan(existing.map(SliceLayout.delete)) }
        var plan = Plan()
        var rest = existing
        var groups = Self.groups(endpoints)
        if groups.isEmpty { groups = [Group(addressType: "IPv4", ports: [], endpoints: [])] }
        for group in groups {
            let found = rest.firstIndex { $0.addressType == group.addressType && $0.ports == group.ports }
            let slice = found.map { rest.remove(at: $0) }
            if let write = write(group, endpoints, over: slice) { plan.add(write) }
        }
        for slice in rest { plan.add(SliceLayout.delete(slice)) }
        return plan
    }

    // MARK: What the slices should say

    private struct Group {
        var addressType: String
        var ports: [EndpointPort]
        var endpoints: [Endpoint]
    }

    /// One per address family and set of ports, in order of both.
    private static func groups(_ endpoints: Endpoints) -> [Group] {
        var groups: [Group] = []
        for subset in endpoints.subsets {
            let ports = (subset["ports"]?.array ?? []).map(EndpointPort.init(json:))
            let ready = (subset["addresses"]?.array ?? []).map { ($0, true) }
            let notReady = (subset["notReadyAddresses"]?.array ?? []).map { ($0, false) }
            for (address, isReady) in (ready + notReady).prefix(endpointsMax) {
                guard let (endpoint, type) = endpoint(address, isReady) else { continue }
                if let index = groups.firstIndex(where: { $0.addressType == type && $0.ports == ports }) {
                    groups[index].endpoints.append(endpoint)
                } else {
                    groups.append(Group(addressType: type, ports: ports, endpoints: [endpoint]))
                }
            }
        }
        return groups.sorted { ($0.addressType, "\($0.ports)") < ($1.addressType, "\($1.ports)") }
    }

    /// Nil for an address that is none.
    private static func endpoint(_ address: JSONValue, _ isReady: Bool) -> (Endpoint, type: String)? {
        guard let parsed = IPAddress(parsing: address["ip"]?.string ?? "") else { return nil }
        let endpoint = Endpoint(
            addresses: [parsed.description], ready: isReady, hostname: address["hostname"]?.string ?? "",
            nodeName: address["nodeName"]?.string, targetRef: address["targetRef"].map(ObjectReference.init(json:)))
        return (endpoint, parsed.family == .ipv4 ? "IPv4" : "IPv6")
    }

    private static func labels(_ endpoints: Endpoints) -> [String: String] {
        var labels = endpoints.metadata.labels
        labels[EndpointSlice.serviceNameLabel] = endpoints.metadata.name
        labels[EndpointSlice.managedByLabel] = managedBy
        return labels
    }

    private static func annotations(_ endpoints: Endpoints) -> [String: String] {
        endpoints.metadata.annotations.filter { !ownAnnotations.contains($0.key) }
    }

    // MARK: Writes

    private func write(_ group: Group, _ endpoints: Endpoints, over slice: EndpointSlice?) -> Write? {
        let labels = Self.labels(endpoints)
        let annotations = Self.annotations(endpoints)
        let content: [(String, JSONValue)] = [
            ("endpoints", .array(group.endpoints.map(SliceLayout.json))), ("ports", .array(group.ports.map(SliceLayout.json))),
        ]
        guard let slice else {
            var object: JSONValue = [
                "apiVersion": .string(EndpointSlice.apiVersion), "kind": .string(EndpointSlice.kind),
                "metadata": [
                    "generateName": .string(endpoints.metadata.name + "-"), "namespace": .string(endpoints.metadata.namespace),
                    "labels": JSONValue(labels), "annotations": JSONValue(annotations),
                    "ownerReferences": [OwnerReferences.controller(endpoints).json],
                ], "addressType": .string(group.addressType),
            ]
            for (name, value) in content { object[name] = value }
            return .create(EndpointSlice.resource, namespace: endpoints.metadata.namespace, object)
        }
        let isSame =
            slice.endpoints == group.endpoints && slice.metadata.labels == labels
            && slice.metadata.annotations.filter { !Self.ownAnnotations.contains($0.key) } == annotations
        if isSame { return nil }
        var body: JSONValue = [
            "metadata": [
                "labels": Self.replacing(slice.metadata.labels, by: labels),
                "annotations": Self.replacing(slice.metadata.annotations, by: annotations),
            ]
        ]
        for (name, value) in content { body[name] = value }
        return .merge(EndpointSlice.resource, slice.key, body, revision: slice.metadata.resourceVersion, tolerates: .notFound)
    }

    /// For a merge patch: what is no longer there is taken away.
    private static func replacing(_ old: [String: String], by new: [String: String]) -> JSONValue {
        var result = JSONValue(new)
        for name in old.keys where new[name] == nil { result[name] = .null }
        return result
    }
}
