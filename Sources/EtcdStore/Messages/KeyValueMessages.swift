/// What is asked of etcd's `KV` service, and what it answers: the fields that a store needs.
///
/// - SeeAlso: etcd 3.4 `etcdserver/etcdserverpb/rpc.proto`, `mvcc/mvccpb/kv.proto`.
struct KeyValue: Hashable, Sendable {
    var key: [UInt8] = []
    var value: [UInt8] = []
    var createRevision: Int64 = 0
    var modRevision: Int64 = 0
    /// Writes since the key was created.
    var version: Int64 = 0

    init() {}

    init(_ bytes: ArraySlice<UInt8>) throws(FieldReader.Malformed) {
        var reader = FieldReader(bytes)
        while let (number, value) = try reader.next() {
            switch number {
            case 1: key = Array(value.content)
            case 2: createRevision = value.integer
            case 3: modRevision = value.integer
            case 4: version = value.integer
            case 5: self.value = Array(value.content)
            default: break
            }
        }
    }
}

/// The part of `ResponseHeader` that is used.
struct ResponseHeader: Hashable, Sendable {
    /// The store's revision when the answer was made; for a write, the write's own.
    var revision: Int64 = 0

    init() {}

    init(_ bytes: ArraySlice<UInt8>) throws(FieldReader.Malformed) {
        var reader = FieldReader(bytes)
        while let (number, value) = try reader.next() {
            if number == 3 { revision = value.integer }
        }
    }
}

struct RangeRequest: Hashable, Sendable {
    var key: [UInt8]
    /// Empty: the one key.
    var end: [UInt8] = []
    /// Zero: all.
    var limit: Int64 = 0
    /// Zero: now.
    var revision: Int64 = 0
    var countOnly = false

    var bytes: [UInt8] {
        var writer = FieldWriter()
        writer.field(1, key)
        writer.field(2, end)
        writer.field(3, limit)
        writer.field(4, revision)
        writer.field(9, countOnly)
        return writer.bytes
    }
}

struct RangeResponse: Hashable, Sendable {
    var header = ResponseHeader()
    var values: [KeyValue] = []
    /// Keys of the whole range, whatever the limit.
    var count: Int64 = 0

    init() {}

    init(_ bytes: ArraySlice<UInt8>) throws(FieldReader.Malformed) {
        var reader = FieldReader(bytes)
        while let (number, value) = try reader.next() {
            switch number {
            case 1: header = try ResponseHeader(value.content)
            case 2: values.append(try KeyValue(value.content))
            case 4: count = value.integer
            default: break
            }
        }
    }
}

/// `If` one key is as expected `Then` one operation `Else` read the key.
package struct Transaction: Hashable, Sendable {
    package enum Condition: Hashable, Sendable {
        /// Zero: the key does not exist.
        case modRevision(Int64)
        case version(Int64)
        case exists
    }

    package enum Operation: Hashable, Sendable {
        case put([UInt8], lease: Int64)
        case delete
    }

    var key: [UInt8]
    var condition: Condition
    var operation: Operation

    package init(key: [UInt8], condition: Condition, operation: Operation) {
        self.key = key
        self.condition = condition
        self.operation = operation
    }

    package var bytes: [UInt8] {
        var compare = FieldWriter()
        switch condition {
        case .modRevision(let revision):
            compare.field(2, 2)
            compare.field(3, key)
            compare.choice(6, revision)
        case .version(let version):
            compare.field(3, key)
            compare.choice(4, version)
        case .exists:
            compare.field(1, 3)
            compare.field(2, 2)
            compare.field(3, key)
            compare.choice(6, 0)
        }
        var success = FieldWriter()
        var request = FieldWriter()
        request.field(1, key)
        switch operation {
        case .put(let value, let lease):
            request.field(2, value)
            request.field(3, lease)
            success.message(2, request.bytes)
        case .delete: success.message(3, request.bytes)
        }
        var failure = FieldWriter()
        failure.message(1, RangeRequest(key: key).bytes)
        var writer = FieldWriter()
        writer.message(1, compare.bytes)
        writer.message(2, success.bytes)
        writer.message(3, failure.bytes)
        return writer.bytes
    }
}

struct TransactionResponse: Hashable, Sendable {
    var header = ResponseHeader()
    var succeeded = false
    /// The key as it stands, when the condition did not hold; nil when it does not exist.
    var found: KeyValue?

    init(_ bytes: ArraySlice<UInt8>) throws(FieldReader.Malformed) {
        var reader = FieldReader(bytes)
        while let (number, value) = try reader.next() {
            switch number {
            case 1: header = try ResponseHeader(value.content)
            case 2: succeeded = value.flag
            case 3:
                var operation = FieldReader(value.content)
                while let (kind, answer) = try operation.next() {
                    if kind == 1 { found = try RangeResponse(answer.content).values.first }
                }
            default: break
            }
        }
    }
}
