@testable import Netlink

extension NetlinkMessage {
    /// The whole message as the socket would send it, a word per group.
    var hexadecimal: String {
        var writer = MessageWriter()
        encode(into: &writer)
        return stride(from: 0, to: writer.bytes.count, by: 4).map { start in
            writer.bytes[start..<start + 4].map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        }.joined(separator: " ")
    }

    /// Reads what `hexadecimal` wrote.
    init?(hexadecimal: String) {
        let digits = Array(hexadecimal.utf8.filter { $0 != 0x20 && $0 != 0x0a })
        let bytes = stride(from: 0, to: digits.count, by: 2).compactMap {
            UInt8(String(decoding: digits[$0..<$0 + 2], as: UTF8.self), radix: 16)
        }
        var reader = MessageReader(bytes)
        guard let message = reader.message() else { return nil }
        self = message
    }
}
