/// Bytes that are not the protobuf message they should be; worded as Go's generated code words it.
package enum ProtobufError: Error, Hashable, Sendable, CustomStringConvertible {
    case missingMagic
    case unexpectedEnd
    case integerOverflow
    case illegalTag(Int)
    case illegalWireType(Int)
    case wrongWireType(field: String, wireType: Int)
    case tooDeep(limit: Int)
    case invalidNested(String)

    package var description: String {
        switch self {
        case .missingMagic:
            "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]"
        case .unexpectedEnd: "unexpected EOF"
        case .integerOverflow: "proto: integer overflow"
        case .illegalTag(let tag): "proto: illegal tag \(tag)"
        case .illegalWireType(let type): "proto: illegal wireType \(type)"
        case .wrongWireType(let field, let type): "proto: wrong wireType = \(type) for field \(field)"
        case .tooDeep(let limit): "proto: nesting beyond \(limit) levels"
        case .invalidNested(let why): "proto: \(why)"
        }
    }
}

/// Reads the fields of one message, bounds checked.
struct ProtobufReader {
    enum Value {
        case varint(UInt64)
        case fixed64(UInt64)
        case bytes(ArraySlice<UInt8>)
        case fixed32(UInt32)

        var wireType: Int {
            switch self {
            case .varint: 0
            case .fixed64: 1
            case .bytes: 2
            case .fixed32: 5
            }
        }
    }

    private let bytes: ArraySlice<UInt8>
    private var position: Int

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        position = bytes.startIndex
    }

    var isAtEnd: Bool { position == bytes.endIndex }

    /// Nil at the end.
    mutating func next() throws(ProtobufError) -> (number: Int, value: Value)? {
        if isAtEnd { return nil }
        let tag = try varint()
        let number = Int(truncatingIfNeeded: tag >> 3)
        guard number > 0, number < 1 << 29 else { throw .illegalTag(Int(truncatingIfNeeded: tag)) }
        switch tag & 7 {
        case 0: return (number, .varint(try varint()))
        case 1: return (number, .fixed64(try fixed(8)))
        case 2:
            let count = try varint()
            guard count <= UInt64(bytes.endIndex - position) else { throw .unexpectedEnd }
            let end = position + Int(count)
            defer { position = end }
            return (number, .bytes(bytes[position..<end]))
        case 5: return (number, .fixed32(UInt32(truncatingIfNeeded: try fixed(4))))
        default: throw .illegalWireType(Int(tag & 7))
        }
    }

    mutating func varint() throws(ProtobufError) -> UInt64 {
        var result: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 70, by: 7) {
            guard position < bytes.endIndex else { throw .unexpectedEnd }
            let byte = bytes[position]
            position += 1
            if shift == 63, byte > 1 { throw .integerOverflow }
            result |= UInt64(byte & 0x7f) << shift
            if byte & 0x80 == 0 { return result }
        }
        throw .integerOverflow
    }

    private mutating func fixed(_ count: Int) throws(ProtobufError) -> UInt64 {
        guard bytes.endIndex - position >= count else { throw .unexpectedEnd }
        var result: UInt64 = 0
        for offset in 0..<count { result |= UInt64(bytes[position + offset]) << UInt64(8 * offset) }
        position += count
        return result
    }
}

/// Writes the fields of one message.
struct ProtobufWriter {
    private(set) var bytes: [UInt8] = []

    mutating func varint(_ value: UInt64) {
        var value = value
        while value >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: value) | 0x80)
            value >>= 7
        }
        bytes.append(UInt8(value))
    }

    mutating func field(_ number: Int, varint value: UInt64) {
        varint(UInt64(number) << 3)
        varint(value)
    }

    mutating func field(_ number: Int, fixed64 value: UInt64) {
        varint(UInt64(number) << 3 | 1)
        for shift in stride(from: UInt64(0), to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: value >> shift)) }
    }

    mutating func field(_ number: Int, bytes content: some Collection<UInt8>) {
        varint(UInt64(number) << 3 | 2)
        varint(UInt64(content.count))
        bytes.append(contentsOf: content)
    }
}
