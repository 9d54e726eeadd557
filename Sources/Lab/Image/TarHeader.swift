/// One 512-byte header of a tar archive, as it stands: long names of headers before it are not applied.
///
/// - SeeAlso: POSIX `pax`, "ustar Interchange Format"; GNU tar manual, "Basic Tar Format".
struct TarHeader: Hashable, Sendable {
    /// Prefix and name joined.
    var path: String
    /// Bytes that follow the header, without padding. Zero for types that never have any, whatever the field says.
    var byteCount: Int
    var type: UInt8

    static let blockBytes = 512

    /// Nil when the sum or a number is wrong.
    init?(_ block: [UInt8]) {
        guard block.count == Self.blockBytes, let sum = Self.number(block[148..<156]), sum == Self.sum(block),
            let size = Self.number(block[124..<136])
        else { return nil }
        type = block[156]
        byteCount = Self.withoutContent.contains(type) ? 0 : size
        let name = Self.text(block[0..<100])
        // GNU writes "ustar " and keeps times where POSIX keeps the prefix.
        let isPOSIX = block[257..<263].elementsEqual("ustar\0".utf8)
        let prefix = isPOSIX ? Self.text(block[345..<500]) : ""
        path = prefix.isEmpty ? name : "\(prefix)/\(name)"
    }

    /// Links, devices, directories, pipes.
    private static let withoutContent = Set("123456".utf8)

    private static func sum(_ block: [UInt8]) -> Int {
        var sum = 0
        for (index, byte) in block.enumerated() { sum += (148..<156).contains(index) ? 0x20 : Int(byte) }
        return sum
    }

    private static func text(_ field: ArraySlice<UInt8>) -> String { String(decoding: field.prefix { $0 != 0 }, as: UTF8.self) }

    /// Octal digits, ended by space or zero; or, with the highest bit set, a big-endian number. Nil when negative or too large.
    private static func number(_ field: ArraySlice<UInt8>) -> Int? {
        if let first = field.first, first & 0x80 != 0 {
            guard first == 0x80 else { return nil }
            var value = 0
            for byte in field.dropFirst() {
                guard value <= Int.max >> 8 else { return nil }
                value = value << 8 | Int(byte)
            }
            return value
        }
        let digits = String(decoding: field, as: UTF8.self).filter { $0 != "\0" && $0 != " " }
        if digits.isEmpty { return 0 }
        guard digits.utf8.allSatisfy({ (0x30...0x37).contains($0) }) else { return nil }
        return Int(digits, radix: 8)
    }
}
