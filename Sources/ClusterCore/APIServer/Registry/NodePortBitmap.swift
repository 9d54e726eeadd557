import Machinery

/// The node ports that are taken, as upstream's API server keeps them: a RangeAllocation with a bit for each port. Pure.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/registry/core/service/allocator/{bitmap.go,storage/storage.go}`, `pkg/apis/core`,
///   `RangeAllocation`.
struct NodePortBitmap: Hashable {
    static let key = "/registry/ranges/servicenodeports"

    let range: ClosedRange<Int64>
    private(set) var ports: Set<Int64>

    init(range: ClosedRange<Int64>, ports: Set<Int64> = []) {
        self.range = range
        self.ports = ports.filter(range.contains)
    }

    /// Nil for bytes that are no allocation of this range.
    init?(_ stored: [UInt8], range: ClosedRange<Int64>) {
        guard let envelope = try? ProtobufCodec.envelope(stored), envelope.kind == "RangeAllocation" else { return nil }
        var reader = Fields(Array(envelope.raw))
        var text = ""
        var data: [UInt8] = []
        while let (number, bytes) = reader.next() {
            if number == 2 { text = String(decoding: bytes, as: UTF8.self) }
            if number == 3 { data = bytes }
        }
        guard !reader.isBroken, text == Self.name(range) else { return nil }
        var ports: Set<Int64> = []
        // A number in big-endian order; its lowest bit is the first port.
        for (place, byte) in data.reversed().enumerated() where byte != 0 {
            for bit in 0..<8 where byte & (1 << UInt8(bit)) != 0 { ports.insert(range.lowerBound + Int64(place * 8 + bit)) }
        }
        self.init(range: range, ports: ports)
    }

    private static func name(_ range: ClosedRange<Int64>) -> String { "\(range.lowerBound)-\(range.upperBound)" }

    var encoded: [UInt8] {
        var data = [UInt8](repeating: 0, count: (range.count + 7) / 8)
        for port in ports {
            let offset = Int(port - range.lowerBound)
            data[data.count - 1 - offset / 8] |= 1 << UInt8(offset % 8)
        }
        let message =
            Fields.field(2, Array(Self.name(range).utf8)) + Fields.field(3, Array(data.drop { $0 == 0 }))
        let type = Fields.field(1, Array("v1".utf8)) + Fields.field(2, Array("RangeAllocation".utf8))
        return ProtobufCodec.magic + Fields.field(1, type) + Fields.field(2, message) + Fields.field(3, [])
            + Fields.field(4, [])
    }

    mutating func take(_ more: some Sequence<Int64>) { ports.formUnion(more.filter(range.contains)) }
    mutating func release(_ gone: some Sequence<Int64>) { ports.subtract(gone) }

    /// Fields of a protobuf message whose values are all bytes.
    private struct Fields {
        private let bytes: [UInt8]
        private var position = 0
        private(set) var isBroken = false

        init(_ bytes: [UInt8]) { self.bytes = bytes }

        mutating func next() -> (number: Int, bytes: [UInt8])? {
            guard position < bytes.count, !isBroken else { return nil }
            guard let tag = varint(), tag & 7 == 2, let length = varint(), length <= bytes.count - position else {
                isBroken = true
                return nil
            }
            defer { position += length }
            return (tag >> 3, Array(bytes[position..<position + length]))
        }

        private mutating func varint() -> Int? {
            var value = 0
            for shift in stride(from: 0, to: 35, by: 7) {
                guard position < bytes.count else { return nil }
                let byte = bytes[position]
                position += 1
                value |= Int(byte & 0x7f) << shift
                if byte & 0x80 == 0 { return value }
            }
            return nil
        }

        static func field(_ number: Int, _ bytes: [UInt8]) -> [UInt8] {
            var result: [UInt8] = [UInt8(number << 3 | 2)]
            var length = bytes.count
            while length >= 0x80 {
                result.append(UInt8(length & 0x7f) | 0x80)
                length >>= 7
            }
            return result + [UInt8(length)] + bytes
        }
    }
}
