import API
import JSON
import Machinery

// Custom kinds whose versions a webhook converts: their cache holds every object in the version that it was stored in.
extension ObjectRegistry {
    /// Tries at a change of field ownership, each of which may ask for an object in one more version.
    private static let bookRoundsMax = 16

    /// The object in the version of `kind`, converted where need be.
    func read(_ kind: KindDefinition, _ key: NamespacedName) async throws(Status) -> CachedObject {
        let object = try get(kind, key)
        guard kind.converts else { return object }
        return try await converted(object, to: kind)
    }

    func converted(_ object: CachedObject, to kind: KindDefinition) async throws(Status) -> CachedObject {
        guard kind.converts else { return object }
        return try await converted([object], to: kind).first ?? object
    }

    func converted(_ objects: [CachedObject], to kind: KindDefinition) async throws(Status) -> [CachedObject] {
        guard let rules = kind.custom, rules.conversion != nil else { return objects }
        return try await converter.convert(objects, to: kind, rules)
    }

    /// The tree as it is to be stored.
    func inStorageVersion(_ tree: JSONValue, _ kind: KindDefinition) async throws(Status) -> JSONValue {
        guard let rules = kind.custom, rules.conversion != nil, kind.gvr != kind.storage,
            let storage = rules.reading("\(kind.storage.group)/\(kind.storage.version)")
        else { return tree }
        return try await converter.convert([tree], storage).first ?? tree
    }

    /// Does something with field ownership that may need objects in other versions.
    func withVersions(
        _ kind: KindDefinition, _ body: (any MergeVersions) throws(Status) -> JSONValue
    ) async throws(Status) -> JSONValue {
        guard let rules = kind.custom, rules.conversion != nil else { return try body(mergeVersions(of: kind)) }
        let table = ConversionTable(rules)
        for _ in 1...Self.bookRoundsMax {
            let outcome: Result<JSONValue, Status>
            do throws(Status) {
                outcome = .success(try body(table))
            } catch {
                outcome = .failure(error)
            }
            if try await !table.learn(converter) { return try outcome.get() }
        }
        throw APIErrors.internalError("the versions of \(kind.gvr.groupResource) do not settle")
    }

    // MARK: Watches

    /// What a watch shows: selectors look at objects as the watcher sees them.
    func settled(
        _ items: [WatchSession.Item], _ selection: Selection, _ kind: KindDefinition
    ) async throws(Status) -> [WatchSession.Item] {
        var wanted: [CachedObject] = []
        for case .change(_, let object, let event) in items {
            wanted += event.flatMap { Self.states($0, selection) } ?? [object]
        }
        let objects = try await converted(wanted, to: kind)
        var next = objects.makeIterator()
        return items.compactMap { item -> WatchSession.Item? in
            guard case .change(let type, _, let event) = item else { return item }
            guard let event, Self.states(event, selection) != nil else {
                guard let object = next.next(), event != nil || object.matches(selection) else { return nil }
                return .change(type, object, event: event)
            }
            let shown = CacheEvent(
                revision: event.revision, current: event.current == nil ? nil : next.next(),
                previous: event.previous == nil ? nil : next.next(), gone: event.gone == nil ? nil : next.next())
            guard let (type, object) = shown.change(for: selection) else { return nil }
            return .change(type, object, event: event)
        }
    }

    /// Before and after a change, in the order of `settled`; nil where the object alone decides.
    private static func states(_ event: CacheEvent, _ selection: Selection) -> [CachedObject]? {
        selection.readsHeader ? [event.current, event.previous, event.gone].compactMap { $0 } : nil
    }
}

extension KindDefinition {
    /// Whether a webhook converts between the versions of this kind.
    var converts: Bool { custom?.conversion != nil }
}

extension Selection {
    /// Without what only a converted object can answer.
    func loose(for kind: KindDefinition) -> Selection {
        guard kind.converts, readsHeader else { return self }
        return Selection(namespace: namespace, name: name)
    }
}
