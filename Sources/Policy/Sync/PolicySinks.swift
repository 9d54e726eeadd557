import API
import ControlLoop
import JSON

/// Puts one collection into the inbox.
struct PolicySink<Key: Hashable & Sendable, Item: Sendable>: ReflectorSink {
    let inbox: PolicyInbox
    let path: any WritableKeyPath<PolicyInbox.State, PendingObjects<Key, Item>> & Sendable
    let key: @Sendable (Item) -> Key
    let decode: @Sendable (JSONValue) -> Item

    func read(_ json: JSONValue) -> Item { decode(json) }

    func replace(with items: [Item], resourceVersion: String) {
        inbox.update { $0[keyPath: path].listed(items.map { (key($0), $0) }) }
    }

    func apply(_ kind: WatchEvent.Kind, _ item: Item?, resourceVersion: String) {
        guard let item else { return }
        inbox.update { state in
            if kind == .deleted { state[keyPath: path].gone(key(item)) } else { state[keyPath: path].seen(key(item), item) }
        }
    }
}

/// A source in which a kind may not be: its definition has not been installed, or has been removed.
///
/// The list of an absent kind is empty, and its watch ends after a while, which lists again.
struct OptionalKind: ListWatch {
    let source: any ListWatch
    /// How long an absent kind is believed to be absent.
    let patience: Duration

    private static let absent = "absent"
    private static let expired = Status(code: 410, reason: "Expired", message: "the kind may have come or gone")

    func list(_ resource: GroupVersionResource, scope: ListScope) async throws -> ListResult {
        do {
            return try await source.list(resource, scope: scope)
        } catch let status as Status where status.code == 404 {
            return ListResult(items: [], resourceVersion: Self.absent)
        }
    }

    func watch(_ resource: GroupVersionResource, scope: ListScope, from resourceVersion: String) async throws
        -> AsyncThrowingStream<WatchEvent, any Error>
    {
        if resourceVersion != Self.absent {
            do {
                return try await source.watch(resource, scope: scope, from: resourceVersion)
            } catch let status as Status where status.code == 404 {
                throw Self.expired
            }
        }
        try await ContinuousClock().sleep(for: patience)
        throw Self.expired
    }
}
