package import API
import JSON
import Machinery
import Synchronization

/// Every kind that the server offers at the moment: Kubernetes' own and those of CustomResourceDefinitions.
///
/// Follows the definitions as their cache applies them, so a kind is found before a client can learn that it is established.
package final class KindRegistry: Sendable {
    /// A definition as far as it decides what is served.
    struct Definition: Sendable {
        /// All versions, the storage version first.
        var kinds: [KindDefinition]
        var served: [KindDefinition]
        var specification: JSONValue
        var acceptedNames: JSONValue
        /// Neither established nor refused for good, or on its way out.
        var isUnsettled: Bool
    }

    private struct State: Sendable {
        var definitions: [String: Definition] = [:]
        var customByResource: [GroupVersionResource: KindDefinition] = [:]
        var custom: [KindDefinition] = []
        /// What other servers serve, by the name of its APIService; only discovery shows it.
        var remote: [String: [KindDefinition]] = [:]
        /// What they publish of it, by the same name.
        var documents: [String: RemoteDocuments] = [:]
        var generation = 0
        /// The generation in which a group and version, `example.com/v1`, last changed.
        var changes: [String: Int] = [:]
    }

    private let builtIn: [KindDefinition]
    private let builtInByResource: [GroupVersionResource: KindDefinition]
    private let state = Mutex(State())
    /// Yields when a definition changed, or an instance of one that is being deleted went away.
    let wakes: AsyncStream<Void>
    private let wakeUp: AsyncStream<Void>.Continuation

    package init(builtIn: [KindDefinition] = Catalog.kinds) {
        self.builtIn = builtIn.map { kind in
            guard kind.gvr == CustomKinds.resource else { return kind }
            var kind = kind
            kind.rules = DefinitionRules()
            return kind
        }
        builtInByResource = Dictionary(self.builtIn.map { ($0.gvr, $0) }) { first, _ in first }
        (wakes, wakeUp) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// `apps/v1, deployments`; nil for what is not served.
    package func kind(_ resource: GroupVersionResource) -> KindDefinition? {
        builtInByResource[resource] ?? state.withLock { $0.customByResource[resource] }
    }

    /// In the order of discovery.
    package var kinds: [KindDefinition] { builtIn + state.withLock(\.custom) }

    package var builtInKinds: [KindDefinition] { builtIn }
    package var customKinds: [KindDefinition] { state.withLock(\.custom) }

    /// Grows with every change of what is served, so that documents made of it can be kept.
    package var generation: Int { state.withLock(\.generation) }

    /// Everything that documents are made of, at one moment.
    struct Offer: Sendable {
        var builtIn: [KindDefinition]
        var custom: [KindDefinition]
        var remote: [KindDefinition]
        /// In the order of the APIServices' names.
        var documents: [RemoteDocuments] = []
        var generation: Int
        var changes: [String: Int]
    }

    var offer: Offer {
        state.withLock {
            Offer(
                builtIn: builtIn, custom: $0.custom,
                remote: $0.remote.sorted { $0.key < $1.key }.flatMap(\.value),
                documents: $0.documents.sorted { $0.key < $1.key }.map(\.value), generation: $0.generation, changes: $0.changes)
        }
    }

    /// The APIServices whose servers have said what they offer.
    var remoteVersions: Set<String> { state.withLock { Set($0.remote.keys) } }

    func setRemote(_ service: String, _ kinds: [KindDefinition]) {
        state.withLock { state in
            let old = state.remote.updateValue(kinds, forKey: service)
            guard old?.map(\.gvr) != kinds.map(\.gvr) || old?.map(\.verbs) != kinds.map(\.verbs) else { return }
            state.generation += 1
        }
    }

    func remoteDocuments(_ service: String) -> RemoteDocuments? { state.withLock { $0.documents[service] } }

    func setDocuments(_ service: String, _ documents: RemoteDocuments) {
        state.withLock { state in
            let old = state.documents.updateValue(documents, forKey: service)
            guard old?.version2Tag != documents.version2Tag || old?.version3Tag != documents.version3Tag else { return }
            state.generation += 1
            state.changes[documents.groupVersion] = state.generation
        }
    }

    /// Forgets what is no longer served by anyone else.
    func keepRemote(_ services: Set<String>) {
        state.withLock { state in
            let gone = state.remote.keys.filter { !services.contains($0) }
            for service in gone {
                state.remote[service] = nil
                state.documents[service] = nil
            }
            if !gone.isEmpty { state.generation += 1 }
        }
    }

    /// The definition of a name, `widgets.example.com`.
    func definition(_ name: String) -> Definition? { state.withLock { $0.definitions[name] } }

    /// Grows whenever the kinds of a group and version change.
    func change(of apiVersion: String) -> Int { state.withLock { $0.changes[apiVersion] ?? 0 } }

    func wake() { wakeUp.yield() }

    /// Whether a definition waits for something.
    var hasUnsettled: Bool { state.withLock { $0.definitions.values.contains(where: \.isUnsettled) } }

    /// What a change of a definition means for the cache of its objects.
    enum CacheChange {
        case none
        case create(KindDefinition)
        /// - Parameter isNewContent: Objects read differently now.
        case update(KindDefinition, isNewContent: Bool)
        case remove(KindDefinition)
    }

    /// Takes over a definition; nil: it is gone.
    func definitionChanged(_ name: String, _ object: JSONValue?) -> CacheChange {
        defer { wake() }
        let new = object.flatMap(Self.definition)
        return state.withLock { state in
            let old = state.definitions[name]
            let isSame = old?.specification == new?.specification && old?.acceptedNames == new?.acceptedNames
            state.definitions[name] = new
            state.custom = Self.ordered(state.definitions.values.flatMap(\.served))
            state.customByResource = Dictionary(state.custom.map { ($0.gvr, $0) }) { first, _ in first }
            // Other conditions and metadata of a definition change no document.
            if !isSame || old?.served.map(\.gvk) != new?.served.map(\.gvk) {
                state.generation += 1
                for kind in (old?.kinds ?? []) + (new?.kinds ?? []) { state.changes[kind.gvk.apiVersion] = state.generation }
            }
            switch (old.flatMap(Self.cacheKind), new.flatMap(Self.cacheKind)) {
            case (.none, .none): return .none
            case (.none, let kind?): return .create(kind)
            case (let kind?, .none): return .remove(kind)
            case (.some, let kind?): return .update(kind, isNewContent: !isSame)
            }
        }
    }

    private static func definition(_ object: JSONValue) -> Definition? {
        let kinds = CustomKinds.kinds(of: object)
        guard !kinds.isEmpty else { return nil }
        return Definition(
            kinds: kinds, served: kinds.filter { CustomKinds.isServed(object, version: $0.gvk.version) },
            specification: object["spec"] ?? [:], acceptedNames: object["status"]?["acceptedNames"] ?? [:],
            isUnsettled: object["metadata"]?["deletionTimestamp"]?.string != nil
                || !CustomKinds.hasCondition(object, "Established"))
    }

    /// The storage version, able to select by the fields of every version: all of them hold the same content.
    private static func cacheKind(_ definition: Definition) -> KindDefinition? {
        guard var kind = definition.kinds.first, var rules = kind.custom else { return nil }
        var fields: [String] = []
        for field in definition.kinds.flatMap({ $0.rules.selectableFields }) where !fields.contains(field) {
            fields.append(field)
        }
        rules.selectableFields = fields
        kind.rules = rules
        return kind
    }

    private static func ordered(_ kinds: [KindDefinition]) -> [KindDefinition] {
        kinds.sorted { left, right in
            if left.gvk.group != right.gvk.group { return left.gvk.group < right.gvk.group }
            if left.gvk.version != right.gvk.version {
                return KubernetesVersion.precedes(left.gvk.version, right.gvk.version)
            }
            return left.resource < right.resource
        }
    }
}
