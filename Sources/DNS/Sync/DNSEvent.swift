package import API

/// What the board hears about the cluster. The first six say what the service proxy has committed to the kernel, where there is one.
package enum DNSEvent: Sendable {
    case servicesListed([Service])
    case serviceSeen(Service)
    case serviceGone(NamespacedName)
    case slicesListed([EndpointSlice])
    case sliceSeen(EndpointSlice)
    case sliceGone(NamespacedName)
    case namespacesListed([String])
    case namespaceSeen(String)
    case namespaceGone(String)
    case podsListed([PodRecord])
    case podSeen(PodRecord)
    case podGone(NamespacedName)
}

extension DNSModel {
    package func apply(_ event: DNSEvent) {
        switch event {
        case .servicesListed(let list): servicesListed(list)
        case .serviceSeen(let service): serviceSeen(service)
        case .serviceGone(let key): serviceGone(key)
        case .slicesListed(let list): slicesListed(list)
        case .sliceSeen(let slice): sliceSeen(slice)
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
        for case .sliceSeen(let slice) in events { measure(slice, now: now) }
    }

    /// - SeeAlso: CoreDNS `plugin/kubernetes/metrics.go`: the trigger time is the endpoints controller's.
    private func measure(_ slice: EndpointSlice, now: Timestamp) {
        guard let text = slice.metadata.annotations[Self.triggerAnnotation], let then = Timestamp(parsing: text) else { return }
        let seconds = Double(now.seconds - then.seconds) + Double(now.nanoseconds - then.nanoseconds) * 1e-9
        guard seconds >= 0, seconds < Self.triggerAgeMax else { return }
        let isHeadless = slice.metadata.labels[EndpointSlice.headlessLabel] != nil
        programmed(isHeadless ? "headless_with_selector" : "cluster_ip", seconds: seconds)
    }

    private static let triggerAnnotation = "endpoints.kubernetes.io/last-change-trigger-time"
    /// What changed longer ago is old news that a listing brought.
    private static let triggerAgeMax = 3600.0
}
