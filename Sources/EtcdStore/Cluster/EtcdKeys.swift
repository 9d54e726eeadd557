import Store

/// Keys and ranges as etcd takes them.
enum EtcdKeys {
    /// As a range's start: the first key there is; as its end: no end.
    static let first: [UInt8] = [0]

    /// Where servers agree who compacts; upstream's API servers use the same key.
    static let compaction = Array("compact_rev_key".utf8)

    /// The half-open range of a prefix, or of what follows one of its keys.
    static func range(prefix: String, after: String?) -> (start: [UInt8], end: [UInt8]) {
        var start = Array(prefix.utf8)
        let end = successor(ofPrefix: start)
        if let after, prefix.utf8.lexicographicallyPrecedes(after.utf8) || prefix == after { start = Array(after.utf8) + [0] }
        return (start.isEmpty ? first : start, end)
    }

    /// The first key behind every key with this prefix.
    static func successor(ofPrefix prefix: [UInt8]) -> [UInt8] {
        var end = prefix
        while let last = end.popLast() {
            if last < 0xff { return end + [last + 1] }
        }
        return first
    }
}

extension StoredValue {
    init(_ value: KeyValue) {
        self.init(
            key: String(decoding: value.key, as: UTF8.self), value: value.value, createRevision: Revision(value.createRevision),
            revision: Revision(value.modRevision))
    }
}

extension StoreEvent {
    init(_ event: WatchEventMessage) {
        let value = event.value
        let isCreation = !event.isDeletion && value.createRevision == value.modRevision
        // A value that was compacted away still was: the key's creation stands for its revision.
        let before = event.previous?.modRevision ?? (isCreation ? 0 : max(value.createRevision, 1))
        self.init(
            key: String(decoding: value.key, as: UTF8.self), revision: Revision(value.modRevision),
            value: event.isDeletion ? nil : value.value, previous: event.previous?.value, previousRevision: Revision(before),
            createRevision: Revision(event.isDeletion ? event.previous?.createRevision ?? 0 : value.createRevision))
    }
}
