package import API
package import JSON

/// What stands around messages on the wire: the envelope of an object, the parts of a list, the frame of a watch event.
///
/// A message is encoded once and put into any of them without being read again.
/// - SeeAlso: Kubernetes 1.36 `apimachinery/pkg/runtime/serializer/protobuf/protobuf.go`.
package enum ProtobufFraming {
    /// Behind the raw bytes of every envelope: content encoding and type, both empty.
    private static let envelopeTail: [UInt8] = [0x1a, 0, 0x22, 0]
    private static let metadataNumber = 1
    private static let itemsNumber = 2

    /// An object with its magic and envelope.
    package static func object(_ message: [UInt8], _ kind: GroupVersionKind) -> [UInt8] {
        envelopeHead(kind, messageBytes: message.count) + message + envelopeTail
    }

    /// A list in slices: the envelope's head, then for every item its tag and the item's own bytes.
    ///
    /// - Parameters:
    ///   - kind: The list's: `v1, PodList`.
    ///   - metadata: The list's `metadata` as a tree.
    package static func list(_ items: [[UInt8]], _ kind: GroupVersionKind, metadata: JSONValue) -> [[UInt8]] {
        var head = ProtobufWriter()
        if let type = Schema.kubernetes.id(named: "apimachinery.pkg.apis.meta.v1.ListMeta") {
            head.field(metadataNumber, bytes: ProtobufCodec.encodeMessage(metadata, as: type))
        }
        var slices: [[UInt8]] = [[]]
        slices.reserveCapacity(items.count * 2 + 2)
        var total = head.bytes.count
        for item in items {
            let tag = tag(itemsNumber, count: item.count)
            total += tag.count + item.count
            slices.append(tag)
            slices.append(item)
        }
        slices[0] = envelopeHead(kind, messageBytes: total) + head.bytes
        slices.append(envelopeTail)
        return slices
    }

    /// One event of a watch: its length in four bytes, then a `WatchEvent` that holds the object with its envelope.
    ///
    /// - Parameter type: `ADDED`, `MODIFIED`, `DELETED`, `BOOKMARK`, `ERROR`.
    package static func watchFrame(type: String, object: [UInt8]) -> [UInt8] {
        var event = ProtobufWriter()
        event.field(1, bytes: type.utf8)
        let inner = tag(1, count: object.count)
        let outer = tag(2, count: inner.count + object.count)
        let count = event.bytes.count + outer.count + inner.count + object.count
        var frame: [UInt8] = []
        frame.reserveCapacity(count + 4)
        for shift in [24, 16, 8, 0] { frame.append(UInt8(truncatingIfNeeded: count >> shift)) }
        frame += event.bytes
        frame += outer
        frame += inner
        frame += object
        return frame
    }

    /// The whole of an answer that was made as a tree; nil when no message is known for its kind.
    package static func document(_ tree: JSONValue) -> [UInt8]? {
        let kind = GroupVersionKind(apiVersion: tree["apiVersion"]?.string ?? "", kind: tree["kind"]?.string ?? "")
        guard let type = messageType(of: kind) else { return nil }
        return object(ProtobufCodec.encodeMessage(tree, as: type), kind)
    }

    /// The message of a kind; `PartialObjectMetadata` is one in every version of its group.
    package static func messageType(of kind: GroupVersionKind) -> MessageID? {
        if let type = Schema.kubernetes.id(of: kind) { return type }
        guard kind.group == "meta.k8s.io", kind.kind.hasPrefix("PartialObjectMetadata") else { return nil }
        return Schema.kubernetes.id(named: "apimachinery.pkg.apis.meta.v1.\(kind.kind)")
    }

    private static func envelopeHead(_ kind: GroupVersionKind, messageBytes: Int) -> [UInt8] {
        var meta = ProtobufWriter()
        meta.field(1, bytes: kind.apiVersion.utf8)
        meta.field(2, bytes: kind.kind.utf8)
        var envelope = ProtobufWriter()
        envelope.field(1, bytes: meta.bytes)
        return ProtobufCodec.magic + envelope.bytes + tag(2, count: messageBytes)
    }

    private static func tag(_ number: Int, count: Int) -> [UInt8] {
        var writer = ProtobufWriter()
        writer.varint(UInt64(number) << 3 | 2)
        writer.varint(UInt64(count))
        return writer.bytes
    }
}
