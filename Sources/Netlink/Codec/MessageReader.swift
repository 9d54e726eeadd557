/// Takes integers, messages and attributes off bytes that the kernel sent. Whatever does not fit ends the reading: nil.
package struct MessageReader: Sendable {
    private let bytes: ArraySlice<UInt8>
    private var position: Int

    package init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        position = bytes.startIndex
    }

    package init(_ bytes: [UInt8]) { self.init(bytes[...]) }

    package var remaining: Int { bytes.endIndex - position }

    /// An integer in host order.
    package mutating func integer<Number: FixedWidthInteger>(_ type: Number.Type) -> Number? {
        let size = MemoryLayout<Number>.size
        guard remaining >= size else { return nil }
        var value: Number = 0
        withUnsafeMutableBytes(of: &value) { $0.copyBytes(from: bytes[position..<position + size]) }
        position += size
        return value
    }

    package mutating func skip(_ count: Int) -> Bool {
        guard remaining >= count else { return false }
        position += count
        return true
    }

    /// The next message with its header; nil at the end and when its length is impossible.
    package mutating func message() -> NetlinkMessage? {
        var header = self
        guard let length = header.integer(UInt32.self), let type = header.integer(UInt16.self),
            let flags = header.integer(UInt16.self), let sequence = header.integer(UInt32.self),
            let port = header.integer(UInt32.self), length >= 16, Int(length) <= remaining
        else { return nil }
        let payload = Array(bytes[header.position..<position + Int(length)])
        advance(Int(length))
        return NetlinkMessage(
            MessageType(rawValue: type), flags: MessageFlags(rawValue: flags), sequence: sequence, port: port, payload: payload)
    }

    /// The next attribute; nil at the end and when its length is impossible.
    package mutating func attribute() -> Attribute? {
        var header = self
        guard let length = header.integer(UInt16.self), let type = header.integer(UInt16.self), length >= 4,
            Int(length) <= remaining
        else { return nil }
        let payload = bytes[header.position..<position + Int(length)]
        advance(Int(length))
        return Attribute(type: type & Attribute.typeMask, payload: payload)
    }

    /// Every attribute up to the end.
    package mutating func attributes() -> [Attribute] {
        var result: [Attribute] = []
        while let next = attribute() { result.append(next) }
        return result
    }

    private mutating func advance(_ length: Int) {
        position = min(position + (length + 3) & ~3, bytes.endIndex)
    }
}

/// One attribute of a message, its payload not yet interpreted.
package struct Attribute: Hashable, Sendable {
    /// The two highest bits of the field are flags (`NLA_F_NESTED`, `NLA_F_NET_BYTEORDER`) and not part of the type.
    package static let typeMask: UInt16 = 0x3fff

    package var type: UInt16
    package var payload: ArraySlice<UInt8>

    package init(type: UInt16, payload: ArraySlice<UInt8>) {
        self.type = type
        self.payload = payload
    }

    /// The payload as an integer of at most 32 bits in host order; nil when its size is another.
    package var number: UInt32? {
        var reader = MessageReader(payload)
        return switch payload.count {
        case 1: reader.integer(UInt8.self).map(UInt32.init)
        case 2: reader.integer(UInt16.self).map(UInt32.init)
        case 4: reader.integer(UInt32.self)
        default: nil
        }
    }

    /// The payload as text up to its zero byte.
    package var text: String { String(decoding: payload.prefix { $0 != 0 }, as: UTF8.self) }

    package var nested: [Attribute] {
        var reader = MessageReader(payload)
        return reader.attributes()
    }
}
