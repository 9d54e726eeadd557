package import API

/// What the board hears about the cluster. The first six say what the service proxy has committed to the kernel, where there is one.
package enum DNSEvent: Sendable {
    case servicesListed([ServiceRecord])
    case serviceSeen(ServiceRecord)
    case serviceGone(NamespacedName)
    case slicesListed([SliceRecord])
    case sliceSeen(SliceRecord, EndpointsChange?)
    case sliceGone(NamespacedName)
    case namespacesListed([String])
    case namespaceSeen(String)
    case namespaceGone(String)
    case podsListed([PodRecord])
    case podSeen(PodRecord)
    case podGone(NamespacedName)

    /// What cannot stand in a question counts as not there.
    package static func seen(_ service: Service, ports: PortTable) -> DNSEvent {
        ServiceRecord(service, ports: ports).map { .serviceSeen($0) } ?? .serviceGone(service.key)
    }

    package static func seen(_ slice: EndpointSlice, ports: PortTable) -> DNSEvent {
        SliceRecord(slice, ports: ports).map { .sliceSeen($0, EndpointsChange(slice)) } ?? .sliceGone(slice.key)
    }
}

/// When the endpoints of a slice changed, as their controller says.
///
/// - SeeAlso: CoreDNS `plugin/kubernetes/metrics.go`.
package struct EndpointsChange: Hashable, Sendable {
    var at: Timestamp
    var isHeadless: Bool

    private static let annotation = "endpoints.kubernetes.io/last-change-trigger-time"
    /// What changed longer ago is old news that a listing brought.
    private static let ageMax = 3600.0

    init?(_ slice: EndpointSlice) {
        guard let text = slice.metadata.annotations[Self.annotation], let at = Timestamp(parsing: text) else { return nil }
        self.at = at
        isHeadless = slice.metadata.labels[EndpointSlice.headlessLabel] != nil
    }

    /// As CoreDNS's metrics call it.
    var serviceKind: String { isHeadless ? "headless_with_selector" : "cluster_ip" }

    /// Nil for what is no measure of anything.
    func seconds(until now: Timestamp) -> Double? {
        let seconds = Double(now.seconds - at.seconds) + Double(now.nanoseconds - at.nanoseconds) * 1e-9
        return seconds >= 0 && seconds < Self.ageMax ? seconds : nil
    }
}

extension DNSModel {
    package func apply(_ event: DNSEvent) {
        switch event {
        case .servicesListed(let list): servicesListed(list)
        case .serviceSeen(let service): serviceSeen(service)
        case .serviceGone(let key): serviceGone(key)
        case .slicesListed(let list): slicesListed(list)
        case .sliceSeen(let slice, _): sliceSeen(slice)
        case .sliceGone(let key): sliceGone(key)
        case .namespacesListed(let names): namespacesListed(names)
        case .namespaceSeen(let name): namespaceSeen(name)
        case .namespaceGone(let name): namespaceGone(name)
        case .podsListed(let list): pods.listed(list)
        case .podSeen(let pod): pods.seen(pod)
        case .podGone(let key): pods.gone(key)
        }
    }
}

extension DNSServer {
    /// Takes in what happened, all of it at once: a question before the call meets the old state, one after it the new one.
    package func apply(_ events: [DNSEvent], now: Timestamp) {
        guard !events.isEmpty else { return }
        board.change(serial: UInt32(truncatingIfNeeded: now.seconds)) { model in
            for event in events { model.apply(event) }
        }
        for event in events {
            switch event {
            case .sliceSeen(_, let change?):
                if let seconds = change.seconds(until: now) { programmed(change.serviceKind, seconds: seconds) }
            case .servicesListed, .slicesListed, .podsListed: tookListing()
            default: break
            }
        }
    }
}
