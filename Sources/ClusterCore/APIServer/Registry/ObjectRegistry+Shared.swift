import API
import HTTP
import Store

/// What a store that others write to as well asks of its readers.
extension ObjectRegistry {
    /// Brings the caches up to every write that any server has acknowledged, so that a client may speak to one server after another
    /// and never sees the past again. A read of `resourceVersion=0` asks for no such thing.
    func catchUp(before request: HTTPRequest) async throws(Status) {
        guard store.isShared, request.query("resourceVersion") != "0" else { return }
        do throws(StoreError) {
            try await store.synchronize()
        } catch {
            throw Self.status(error, Self.anyKind, "")
        }
    }

    /// Errors of the store as a whole name no kind.
    private static let anyKind = Catalog.kinds[0]

    /// How far the store's watch has come: revisions that no cache holds count too.
    var sharedClock: Revision { store.isShared ? store.currentRevision : Revision(0) }

    /// Events go by themselves after an hour, counted from their last write.
    ///
    /// - SeeAlso: Kubernetes 1.36 `pkg/registry/core/event/storage/storage.go`, `--event-ttl`.
    static func timeToLive(_ kind: KindDefinition) -> Duration? {
        kind.storage.resource == "events" && kind.storage.group.isEmpty ? .seconds(3600) : nil
    }
}
