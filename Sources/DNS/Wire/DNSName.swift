/// A domain name as it stands on the wire: labels with their lengths, the root at the end, letters in lower case.
package struct DNSName: Hashable, Sendable, CustomStringConvertible {
    package let wire: [UInt8]

    package static let root = DNSName(unchecked: [0])

    init(unchecked wire: [UInt8]) { self.wire = wire }

    /// Reads `web.default.svc.cluster.local`, with or without the dot at the end, `\.` and `\032` inside a label. Nil for an
    /// empty label, one beyond 63 bytes, or a name beyond 255.
    package init?(parsing text: some StringProtocol) {
        if text == "." || text.isEmpty {
            wire = [0]
            return
        }
        var wire: [UInt8] = []
        var label: [UInt8] = []
        let bytes = Array(text.utf8)
        var position = 0
        func flush() -> Bool {
            guard (1...WireLimit.labelBytes).contains(label.count) else { return false }
            wire.append(UInt8(label.count))
            wire += label
            label = []
            return true
        }
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            switch byte {
            case UInt8(ascii: "."):
                guard flush() else { return nil }
            case UInt8(ascii: "\\"):
                guard position < bytes.count else { return nil }
                if position + 2 < bytes.count,
                    let code = UInt8(String(decoding: bytes[position..<position + 3], as: UTF8.self))
                {
                    label.append(ASCII.lowered(code))
                    position += 3
                } else {
                    label.append(ASCII.lowered(bytes[position]))
                    position += 1
                }
            default: label.append(ASCII.lowered(byte))
            }
        }
        if !label.isEmpty, !flush() { return nil }
        guard wire.count < WireLimit.nameBytes else { return nil }
        self.wire = wire + [0]
    }

    /// From labels, the leftmost first; nil when one is empty or too long.
    package init?(labels: some Sequence<String>) {
        var wire: [UInt8] = []
        for label in labels {
            let bytes = label.utf8.map(ASCII.lowered)
            guard (1...WireLimit.labelBytes).contains(bytes.count) else { return nil }
            wire.append(UInt8(bytes.count))
            wire += bytes
        }
        guard wire.count < WireLimit.nameBytes else { return nil }
        self.wire = wire + [0]
    }

    /// Labels in front of this name; nil when the whole is beyond 255 bytes.
    package func prefixed(by labels: ArraySlice<UInt8>) -> DNSName? {
        guard labels.count + wire.count <= WireLimit.nameBytes else { return nil }
        return DNSName(unchecked: labels + wire)
    }

    package func isWithin(_ other: DNSName) -> Bool {
        var start = 0
        while true {
            if wire.count - start == other.wire.count { return wire[start...] == other.wire[...] }
            guard wire.count - start > other.wire.count else { return false }
            start += 1 + Int(wire[start])
        }
    }

    package var labelCount: Int {
        var count = 0
        var position = 0
        while wire[position] != 0 {
            count += 1
            position += 1 + Int(wire[position])
        }
        return count
    }

    /// Each label's bytes, leftmost first.
    package var labels: [ArraySlice<UInt8>] {
        var result: [ArraySlice<UInt8>] = []
        var position = 0
        while wire[position] != 0 {
            let end = position + 1 + Int(wire[position])
            result.append(wire[(position + 1)..<end])
            position = end
        }
        return result
    }

    /// With a dot at the end, unusual bytes escaped.
    package var description: String {
        guard wire.count > 1 else { return "." }
        var text = ""
        for label in labels {
            for byte in label { text += ASCII.escaped(byte) }
            text += "."
        }
        return text
    }
}

/// Bytes of names as text.
package enum ASCII {
    package static func lowered(_ byte: UInt8) -> UInt8 { byte &- 0x41 < 26 ? byte | 0x20 : byte }

    static func escaped(_ byte: UInt8) -> String {
        switch byte {
        case UInt8(ascii: "."), UInt8(ascii: "\\"): "\\" + String(UnicodeScalar(byte))
        case 0x21...0x7e: String(UnicodeScalar(byte))
        default: "\\" + String(repeating: "0", count: byte < 10 ? 2 : byte < 100 ? 1 : 0) + String(byte)
        }
    }
}
