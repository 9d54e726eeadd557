import API
import Machinery
import Store

extension ObjectRegistry {
    /// Log entries read at most for a watch that begins in the past.
    private static let replayEventsMax = 100_000
    /// A watch without a time of its own ends after this, as upstream's `min-request-timeout` has it.
    private static let timeoutMinimum: Int64 = 1800

    /// Begins a watch: what was asked of the past comes first, nothing falls between, nothing comes twice.
    func watch(_ kind: KindDefinition, namespace: String, _ options: ListOptions) async throws -> WatchSession {
        let cache = try cache(kind)
        let selection = options.selection(kind, namespace: namespace)
        let asked = Revision(Int64(options.resourceVersion) ?? 0)
        let wantsInitial = options.sendsInitialEvents ?? (asked.value == 0)
        if options.sendsInitialEvents == true { try await reach(asked) }
        let start: ResourceCache.WatchStart = wantsInitial ? .present : .after(asked)
        let loose = selection.loose(for: kind)
        let registration = cache.watch(loose, watchOptions(options), start: start, clock: caches.clock)
        var initial: [WatchSession.Item] = registration.initial.filter { $0.matches(loose) }
            .map { .change(.added, $0, event: nil) }
        var changes = registration.replay
        // Made now, so that every early exit unregisters the watcher.
        let position = max(registration.position, asked)
        var settle: WatchSession.Settle?
        if kind.converts {
            settle = { items async throws(Status) in try await self.settled(items, selection, kind) }
        }
        let holder = WatchSession(
            cache: cache, watcher: registration.watcher, position: position, initial: [], settle: settle)
        if let after = registration.readLogAfter, after < registration.position {
            do throws(StoreError) {
                changes = try await store.events(
                    prefix: cache.prefix, after: after, through: registration.position, limit: Self.replayEventsMax
                ).map(cache.change(from:))
            } catch {
                guard case .compacted(let oldest) = error else { throw Self.status(error, kind, "") }
                throw APIErrors.expired("too old resource version: \(after) (\(oldest))")
            }
            if changes.count == Self.replayEventsMax { throw APIErrors.expiredWatch }
        }
        for change in changes {
            if let (type, object) = change.change(for: loose) { initial.append(.change(type, object, event: change)) }
        }
        if options.sendsInitialEvents == true { initial.append(.bookmark(registration.position, initialEnd: true)) }
        return holder.beginning(with: initial)
    }

    private func watchOptions(_ options: ListOptions) -> WatchOptions {
        let now = environment.monotonic()
        let seconds =
            options.timeoutSeconds.map(Int64.init)
            ?? Self.timeoutMinimum + Int64(environment.random() % UInt64(Self.timeoutMinimum))
        return WatchOptions(
            sendsBookmarks: options.allowsBookmarks, endsAt: now + .seconds(max(1, seconds)),
            firstBookmarkAt: now + WatchOptions.bookmarkInterval)
    }
}
