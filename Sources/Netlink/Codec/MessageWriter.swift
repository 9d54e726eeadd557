/// Appends headers and attributes in the layout of netlink: host byte order, every part padded to four bytes.
package struct MessageWriter: Sendable {
    package private(set) var bytes: [UInt8] = []

    package init(reserving capacity: Int = 256) { bytes.reserveCapacity(capacity) }

    /// The bytes of an integer in host order, as netlink's headers and most attributes carry it.
    package mutating func append(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value) { bytes.append(contentsOf: $0) }
    }

    package mutating func append(_ more: [UInt8]) { bytes.append(contentsOf: more) }

    package mutating func pad() {
        while bytes.count % 4 != 0 { bytes.append(0) }
    }

    /// Writes an attribute whose payload is whatever `body` appends.
    package mutating func attribute(_ type: UInt16, _ body: (inout MessageWriter) -> Void) {
        let start = bytes.count
        append(UInt16(0))
        append(type)
        body(&self)
        let length = bytes.count - start
        precondition(length <= Int(UInt16.max), "attribute \(type) of \(length) bytes: its length field has 16 bits")
        withUnsafeBytes(of: UInt16(length)) { bytes.replaceSubrange(start..<start + 2, with: $0) }
        pad()
    }

    package mutating func attribute(_ type: UInt16, bytes payload: [UInt8]) { attribute(type) { $0.append(payload) } }

    package mutating func attribute(_ type: UInt16, number: some FixedWidthInteger) { attribute(type) { $0.append(number) } }

    /// Text ends with a zero byte on the wire.
    package mutating func attribute(_ type: UInt16, text: String) {
        attribute(type) {
            $0.append(Array(text.utf8))
            $0.append(UInt8(0))
        }
    }
}
