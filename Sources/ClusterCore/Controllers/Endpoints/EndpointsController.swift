package import API
package import ControlLoop
import JSON

/// Writes the Endpoints of Services that select pods, for readers that do not know EndpointSlices.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/controller/endpoint/endpoints_controller.go`.
package struct EndpointsController: Controller {
    package static let name = "endpoint-controller"
    /// Addresses beyond this are left out.
    package static let addressesMax = 1000
    static let managedByLabel = "endpoints.kubernetes.io/managed-by"

    package init() {}

    package var triggers: [Trigger<NamespacedName>] {
        ServiceTriggers.all + [.itself(Endpoints.self)]
    }

    package func plan(for key: NamespacedName, in snapshot: Snapshot) -> Plan {
        let existing = snapshot.get(Endpoints.self, key)
        guard let service = snapshot.get(Service.self, key) else {
            guard let existing, existing.metadata.labels[Self.managedByLabel] == Self.name else { return .settled }
            return Plan([.delete(Endpoints.resource, key, DeletionOptions(uid: existing.metadata.uid))])
        }
        guard service.spec.selector != nil, service.spec.type != "ExternalName", !service.metadata.isBeingDeleted else {
            return .settled
        }
        var labels = service.metadata.labels
        labels[EndpointSlice.headlessLabel] = service.isHeadless ? "" : nil
        labels[Self.managedByLabel] = Self.name
        let type = service.spec.ipFamilies.first ?? "IPv4"
        let subsets = Self.subsets(ServiceBackends.find(service, addressType: type, in: snapshot))
        guard let existing else {
            var object: JSONValue = [
                "apiVersion": "v1", "kind": "Endpoints",
                "metadata": [
                    "name": .string(key.name), "namespace": .string(key.namespace), "labels": JSONValue(labels),
                ],
            ]
            if !subsets.isEmpty { object["subsets"] = .array(subsets) }
            return Plan([.create(Endpoints.resource, namespace: key.namespace, object, tolerates: .alreadyExists)])
        }
        guard existing.subsets != subsets || existing.metadata.labels != labels else { return .settled }
        var wanted = JSONValue(labels)
        for label in existing.metadata.labels.keys where labels[label] == nil { wanted[label] = .null }
        let body: JSONValue = [
            "metadata": ["labels": wanted], "subsets": subsets.isEmpty ? .null : .array(subsets),
        ]
        return Plan([.merge(Endpoints.resource, key, body, revision: existing.metadata.resourceVersion, tolerates: .notFound)])
    }

    /// One subset per set of ports; pods that end are in none.
    private static func subsets(_ backends: [ServiceBackends.Backend]) -> [JSONValue] {
        let alive = backends.filter { !$0.endpoint.isTerminating }.prefix(addressesMax)
        let groups = Dictionary(grouping: alive, by: \.ports)
        return groups.sorted { "\($0.key)" < "\($1.key)" }.map { ports, members in
            var subset: JSONValue = [:]
            let sorted = members.sorted { ($0.endpoint.addresses.first ?? "") < ($1.endpoint.addresses.first ?? "") }
            let ready = sorted.filter(\.endpoint.isReady).map { address($0.endpoint) }
            let notReady = sorted.filter { !$0.endpoint.isReady }.map { address($0.endpoint) }
            if !ready.isEmpty { subset["addresses"] = .array(ready) }
            if !notReady.isEmpty { subset["notReadyAddresses"] = .array(notReady) }
            if !ports.isEmpty {
                subset["ports"] = .array(
                    ports.map { port in
                        var result: JSONValue = [:]
                        if !port.name.isEmpty { result["name"] = .string(port.name) }
                        result["port"] = .int(Int64(port.port ?? 0))
                        result["protocol"] = .string(port.transport)
                        if let appProtocol = port.appProtocol { result["appProtocol"] = .string(appProtocol) }
                        return result
                    })
            }
            return subset
        }
    }

    private static func address(_ endpoint: Endpoint) -> JSONValue {
        var result: JSONValue = ["ip": .string(endpoint.addresses.first ?? "")]
        if !endpoint.hostname.isEmpty { result["hostname"] = .string(endpoint.hostname) }
        if let node = endpoint.nodeName { result["nodeName"] = .string(node) }
        if let target = endpoint.targetRef { result["targetRef"] = target.json }
        return result
    }
}
