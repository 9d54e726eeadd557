package import API
import JSON
import Machinery
package import Store

/// One page of a collection.
package struct ListPage: Sendable {
    package var objects: [CachedObject]
    package var revision: Revision
    /// Empty: the last page.
    package var continueToken = ""
    /// Nil when unknown, as with selectors.
    package var remaining: Int?
}

/// A list whose revision was forgotten meanwhile: the status, and a token that goes on at the newest revision.
package struct ListExpired: Error, Sendable {
    package var status: Status
    package var continueToken: String
}

extension ObjectRegistry {
    /// Milliseconds that a read of a future revision waits for it, as upstream's cache does.
    private static let futureWait: Duration = .seconds(3)

    package func list(
        _ kind: KindDefinition, namespace: String, _ options: ListOptions
    ) async throws -> ListPage {
        let selection = options.selection(kind, namespace: namespace)
        if !options.continueToken.isEmpty {
            guard let token = ContinueToken(text: options.continueToken) else {
                throw APIErrors.badRequest("continue key is not valid: \(options.continueToken)")
            }
            return try await past(kind, selection, options, at: token.revision, after: token.after)
        }
        let asked = Revision(Int64(options.resourceVersion) ?? 0)
        try await reach(asked)
        if asked.value > 0, options.match == .exact || (options.limit > 0 && options.match == nil) {
            return try await past(kind, selection, options, at: asked, after: nil)
        }
        let cache = try cache(kind)
        let loose = selection.loose(for: kind)
        var (objects, revision) = cache.list(loose, clock: caches.clock)
        if loose != selection { objects = try await converted(objects, to: kind).filter { $0.matches(selection) } }
        guard options.limit > 0, options.limit < objects.count, options.resourceVersion != "0" else {
            return ListPage(objects: try await converted(objects, to: kind), revision: revision)
        }
        let page = Array(objects.prefix(options.limit))
        let token = ContinueToken(revision: revision, after: StoreKey.path(page[page.count - 1].key))
        return ListPage(
            objects: try await converted(page, to: kind), revision: revision, continueToken: token.text,
            remaining: selection.readsHeader ? nil : objects.count - page.count)
    }

    /// Waits until the caches show a revision; a revision that does not come is refused.
    func reach(_ revision: Revision) async throws {
        let end = environment.monotonic() + Self.futureWait
        while max(caches.clock, sharedClock) < revision {
            guard environment.monotonic() < end else {
                throw APIErrors.tooLargeResourceVersion(
                    requested: UInt64(clamping: revision.value), current: UInt64(clamping: caches.clock.value))
            }
            try await environment.sleep(.milliseconds(20))
        }
    }

    /// Reads a page from the store's history.
    private func past(
        _ kind: KindDefinition, _ selection: Selection, _ options: ListOptions, at revision: Revision?, after: String?
    ) async throws -> ListPage {
        let cache = try cache(kind)
        var prefix = cache.prefix
        if let namespace = selection.namespace { prefix += namespace + "/" }
        var page: [CachedObject] = []
        var start = after.map { cache.prefix + $0 }
        var at = revision
        while true {
            let missing = options.limit > 0 ? options.limit - page.count : Int.max
            let limit = options.limit > 0 ? (selection.readsHeader ? max(missing, 100) : missing) : nil
            let range: RangeResult
            do throws(StoreError) {
                range = try await store.range(KeyRange(prefix: prefix, after: start, limit: limit, revision: at))
            } catch {
                guard case .compacted = error else { throw Self.status(error, kind, "") }
                guard let start else { throw APIErrors.expired("The resourceVersion for the provided list is too old.") }
                let token = ContinueToken(revision: nil, after: String(start.dropFirst(cache.prefix.count)))
                throw ListExpired(status: APIErrors.expiredContinue, continueToken: token.text)
            }
            at = range.revision
            let objects = try await converted(range.values.map(cache.value), to: kind)
            for (index, (value, object)) in zip(range.values, objects).enumerated() {
                if object.matches(selection) { page.append(object) }
                start = value.key
                let left = range.values.count - index - 1 + range.remaining
                if options.limit > 0, page.count == options.limit, left > 0 {
                    let token = ContinueToken(revision: range.revision, after: StoreKey.path(object.key))
                    return ListPage(
                        objects: page, revision: range.revision, continueToken: token.text,
                        remaining: selection.readsHeader ? nil : left)
                }
            }
            if range.remaining == 0 { return ListPage(objects: page, revision: range.revision) }
        }
    }
}
