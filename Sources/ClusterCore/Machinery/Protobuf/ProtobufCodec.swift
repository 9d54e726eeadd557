package import API
package import JSON

/// Kubernetes' protobuf form of objects, by the schema tables.
///
/// - SeeAlso: Kubernetes 1.36 `apimachinery/pkg/runtime/serializer/protobuf`, the `generated.proto` of each package.
package enum ProtobufCodec {
    package static let mediaType = "application/vnd.kubernetes.protobuf"
    /// What every object begins with: `k8s` and a zero byte.
    package static let magic: [UInt8] = [0x6b, 0x38, 0x73, 0x00]
    /// Messages nested deeper are refused.
    package static let depthMax = 128

    /// `runtime.Unknown`: what kind follows, and its bytes.
    package struct Envelope: Hashable, Sendable {
        package var apiVersion = ""
        package var kind = ""
        package var raw: ArraySlice<UInt8> = []
        package var contentType = ""

        package init() {}
    }

    package static func envelope(_ bytes: [UInt8]) throws(ProtobufError) -> Envelope {
        guard bytes.starts(with: magic) else { throw .missingMagic }
        var reader = ProtobufReader(bytes[magic.count...])
        var envelope = Envelope()
        while let (number, value) = try reader.next() {
            guard case .bytes(let content) = value else { continue }
            switch number {
            case 1:
                var inner = ProtobufReader(content)
                while let (field, value) = try inner.next() {
                    guard case .bytes(let text) = value else { continue }
                    if field == 1 { envelope.apiVersion = String(decoding: text, as: UTF8.self) }
                    if field == 2 { envelope.kind = String(decoding: text, as: UTF8.self) }
                }
            case 2: envelope.raw = content
            case 4: envelope.contentType = String(decoding: content, as: UTF8.self)
            default: break
            }
        }
        return envelope
    }

    /// A message as a tree; zeros that the wire carries are kept, so the tree is not yet canonical.
    package static func decode(
        _ bytes: ArraySlice<UInt8>, as type: MessageID, schema: Schema = .kubernetes
    ) throws(ProtobufError) -> JSONValue {
        try ProtobufDecoder(schema: schema).message(bytes, type, depth: 0)
    }

    /// An object with its magic and envelope.
    package static func encode(_ object: JSONValue, as type: MessageID, schema: Schema = .kubernetes) -> [UInt8] {
        let encoder = ProtobufEncoder(schema: schema)
        var meta = ProtobufWriter()
        meta.field(1, bytes: (object["apiVersion"]?.string ?? "").utf8)
        meta.field(2, bytes: (object["kind"]?.string ?? "").utf8)
        var unknown = ProtobufWriter()
        unknown.field(1, bytes: meta.bytes)
        unknown.field(2, bytes: encoder.message(object, type))
        unknown.field(3, bytes: [])
        unknown.field(4, bytes: [])
        return magic + unknown.bytes
    }

    /// A message alone.
    package static func encodeMessage(_ object: JSONValue, as type: MessageID, schema: Schema = .kubernetes) -> [UInt8] {
        ProtobufEncoder(schema: schema).message(object, type)
    }
}
