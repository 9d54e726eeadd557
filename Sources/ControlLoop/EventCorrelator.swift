package import API

/// Decides which events are written, and which repeat one that was written before.
///
/// - SeeAlso: client-go 1.36 `tools/record/events_cache.go`.
package struct EventCorrelator: Sendable {
    package enum Action: Hashable, Sendable {
        /// A new event of this name.
        case create(name: String, message: String)
        /// The event of this name happened again.
        case repeated(name: String, message: String, count: Int)
        /// Too many events about this object.
        case drop
    }

    private struct Identity: Hashable {
        var object: ObjectReference
        var type: String
        var reason: String
        /// Empty when messages are folded together.
        var message: String
    }

    private struct Known {
        var name: String
        var count: Int
    }

    private struct Family {
        var messages: Set<String>
        var since: Timestamp
    }

    /// Tokens of one object.
    private struct Bucket {
        var tokens: Double
        var filled: Timestamp
    }

    /// More kinds of events than this are not remembered at once.
    package static let rememberedMax = 4096
    /// Events about one object at once; after that one per `refill`.
    package static let burst = 25.0
    package static let refill: Duration = .seconds(300)
    /// More different messages than this within `foldingInterval` become one event.
    package static let similarMax = 10
    package static let foldingInterval: Duration = .seconds(600)

    private var known: [Identity: Known] = [:]
    private var families: [Identity: Family] = [:]
    private var buckets: [ObjectReference: Bucket] = [:]

    package init() {}

    package mutating func recorded(
        _ object: ObjectReference, type: String, reason: String, message: String, at now: Timestamp
    ) -> Action {
        if known.count > Self.rememberedMax || families.count > Self.rememberedMax || buckets.count > Self.rememberedMax {
            (known, families, buckets) = ([:], [:], [:])
        }
        var object = object
        object.resourceVersion = ""
        var identity = Identity(object: object, type: type, reason: reason, message: "")
        var family = families[identity] ?? Family(messages: [], since: now)
        if now.duration(since: family.since) > Self.foldingInterval { family = Family(messages: [], since: now) }
        if family.messages.count <= Self.similarMax { family.messages.insert(message) }
        families[identity] = family
        let isFolded = family.messages.count > Self.similarMax
        let text = isFolded ? "(combined from similar events): " + message : message
        if !isFolded { identity.message = message }

        guard takeToken(of: object, at: now) else { return .drop }
        if var before = known[identity] {
            before.count += 1
            known[identity] = before
            return .repeated(name: before.name, message: text, count: before.count)
        }
        let nanoseconds = now.seconds &* 1_000_000_000 &+ Int64(now.nanoseconds)
        let name = object.name + "." + String(UInt64(bitPattern: nanoseconds) &+ UInt64(known.count), radix: 16)
        known[identity] = Known(name: name, count: 1)
        return .create(name: name, message: text)
    }

    private mutating func takeToken(of object: ObjectReference, at now: Timestamp) -> Bool {
        var bucket = buckets[object] ?? Bucket(tokens: Self.burst, filled: now)
        let elapsed = now.duration(since: bucket.filled) / Self.refill
        bucket.tokens = min(Self.burst, bucket.tokens + max(0, elapsed))
        bucket.filled = now
        defer { buckets[object] = bucket }
        guard bucket.tokens >= 1 else { return false }
        bucket.tokens -= 1
        return true
    }
}
