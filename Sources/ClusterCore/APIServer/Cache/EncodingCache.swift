import API
import Machinery
import Store
import Synchronization

/// Protobuf messages of objects that are read again and again, shared by every reader.
///
/// Two generations: what was not asked for while the younger one filled up is forgotten with the older one.
final class EncodingCache: Sendable {
    struct Key: Hashable {
        var resource: GroupVersionResource
        var name: NamespacedName
        var revision: Revision
    }

    private struct State {
        var young: [Key: [UInt8]] = [:]
        var old: [Key: [UInt8]] = [:]
        var youngBytes = 0
    }

    /// Bytes of one generation, without what the tables themselves need.
    private static let generationBytesMax = 8 * 1024 * 1024

    private let state = Mutex(State())

    func value(_ key: Key, _ make: () -> [UInt8]) -> [UInt8] {
        let known = state.withLock { state -> [UInt8]? in
            if let found = state.young[key] { return found }
            guard let found = state.old[key] else { return nil }
            Self.insert(key, found, &state)
            return found
        }
        if let known { return known }
        // Outside the lock: two readers may do the same work once, none waits for the other's.
        let made = make()
        state.withLock { Self.insert(key, made, &$0) }
        return made
    }

    var byteCount: Int {
        state.withLock { state in state.youngBytes + state.old.values.reduce(0) { $0 + $1.count } }
    }

    private static func insert(_ key: Key, _ bytes: [UInt8], _ state: inout State) {
        if state.youngBytes + bytes.count > generationBytesMax {
            state.old = state.young
            state.young = [:]
            state.youngBytes = 0
        }
        if state.young.updateValue(bytes, forKey: key) == nil { state.youngBytes += bytes.count }
    }
}

extension ObjectRegistry {
    /// The protobuf message of an object in the version of `kind`, without envelope.
    func message(_ object: CachedObject, as kind: KindDefinition) -> [UInt8] {
        func encoded() -> [UInt8] { ProtobufCodec.encodeMessage(tree(object, as: kind), as: kind.schemaType) }
        // What was never written (a dry run's object) must not be remembered under a revision.
        guard object.isStored else { return encoded() }
        let key = EncodingCache.Key(resource: kind.gvr, name: object.key, revision: object.revision)
        return encodings.value(key) { encoded() }
    }
}
