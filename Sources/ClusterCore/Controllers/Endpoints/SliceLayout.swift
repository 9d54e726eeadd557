import API
import ControlLoop
import JSON

/// Spreads the endpoints of one Service and address family over slices, changing as few existing slices as possible.
struct SliceLayout {
    private let service: Service
    private let addressType: String
    private let groups: [[EndpointPort]: [ServiceBackends.Backend]]
    private(set) var writes: [Write] = []

    init(service: Service, addressType: String, backends: [ServiceBackends.Backend]) {
        self.service = service
        self.addressType = addressType
        groups = Dictionary(grouping: backends, by: \.ports)
    }

    /// Decides what becomes of the slices that are there. Call once.
    mutating func place(_ existing: [EndpointSlice]) {
        guard !groups.isEmpty else { return keepPlaceholder(existing) }
        var rest = existing
        for (ports, backends) in groups.sorted(by: { Self.order($0.key, $1.key) }) {
            let matching = rest.filter { $0.ports == ports }
            rest.removeAll { $0.ports == ports }
            place(backends, on: ports, matching)
        }
        for slice in rest { writes.append(Self.delete(slice)) }
    }

    /// A Service without endpoints keeps one empty slice, so that readers see that there are none.
    private mutating func keepPlaceholder(_ existing: [EndpointSlice]) {
        guard let first = existing.first else {
            writes.append(create([], []))
            return
        }
        if !first.endpoints.isEmpty || !first.ports.isEmpty || !hasRightLabels(first) {
            writes.append(update(first, [], [], nil))
        }
        for slice in existing.dropFirst() { writes.append(Self.delete(slice)) }
    }

    private mutating func place(_ backends: [ServiceBackends.Backend], on ports: [EndpointPort], _ slices: [EndpointSlice]) {
        var wanted = Dictionary(backends.map { (Self.identity($0.endpoint), $0) }) { first, _ in first }
        // First every endpoint that has a place keeps it.
        var contents: [(slice: EndpointSlice, endpoints: [Endpoint], changedAt: Timestamp?)] = slices.map { slice in
            var changedAt: Timestamp?
            let kept = slice.endpoints.compactMap { endpoint -> Endpoint? in
                guard let backend = wanted.removeValue(forKey: Self.identity(endpoint)) else { return nil }
                if backend.endpoint != endpoint { changedAt = [changedAt, backend.changedAt].compactMap { $0 }.max() }
                return backend.endpoint
            }
            return (slice, kept, changedAt)
        }
        // Then new ones fill slices that change anyway, then the fullest with room, then new slices.
        var new = backends.filter { wanted[Self.identity($0.endpoint)] != nil }[...]
        let order = contents.indices.sorted { left, right in
            let changed = (
                contents[left].endpoints != contents[left].slice.endpoints,
                contents[right].endpoints != contents[right].slice.endpoints
            )
            if changed.0 != changed.1 { return changed.0 }
            return contents[left].endpoints.count > contents[right].endpoints.count
        }
        for index in order where !new.isEmpty {
            let added = new.prefix(EndpointSliceController.endpointsMax - contents[index].endpoints.count)
            guard !added.isEmpty else { continue }
            contents[index].endpoints += added.map(\.endpoint)
            contents[index].changedAt = ([contents[index].changedAt] + added.map(\.changedAt)).compactMap { $0 }.max()
            new = new.dropFirst(added.count)
        }
        for (slice, endpoints, changedAt) in contents {
            if endpoints.isEmpty {
                writes.append(Self.delete(slice))
            } else if endpoints != slice.endpoints || !hasRightLabels(slice) {
                writes.append(update(slice, endpoints, ports, changedAt))
            }
        }
        while !new.isEmpty {
            writes.append(create(Array(new.prefix(EndpointSliceController.endpointsMax)), ports))
            new = new.dropFirst(EndpointSliceController.endpointsMax)
        }
    }

    private static func identity(_ endpoint: Endpoint) -> String {
        "\(endpoint.addresses.first ?? "") \(endpoint.targetRef?.uid ?? "")"
    }

