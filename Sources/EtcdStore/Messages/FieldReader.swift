/// Reads the fields of one protobuf message, bounds checked. Only what etcd's messages use: varints and bytes; others are skipped.
struct FieldReader {
    enum Value {
        case varint(UInt64)
        case bytes(ArraySlice<UInt8>)

        var integer: Int64 {
            if case .varint(let bits) = self { Int64(bitPattern: bits) } else { 0 }
        }
        var flag: Bool { integer != 0 }
        var content: ArraySlice<UInt8> {
            if case .bytes(let bytes) = self { bytes } else { [] }
        }
        var text: String { String(decoding: content, as: UTF8.self) }
    }

    /// The bytes are no message; etcd does not send such.
    struct Malformed: Error {}

    private let bytes: ArraySlice<UInt8>
    private var position: Int

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        position = bytes.startIndex
    }

    /// Nil at the end.
    mutating func next() throws(Malformed) -> (number: Int, value: Value)? {
        while position < bytes.endIndex {
            let tag = try varint()
            let number = Int(truncatingIfNeeded: tag >> 3)
            switch tag & 7 {
            case 0: return (number, .varint(try varint()))
            case 1: try skip(8)
            case 2:
                let count = try varint()
                guard count <= UInt64(bytes.endIndex - position) else { throw Malformed() }
                let start = position
                position += Int(count)
                return (number, .bytes(bytes[start..<position]))
            case 5: try skip(4)
            default: throw Malformed()
            }
        }
        return nil
    }

    private mutating func skip(_ count: Int) throws(Malformed) {
        guard bytes.endIndex - position >= count else { throw Malformed() }
        position += count
    }

    private mutating func varint() throws(Malformed) -> UInt64 {
        var result: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 70, by: 7) {
            guard position < bytes.endIndex else { throw Malformed() }
            let byte = bytes[position]
            position += 1
            result |= UInt64(byte & 0x7f) << shift
            if byte & 0x80 == 0 { return result }
        }
        throw Malformed()
    }
}

/// Writes the fields of one message; zeros and empty bytes are left out, as proto3 has it.
struct FieldWriter {
    private(set) var bytes: [UInt8] = []

    init() {}

    mutating func field(_ number: Int, _ value: Int64) {
        guard value != 0 else { return }
        varint(UInt64(number) << 3)
        varint(UInt64(bitPattern: value))
    }

    mutating func field(_ number: Int, _ flag: Bool) { field(number, flag ? 1 : 0) }

    mutating func field(_ number: Int, _ content: some Collection<UInt8>) {
        if !content.isEmpty { message(number, content) }
    }

    /// Written even when empty: a message that is there.
    mutating func message(_ number: Int, _ content: some Collection<UInt8>) {
        varint(UInt64(number) << 3 | 2)
        varint(UInt64(content.count))
        bytes.append(contentsOf: content)
    }

    /// A member of a union: written even when zero, for its being there is what counts.
    mutating func choice(_ number: Int, _ value: Int64) {
        varint(UInt64(number) << 3)
        varint(UInt64(bitPattern: value))
    }

    private mutating func varint(_ value: UInt64) {
        var value = value
        while value >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: value) | 0x80)
            value >>= 7
        }
        bytes.append(UInt8(value))
    }
}
