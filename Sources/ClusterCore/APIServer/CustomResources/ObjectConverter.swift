import API
import JSON
import Machinery
import Store
import Synchronization

/// Asks conversion webhooks for objects in other versions, and remembers what they made of stored ones.
///
/// - SeeAlso: Kubernetes 1.36 `apiextensions-apiserver/pkg/apiserver/conversion/webhook_converter.go`.
final class ObjectConverter: Sendable {
    /// Objects of one call, and their bytes unless one alone has more: answers are about as long as questions.
    private static let objectsMax = 100
    private static let batchBytesMax = 2 * 1024 * 1024
    private static let timeout: Duration = .seconds(30)

    private let caches: CacheSet
    private let environment: ServerEnvironment
    private let caller: any WebhookCaller
    private let memory = ConversionMemory()

    init(caches: CacheSet, environment: ServerEnvironment, caller: any WebhookCaller) {
        self.caches = caches
        self.environment = environment
        self.caller = caller
    }

    /// - Parameters:
    ///   - objects: Of one custom kind, each in a version of its own.
    ///   - rules: Of the wanted version.
    ///   - sizes: Bytes of each object; empty: they are few.
    func convert(
        _ objects: [JSONValue], _ rules: CustomResourceRules, sizes: [Int] = []
    ) async throws(Status) -> [JSONValue] {
        guard let webhook = rules.conversion else {
            return objects.map { object in
                var object = object
                rules.present(&object)
                return object
            }
        }
        var result = objects
        let foreign = objects.indices.filter { objects[$0]["apiVersion"]?.string != rules.kind.apiVersion }
        var start = 0
        while start < foreign.count {
            let batch = Self.batch(foreign[start...], sizes)
            start += batch.count
            // Webhooks are not bothered with objects that hold nothing.
            let asked = batch.filter { !Self.isEmpty(objects[$0]) }
            for index in batch { result[index]["apiVersion"] = .string(rules.kind.apiVersion) }
            guard !asked.isEmpty else { continue }
            do throws(ConversionReview.Failure) {
                let converted = try await call(webhook, asked.map { objects[$0] }, rules.kind.apiVersion)
                for (index, object) in zip(asked, converted) {
                    result[index] = object
                    rules.tidy(&result[index])
                }
            } catch {
                throw Status(code: 500, reason: "", message: error.message)
            }
        }
        return result
    }

    private static func batch(_ indices: ArraySlice<Int>, _ sizes: [Int]) -> ArraySlice<Int> {
        var count = 0
        var bytes = 0
        for index in indices.prefix(objectsMax) {
            if !sizes.isEmpty { bytes += sizes[index] }
            guard count == 0 || bytes <= batchBytesMax else { break }
            count += 1
        }
        return indices.prefix(count)
    }

    private static func isEmpty(_ object: JSONValue) -> Bool {
        object["kind"] != nil && object["apiVersion"] != nil && object.object?.count == 2
    }

    private func call(
        _ webhook: ConversionWebhook, _ objects: [JSONValue], _ apiVersion: String
    ) async throws(ConversionReview.Failure) -> [JSONValue] {
        guard let version = ConversionReview.version(webhook) else {
            throw ConversionReview.Failure(message: "no supported conversion review versions")
        }
        let uid = environment.makeUID()
        let review = ConversionReview.request(objects, to: apiVersion, reviewVersion: version, uid: uid)
        let answer: JSONValue
        do throws(WebhookFailure) {
            let target = try WebhookTarget(
                webhook.client, caPEM: webhook.caPEM, query: "?timeout=\(Self.timeout.components.seconds)s", caches: caches,
                random: environment.random())
            answer = try await caller.call(target, JSONWriter.write(review), timeout: Self.timeout)
        } catch {
            let kind = ConversionReview.name(objects[0])
            throw ConversionReview.Failure(message: "conversion webhook for \(kind) failed: \(error.message)")
        }
        return try ConversionReview.converted(
            answer, from: objects, to: apiVersion, reviewVersion: version, uid: uid)
    }

    // MARK: Stored objects