    private static func order(_ left: [EndpointPort], _ right: [EndpointPort]) -> Bool {
        left.map { "\($0)" }.joined() < right.map { "\($0)" }.joined()
    }

    // MARK: Writes

    private var labels: [String: String] {
        var labels = service.metadata.labels
        labels[EndpointSlice.headlessLabel] = service.isHeadless ? "" : nil
        labels[EndpointSlice.serviceNameLabel] = service.metadata.name
        labels[EndpointSlice.managedByLabel] = EndpointSliceController.managedBy
        return labels
    }

    private func hasRightLabels(_ slice: EndpointSlice) -> Bool { slice.metadata.labels == labels }

    private func annotations(_ changedAt: Timestamp?) -> JSONValue {
        guard let changedAt else { return [:] }
        return [EndpointSliceController.triggerTimeAnnotation: .string(changedAt.description)]
    }

    private func create(_ backends: [ServiceBackends.Backend], _ ports: [EndpointPort]) -> Write {
        let changedAt = (backends.map(\.changedAt) + [service.metadata.creationTimestamp]).compactMap { $0 }.max()
        let slice: JSONValue = [
            "apiVersion": .string(EndpointSlice.apiVersion), "kind": .string(EndpointSlice.kind),
            "metadata": [
                "generateName": .string(service.metadata.name + "-"), "namespace": .string(service.metadata.namespace),
                "labels": JSONValue(labels), "annotations": annotations(changedAt),
                "ownerReferences": [OwnerReferences.controller(service).json],
            ],
            "addressType": .string(addressType), "endpoints": .array(backends.map { Self.json($0.endpoint) }),
            "ports": .array(ports.map(Self.json)),
        ]
        return .create(EndpointSlice.resource, namespace: service.metadata.namespace, slice)
    }

    private func update(
        _ slice: EndpointSlice, _ endpoints: [Endpoint], _ ports: [EndpointPort], _ changedAt: Timestamp?
    ) -> Write {
        var wantedLabels = JSONValue(labels)
        for label in slice.metadata.labels.keys where labels[label] == nil { wantedLabels[label] = .null }
        let body: JSONValue = [
            "metadata": ["labels": wantedLabels, "annotations": annotations(changedAt)],
            "endpoints": .array(endpoints.map(Self.json)), "ports": .array(ports.map(Self.json)),
        ]
        return .merge(EndpointSlice.resource, slice.key, body, revision: slice.metadata.resourceVersion)
    }

    static func delete(_ slice: EndpointSlice) -> Write {
        .delete(EndpointSlice.resource, slice.key, DeletionOptions(uid: slice.metadata.uid))
    }

    static func json(_ port: EndpointPort) -> JSONValue {
        var result: JSONValue = ["name": .string(port.name), "protocol": .string(port.transport)]
        if let number = port.port { result["port"] = .int(Int64(number)) }
        if let appProtocol = port.appProtocol { result["appProtocol"] = .string(appProtocol) }
        return result
    }

    static func json(_ endpoint: Endpoint) -> JSONValue {
        var conditions: JSONValue = [:]
        if let ready = endpoint.ready { conditions["ready"] = .bool(ready) }
        if let serving = endpoint.serving { conditions["serving"] = .bool(serving) }
        if let terminating = endpoint.terminating { conditions["terminating"] = .bool(terminating) }
        var result: JSONValue = ["addresses": JSONValue(endpoint.addresses), "conditions": conditions]
        if !endpoint.hostname.isEmpty { result["hostname"] = .string(endpoint.hostname) }
        if let node = endpoint.nodeName { result["nodeName"] = .string(node) }
        if let zone = endpoint.zone { result["zone"] = .string(zone) }
        if let target = endpoint.targetRef { result["targetRef"] = target.json }
        func names(_ list: [String]) -> JSONValue { .array(list.map { ["name": .string($0)] }) }
        if !endpoint.zoneHints.isEmpty { result[path: ["hints", "forZones"]] = names(endpoint.zoneHints) }
        if !endpoint.nodeHints.isEmpty { result[path: ["hints", "forNodes"]] = names(endpoint.nodeHints) }
        return result
    }
}
