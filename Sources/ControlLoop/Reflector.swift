package import API
package import Logging

/// Keeps a sink equal to a collection of the server: lists, watches from there, and starts over where it must.
package struct Reflector<Sink: ReflectorSink>: Sendable {
    private let listWatch: any ListWatch
    private let resource: GroupVersionResource
    private let scope: ListScope
    private let sink: Sink
    private let logger: Logger
    private let backoff: Backoff

    package init(
        listWatch: any ListWatch, resource: GroupVersionResource, scope: ListScope = .everything, into sink: Sink,
        logger: Logger, backoff: Backoff = .reflector
    ) {
        self.listWatch = listWatch
        self.resource = resource
        self.scope = scope
        self.sink = sink
        self.logger = logger
        self.backoff = backoff
    }

    /// Returns only by cancellation.
    package func run() async throws {
        let clock = ContinuousClock()
        var machine = ReflectorStateMachine(backoff: backoff)
        var action = machine.started()
        while true {
            try Task.checkCancellation()
            switch action {
            case .list:
                do {
                    action = machine.listed(resourceVersion: try await list())
                } catch {
                    try Task.checkCancellation()
                    log("list failed", error)
                    action = machine.listFailed(Self.failure(error), random: .random(in: 0..<1))
                }
            case .watch(let revision):
                let opened = clock.now
                var events = 0
                do {
                    for try await event in try await listWatch.watch(resource, scope: scope, from: revision) {
                        events += 1
                        take(event)
                        machine.eventReceived(resourceVersion: event.resourceVersion)
                    }
                    try Task.checkCancellation()
                    action = machine.watchEnded(after: clock.now - opened, events: events, random: .random(in: 0..<1))
                } catch {
                    try Task.checkCancellation()
                    log("watch failed", error)
                    action = machine.watchFailed(Self.failure(error), random: .random(in: 0..<1))
                }
            case .wait(let duration):
                try await clock.sleep(for: duration)
                action = machine.woke()
            }
        }
    }

    /// Each page becomes items before the next is fetched: the trees of a whole list are never held at once.
    private func list() async throws -> String {
        var items: [Sink.Item] = []
        let revision = try await listWatch.list(resource, scope: scope) { page in
            items.reserveCapacity(items.count + page.count)
            for object in page { items.append(sink.read(object)) }
        }
        sink.replace(with: items, resourceVersion: revision)
        logger.debug(
            "listed",
            metadata: [
                "resource": "\(resource.groupResource)", "count": "\(items.count)", "revision": "\(revision)",
            ])
        return revision
    }

    private func take(_ event: WatchEvent) {
        let item = event.kind == .bookmark ? nil : sink.read(event.object)
        sink.apply(event.kind, item, resourceVersion: event.resourceVersion)
    }

    private func log(_ message: Logger.Message, _ error: any Error) {
        logger.info(message, metadata: ["resource": "\(resource.groupResource)", "error": "\(error)"])
    }

    private static func failure(_ error: any Error) -> ReflectorStateMachine.Failure {
        guard let status = error as? Status else { return .other }
        if status.isExpired { return .expired }
        if status.code == 429, let seconds = status.details?.retryAfterSeconds, seconds > 0 {
            return .retryAfter(.seconds(seconds))
        }
        return .other
    }
}