    /// Objects of a cache in the version of `kind`.
    func convert(_ objects: [CachedObject], to kind: KindDefinition, _ rules: CustomResourceRules) async throws(Status)
        -> [CachedObject]
    {
        var result = objects
        var missing: [Int] = []
        let generation = caches.kinds.change(of: kind.gvk.apiVersion)
        func key(_ object: CachedObject) -> ConversionMemory.Key {
            ConversionMemory.Key(resource: kind.gvr, name: object.key, revision: object.revision, generation: generation)
        }
        for (index, object) in objects.enumerated() {
            guard let version = object.apiVersion, version != kind.gvk.apiVersion else { continue }
            // What was made for one event shares its revision with another state of the object.
            if object.isStored, let known = memory.object(key(object)) {
                result[index] = known
            } else {
                missing.append(index)
            }
        }
        guard !missing.isEmpty else { return result }
        let trees = try await convert(
            missing.map { objects[$0].object }, rules, sizes: missing.map { objects[$0].byteCount })
        let cachedKind = CachedKind(kind)
        for (index, tree) in zip(missing, trees) {
            let object = objects[index]
            let made = CachedObject(
                kind: cachedKind, key: object.key, revision: object.revision, bytes: JSONWriter.write(tree),
                isStored: object.isStored, apiVersion: kind.gvk.apiVersion, isOutdated: object.isOutdated)
            result[index] = made
            if object.isStored { memory.remember(made, key(object)) }
        }
        return result
    }
}

/// Converted objects, shared by every reader. Two generations, as `EncodingCache`.
private final class ConversionMemory: Sendable {
    struct Key: Hashable {
        var resource: GroupVersionResource
        var name: NamespacedName
        var revision: Revision
        /// Of the definition.
        var generation: Int
    }

    private struct State {
        var young: [Key: CachedObject] = [:]
        var old: [Key: CachedObject] = [:]
        var youngBytes = 0
    }

    private static let generationBytesMax = 8 * 1024 * 1024

    private let state = Mutex(State())

    func object(_ key: Key) -> CachedObject? {
        state.withLock { state in
            if let found = state.young[key] { return found }
            guard let found = state.old[key] else { return nil }
            Self.insert(key, found, &state)
            return found
        }
    }

    func remember(_ object: CachedObject, _ key: Key) { state.withLock { Self.insert(key, object, &$0) } }

    private static func insert(_ key: Key, _ object: CachedObject, _ state: inout State) {
        if state.youngBytes + object.byteCount > generationBytesMax {
            state.old = state.young
            state.young = [:]
            state.youngBytes = 0
        }
        if state.young.updateValue(object, forKey: key) == nil { state.youngBytes += object.byteCount }
    }
}

/// The versions of a kind whose objects a webhook converts: what it has not been asked yet is written down, answered with a
/// stand-in, and asked before the next try.
final class ConversionTable: MergeVersions {
    private struct Wish: Hashable {
        var object: JSONValue
        var apiVersion: String
    }

    private struct State {
        var known: [Wish: JSONValue] = [:]
        var wanted: Set<Wish> = []
    }

    private let rules: CustomResourceRules
    private let state = Mutex(State())

    init(_ rules: CustomResourceRules) { self.rules = rules }

    func type(of apiVersion: String) -> MergeType? { rules.type(of: apiVersion) }

    func convert(_ object: JSONValue, to apiVersion: String) -> JSONValue? {
        if object["apiVersion"]?.string == apiVersion { return .some(object) }
        guard type(of: apiVersion) != nil else { return .none }
        let wish = Wish(object: object, apiVersion: apiVersion)
        let known = state.withLock { state -> JSONValue? in
            if let known = state.known[wish] { return .some(known) }
            state.wanted.insert(wish)
            return .none
        }
        return known ?? rules.convert(object, to: apiVersion)
    }

    /// True when something was asked that the last try had to do without.
    func learn(_ converter: ObjectConverter) async throws(Status) -> Bool {
        let wanted = state.withLock { state in
            let wanted = Array(state.wanted)
            state.wanted = []
            return wanted
        }
        for wish in wanted {
            guard let rules = rules.reading(wish.apiVersion) else { continue }
            let made = try await converter.convert([wish.object], rules)
            state.withLock { $0.known[wish] = made.first ?? .null }
        }
        return !wanted.isEmpty
    }
}
