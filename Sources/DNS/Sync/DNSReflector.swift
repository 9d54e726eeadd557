import API
package import ControlLoop
import JSON
package import Logging
import Synchronization

/// Watches a cluster and tells what happens as events: for a server that has no proxy beside it, and for what proxies do not watch.
package struct DNSReflector: Sendable {
    package enum Subject: Hashable, Sendable {
        case services
        case endpointSlices
        case namespaces
        /// Of one node; nil: of all nodes.
        case pods(node: String?)
    }

    private let listWatch: any ListWatch
    private let subject: Subject
    private let logger: Logger
    private let sink: @Sendable (DNSEvent) -> Void

    /// - Parameter sink: Called for each event, in order, by one task at a time.
    package init(
        _ subject: Subject, listWatch: any ListWatch, logger: Logger, sink: @escaping @Sendable (DNSEvent) -> Void
    ) {
        self.subject = subject
        self.listWatch = listWatch
        self.logger = logger
        self.sink = sink
    }

    /// Returns only by cancellation.
    package func run() async throws {
        switch subject {
        case .services:
            try await reflect(Service.resource) {
                Service(json: $0)
            } events: { kind, service in
                kind == .deleted ? .serviceGone(service.key) : .serviceSeen(service)
            } listed: {
                .servicesListed($0)
            }
        case .endpointSlices:
            try await reflect(EndpointSlice.resource) {
                EndpointSlice(json: $0)
            } events: { kind, slice in
                kind == .deleted ? .sliceGone(slice.key) : .sliceSeen(slice)
            } listed: {
                .slicesListed($0)
            }
        case .namespaces:
            try await reflect(Namespace.resource) {
                $0[path: ["metadata", "name"]]?.string ?? ""
            } events: { kind, name in
                kind == .deleted ? .namespaceGone(name) : .namespaceSeen(name)
            } listed: {
                .namespacesListed($0)
            }
        case .pods(let node):
            let scope = node.map { ListScope(fieldSelector: "spec.nodeName=\($0)") } ?? .everything
            try await reflect(Pod.resource, scope: scope) {
                SeenPod(json: $0)
            } events: { kind, pod in
                kind == .deleted ? .podGone(pod.key) : pod.record.map { .podSeen($0) } ?? .podGone(pod.key)
            } listed: {
                .podsListed($0.compactMap(\.record))
            }
        }
    }

    private struct SeenPod: Sendable {
        var key: NamespacedName
        var record: PodRecord?

        init(json: JSONValue) {
            let pod = Pod(json: json)
            key = pod.key
            record = PodRecord(pod)
        }
    }

    private func reflect<Item: Sendable>(
        _ resource: GroupVersionResource, scope: ListScope = .everything, read: @escaping @Sendable (JSONValue) -> Item,
        events: @escaping @Sendable (WatchEvent.Kind, Item) -> DNSEvent, listed: @escaping @Sendable ([Item]) -> DNSEvent
    ) async throws {
        let sink = EventSink(read: read, event: events, listed: listed, send: sink)
        try await Reflector(listWatch: listWatch, resource: resource, scope: scope, into: sink, logger: logger).run()
    }
}

private struct EventSink<Item: Sendable>: ReflectorSink {
    let read: @Sendable (JSONValue) -> Item
    let event: @Sendable (WatchEvent.Kind, Item) -> DNSEvent
    let listed: @Sendable ([Item]) -> DNSEvent
    let send: @Sendable (DNSEvent) -> Void

    func read(_ json: JSONValue) -> Item { read(json) }
    func replace(with items: [Item], resourceVersion: String) { send(listed(items)) }

    func apply(_ kind: WatchEvent.Kind, _ item: Item?, resourceVersion: String) {
        if let item { send(event(kind, item)) }
    }
}
