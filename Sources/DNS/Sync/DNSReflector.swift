import API
package import ControlLoop
import JSON
package import Logging

/// Watches a cluster and tells what happens as events: for a server that has no proxy beside it, and for what proxies do not watch.
///
/// Of each object only its record is kept, from the moment that it is read: a listing never holds more than one page of objects.
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
    private let ports: PortTable
    private let logger: Logger
    private let sink: @Sendable (DNSEvent) -> Void

    /// - Parameter sink: Called for each event, in order, by one task at a time.
    package init(
        _ subject: Subject, listWatch: any ListWatch, ports: PortTable, logger: Logger,
        sink: @escaping @Sendable (DNSEvent) -> Void
    ) {
        self.subject = subject
        self.listWatch = listWatch
        self.ports = ports
        self.logger = logger
        self.sink = sink
    }

    /// Returns only by cancellation.
    package func run() async throws {
        let ports = ports
        switch subject {
        case .services:
            try await reflect(Service.resource) { json in
                let service = Service(json: json)
                return Seen(ServiceRecord(service, ports: ports), service.key)
            } event: {
                .serviceSeen($0)
            } key: {
                $0.objectKey
            } gone: {
                .serviceGone($0)
            } listed: {
                .servicesListed($0)
            }
        case .endpointSlices:
            try await reflect(EndpointSlice.resource) { json in
                let slice = EndpointSlice(json: json)
                return Seen(SliceRecord(slice, ports: ports).map { SeenSlice($0, EndpointsChange(slice)) }, slice.key)
            } event: {
                .sliceSeen($0.record, $0.change)
            } key: {
                $0.record.objectKey
            } gone: {
                .sliceGone($0)
            } listed: {
                .slicesListed($0.map(\.record))
            }
        case .namespaces:
            try await reflect(Namespace.resource) { json in
                let name = json[path: ["metadata", "name"]]?.string ?? ""
                return Seen(name, NamespacedName(namespace: "", name: name))
            } event: {
                .namespaceSeen($0)
            } key: {
                NamespacedName(namespace: "", name: $0)
            } gone: {
                .namespaceGone($0.name)
            } listed: {
                .namespacesListed($0)
            }
        case .pods(let node):
            let scope = node.map { ListScope(fieldSelector: "spec.nodeName=\($0)") } ?? .everything
            try await reflect(Pod.resource, scope: scope) { json in
                let pod = Pod(json: json)
                return Seen(PodRecord(pod), pod.key)
            } event: {
                .podSeen($0)
            } key: {
                $0.key
            } gone: {
                .podGone($0)
            } listed: {
                .podsListed($0)
            }
        }
    }

    private struct SeenSlice: Sendable {
        var record: SliceRecord
        var change: EndpointsChange?

        init(_ record: SliceRecord, _ change: EndpointsChange?) {
            self.record = record
            self.change = change
        }
    }

    private func reflect<Record: Sendable>(
        _ resource: GroupVersionResource, scope: ListScope = .everything,
        read: @escaping @Sendable (JSONValue) -> Seen<Record>, event: @escaping @Sendable (Record) -> DNSEvent,
        key: @escaping @Sendable (Record) -> NamespacedName, gone: @escaping @Sendable (NamespacedName) -> DNSEvent,
        listed: @escaping @Sendable ([Record]) -> DNSEvent
    ) async throws {
        let sink = EventSink(read: read, event: event, key: key, gone: gone, listed: listed, send: sink)
        try await Reflector(listWatch: listWatch, resource: resource, scope: scope, into: sink, logger: logger).run()
    }
}

/// An object as far as names go; its key alone when it has no part in them.
private enum Seen<Record: Sendable>: Sendable {
    case record(Record)
    case nothing(NamespacedName)

    init(_ record: Record?, _ key: NamespacedName) { self = record.map { .record($0) } ?? .nothing(key) }
}

private struct EventSink<Record: Sendable>: ReflectorSink {
    let read: @Sendable (JSONValue) -> Seen<Record>
    let event: @Sendable (Record) -> DNSEvent
    let key: @Sendable (Record) -> NamespacedName
    let gone: @Sendable (NamespacedName) -> DNSEvent
    let listed: @Sendable ([Record]) -> DNSEvent
    let send: @Sendable (DNSEvent) -> Void

    func read(_ json: JSONValue) -> Seen<Record> { read(json) }

    func replace(with items: [Seen<Record>], resourceVersion: String) {
        send(listed(items.compactMap { if case .record(let record) = $0 { record } else { nil } }))
    }

    func apply(_ kind: WatchEvent.Kind, _ item: Seen<Record>?, resourceVersion: String) {
        switch item {
        case nil: break
        case .nothing(let key): send(gone(key))
        case .record(let record): send(kind == .deleted ? gone(key(record)) : event(record))
        }
    }
}
