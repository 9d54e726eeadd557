package import API
package import ControlLoop
import JSON
import Machinery
import Store
import Synchronization

/// Lists and watches for the controllers beside the server: the same code as over HTTP, without sockets.
package struct LocalListWatch: ListWatch {
    private let registry: ObjectRegistry

    package init(registry: ObjectRegistry) { self.registry = registry }

    package func list(_ resource: GroupVersionResource, scope: ListScope) async throws -> ListResult {
        let kind = try registry.served(resource)
        let page = try await registry.list(kind, namespace: scope.namespace ?? "", try Self.options(scope))
        return ListResult(
            items: page.objects.map { LeanObject.lean(registry.tree($0, as: kind), of: kind.gvr) },
            resourceVersion: String(page.revision.value))
    }

    package func watch(
        _ resource: GroupVersionResource, scope: ListScope, from resourceVersion: String
    ) async throws -> AsyncThrowingStream<WatchEvent, any Error> {
        let kind = try registry.served(resource)
        var options = try Self.options(scope)
        options.isWatch = true
        options.allowsBookmarks = true
        options.resourceVersion = resourceVersion
        let session = try await registry.watch(kind, namespace: scope.namespace ?? "", options)
        let reader = LocalWatchReader(session: session, registry: registry, kind: kind)
        return AsyncThrowingStream { await reader.next() }
    }

    private static func options(_ scope: ListScope) throws(Status) -> ListOptions {
        var options = ListOptions()
        do throws(SelectorError) {
            options.labels = try LabelSelector(parsing: scope.labelSelector)
            options.fields = try FieldSelector(parsing: scope.fieldSelector)
        } catch {
            throw APIErrors.badRequest(error.description)
        }
        return options
    }
}

/// Gives a session's items one by one. One reader.
private final class LocalWatchReader: Sendable {
    private let session: WatchSession
    private let registry: ObjectRegistry
    private let kind: KindDefinition
    /// In reverse order, so that the next one is at the end.
    private let pending = Mutex<[WatchSession.Item]>([])

    init(session: WatchSession, registry: ObjectRegistry, kind: KindDefinition) {
        self.session = session
        self.registry = registry
        self.kind = kind
    }

    func next() async -> WatchEvent? {
        while true {
            if let item = pending.withLock({ $0.popLast() }) {
                if case .failed = item { return nil }
                return event(item)
            }
            guard let items = await session.next() else { return nil }
            pending.withLock { $0 = items.reversed() }
        }
    }

    private func event(_ item: WatchSession.Item) -> WatchEvent {
        switch item {
        case .failed(let status): WatchEvent(kind: .error, object: status.json)
        case .change(let type, let object, _):
            WatchEvent(kind: type, object: LeanObject.lean(registry.tree(object, as: kind), of: kind.gvr))
        case .bookmark(let revision, let initialEnd):
            WatchEvent(kind: .bookmark, object: Bookmark.object(kind, revision, initialEnd: initialEnd))
        }
    }
}
