import API
import JSON
import Machinery
import Store
import Synchronization

/// A running watch as its reader sees it: what was before the registration, then what the cache reports.
final class WatchSession: Sendable {
    enum Item: Sendable {
        /// `event` is nil for an object of the initial list.
        case change(WatchEvent.Kind, CachedObject, event: CacheEvent?)
        /// - Parameter initialEnd: Every initial object has been sent.
        case bookmark(Revision, initialEnd: Bool)
        /// The last item: objects cannot be shown.
        case failed(Status)
    }

    /// Makes items what the reader is to see.
    typealias Settle = @Sendable (_ items: [Item]) async throws(Status) -> [Item]

    private let cache: ResourceCache
    private let watcher: Watcher
    private let position: Revision
    private let settle: Settle?
    private let pending: Mutex<[Item]>

    /// - Parameters:
    ///   - position: Changes up to here are in `initial` or older; the buffer's are left out.
    ///   - initial: What the reader is told first.
    init(cache: ResourceCache, watcher: Watcher, position: Revision, initial: [Item], settle: Settle? = nil) {
        self.settle = settle
        self.cache = cache
        self.watcher = watcher
        self.position = position
        pending = Mutex(initial)
    }

    deinit { cache.unwatch(watcher) }

    /// The same session with what its reader is told first.
    func beginning(with items: [Item]) -> WatchSession {
        pending.withLock { $0 = items }
        return self
    }

    /// What happened since; nil at the end of the watch, and when the reader was too slow.
    func next() async -> [Item]? {
        guard let settle else { return await nextSeen() }
        while let items = await nextSeen() {
            do throws(Status) {
                let shown = try await settle(items)
                if !shown.isEmpty { return shown }
            } catch {
                cancel()
                return [.failed(error)]
            }
        }
        return nil
    }

    private func nextSeen() async -> [Item]? {
        let first = pending.withLock { pending in
            let items = pending
            pending = []
            return items
        }
        if !first.isEmpty { return first }
        while true {
            switch await watcher.buffer.next() {
            // A reader that was too slow goes on from the last revision that it saw, as upstream's watch cache has it.
            case .closed, .overflowed: return nil
            case .elements(let elements):
                let items = elements.compactMap { element -> Item? in
                    switch element {
                    case .bookmark(let revision): return .bookmark(revision, initialEnd: false)
                    case .change(let event):
                        guard event.revision > position, let (kind, object) = event.change(for: watcher.selection) else {
                            return nil
                        }
                        return .change(kind, object, event: event)
                    }
                }
                if !items.isEmpty { return items }
            }
        }
    }

    func cancel() { cache.unwatch(watcher) }
}
