package import API
import JSON
package import Logging

/// Writes Events in the background: recording never waits, and events are lost rather than holding up work.
package final class EventRecorder: Sendable {
    private struct Record: Sendable {
        var object: ObjectReference
        var type: String
        var reason: String
        var message: String
        var at: Timestamp
    }

    /// More than this waiting to be written: new ones are dropped.
    package static let pendingMax = 1000

    private let writer: any ObjectWriter
    private let component: String
    private let host: String
    private let logger: Logger
    private let now: @Sendable () -> Timestamp
    private let records: AsyncStream<Record>
    private let pending: AsyncStream<Record>.Continuation

    /// - Parameters:
    ///   - component: `kubelet`, `default-scheduler`, ...
    ///   - host: The node that the component runs on; empty for the control plane.
    package init(
        writer: any ObjectWriter, component: String, host: String = "", logger: Logger,
        now: @escaping @Sendable () -> Timestamp = WallClock.now
    ) {
        self.writer = writer
        self.component = component
        self.host = host
        self.logger = logger
        self.now = now
        (records, pending) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(Self.pendingMax))
    }

    /// `type` is `Normal` or `Warning`.
    package func record(_ object: ObjectReference, type: String, reason: String, message: String) {
        pending.yield(Record(object: object, type: type, reason: reason, message: message, at: now()))
    }

    /// Writes until cancelled. Call once.
    package func run() async {
        var correlator = EventCorrelator()
        for await record in records {
            let action = correlator.recorded(
                record.object, type: record.type, reason: record.reason, message: record.message, at: record.at)
            do {
                try await perform(action, record)
            } catch {
                logger.debug("event lost", metadata: ["reason": "\(record.reason)", "error": "\(error)"])
            }
        }
    }

    private func perform(_ action: EventCorrelator.Action, _ record: Record) async throws {
        let namespace = record.object.namespace.isEmpty ? "default" : record.object.namespace
        switch action {
        case .drop: return
        case .create(let name, let message):
            let event = event(record, named: name, in: namespace, message: message, count: 1)
            try await writer.create(Event.resource, namespace: namespace, event)
        case .repeated(let name, let message, let count):
            let patch: JSONValue = [
                "count": .int(Int64(count)), "lastTimestamp": .string(record.at.description), "message": .string(message),
            ]
            do {
                try await writer.patch(
                    Event.resource, NamespacedName(namespace: namespace, name: name), .merge, patch, subresource: nil)
            } catch let status as Status where status.isNotFound {
                let event = event(record, named: name, in: namespace, message: message, count: count)
                try await writer.create(Event.resource, namespace: namespace, event)
            }
        }
    }

    private func event(
        _ record: Record, named name: String, in namespace: String, message: String, count: Int
    ) -> JSONValue {
        var source: JSONValue = ["component": .string(component)]
        if !host.isEmpty { source["host"] = .string(host) }
        return [
            "apiVersion": "v1", "kind": "Event",
            "metadata": ["name": .string(name), "namespace": .string(namespace)],
            "involvedObject": record.object.json,
            "reason": .string(record.reason), "message": .string(message), "source": source,
            "firstTimestamp": .string(record.at.description), "lastTimestamp": .string(record.at.description),
            "count": .int(Int64(count)), "type": .string(record.type),
            "reportingComponent": .string(component), "reportingInstance": .string(host),
        ]
    }
}
