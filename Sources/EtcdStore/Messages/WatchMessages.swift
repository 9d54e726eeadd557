/// What is said on etcd's watch stream.
///
/// - SeeAlso: etcd 3.4 `etcdserver/etcdserverpb/rpc.proto`, `WatchRequest`, `WatchResponse`.
struct WatchCreateRequest: Hashable, Sendable {
    /// The first revision that is wanted.
    var startRevision: Int64

    /// Every key there is: then every revision brings an event, and the newest event says how far the watch has come.
    var bytes: [UInt8] {
        var create = FieldWriter()
        create.message(1, EtcdKeys.first)
        create.message(2, EtcdKeys.first)
        create.field(3, startRevision)
        create.field(4, true)  // progress_notify
        create.field(6, true)  // prev_kv
        create.field(8, true)  // fragment
        var writer = FieldWriter()
        writer.message(1, create.bytes)
        return writer.bytes
    }
}

struct WatchEventMessage: Hashable, Sendable {
    var isDeletion = false
    var value = KeyValue()
    /// Nil when the key did not exist, or when its last value was compacted away.
    var previous: KeyValue?

    init(_ bytes: ArraySlice<UInt8>) throws(FieldReader.Malformed) {
        var reader = FieldReader(bytes)
        while let (number, value) = try reader.next() {
            switch number {
            case 1: isDeletion = value.flag
            case 2: self.value = try KeyValue(value.content)
            case 3: previous = try KeyValue(value.content)
            default: break
            }
        }
    }
}

struct WatchResponse: Hashable, Sendable {
    var header = ResponseHeader()
    var isCreated = false
    var isCanceled = false
    /// Not zero: the watch began before what etcd still knows.
    var compactRevision: Int64 = 0
    var cancelReason = ""
    /// More of the same revision follows.
    var isFragment = false
    var events: [WatchEventMessage] = []

    init(_ bytes: ArraySlice<UInt8>) throws(FieldReader.Malformed) {
        var reader = FieldReader(bytes)
        while let (number, value) = try reader.next() {
            switch number {
            case 1: header = try ResponseHeader(value.content)
            case 3: isCreated = value.flag
            case 4: isCanceled = value.flag
            case 5: compactRevision = value.integer
            case 6: cancelReason = value.text
            case 7: isFragment = value.flag
            case 11: events.append(try WatchEventMessage(value.content))
            default: break
            }
        }
    }
}

/// The small messages: compaction, leases, status.
enum SmallMessages {
    static func compaction(_ revision: Int64) -> [UInt8] {
        var writer = FieldWriter()
        writer.field(1, revision)
        return writer.bytes
    }

    static func leaseGrant(seconds: Int64) -> [UInt8] {
        var writer = FieldWriter()
        writer.field(1, seconds)
        return writer.bytes
    }

    static func leaseIdentifier(_ bytes: ArraySlice<UInt8>) throws(FieldReader.Malformed) -> Int64 {
        var reader = FieldReader(bytes)
        var identifier: Int64 = 0
        while let (number, value) = try reader.next() {
            if number == 2 { identifier = value.integer }
        }
        return identifier
    }
}
