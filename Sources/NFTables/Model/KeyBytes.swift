package import NetworkTypes

/// The bytes of a set key or of a map's value as registers hold them: fields one after another, each padded to four bytes.
///
/// Stored inline, so that a hundred thousand elements cost no allocation each. Orders like the bytes do.
package struct KeyBytes: Hashable, Sendable, Comparable {
    /// Ten words: address, protocol, port, address of IPv6. nf_tables itself allows 64 bytes.
    package static let wordCountMax = 10

    /// In words of four bytes.
    package private(set) var wordCount: UInt8 = 0
    private var first: UInt64 = 0
    private var second: UInt64 = 0
    private var third: UInt64 = 0
    private var fourth: UInt64 = 0
    private var fifth: UInt64 = 0

    package init() {}

    /// Bytes in memory order, padded with zeros to whole words; nil when there are too many.
    package init?(bytes: some Collection<UInt8>) {
        guard bytes.count <= Self.wordCountMax * 4 else { return nil }
        var word: UInt32 = 0
        var filled = 0
        for byte in bytes {
            word = word << 8 | UInt32(byte)
            filled += 1
            if filled == 4 {
                append(word: word)
                (word, filled) = (0, 0)
            }
        }
        if filled > 0 { append(word: word << UInt32(8 * (4 - filled))) }
    }

    package var byteCount: Int { Int(wordCount) * 4 }

    /// The word at an index; its highest byte is the first one in memory.
    package subscript(index: Int) -> UInt32 {
        precondition(index >= 0 && index < Int(wordCount), "word \(index) of \(wordCount)")
        let pair = self.pair(index / 2)
        return UInt32(truncatingIfNeeded: index % 2 == 0 ? pair >> 32 : pair)
    }

    package mutating func append(word: UInt32) {
        let index = Int(wordCount)
        precondition(index < Self.wordCountMax, "a key of more than \(Self.wordCountMax * 4) bytes")
        let shifted = index % 2 == 0 ? UInt64(word) << 32 : UInt64(word)
        switch index / 2 {
        case 0: first |= shifted
        case 1: second |= shifted
        case 2: third |= shifted
        case 3: fourth |= shifted
        default: fifth |= shifted
        }
        wordCount += 1
    }

    package mutating func append(_ address: IPAddress) {
        switch address {
        case .v4(let address): append(word: address.value)
        case .v6(let address):
            for shift in [96, 64, 32, 0] as [UInt128] { append(word: UInt32(truncatingIfNeeded: address.value >> shift)) }
        }
    }

    package mutating func append(_ transport: TransportProtocol) { append(word: UInt32(transport.rawValue) << 24) }
    package mutating func append(_ port: Port) { append(word: UInt32(port.rawValue) << 16) }
    /// A number in the host's byte order, as `numgen` and `meta mark` leave it in a register.
    package mutating func append(hostOrder number: UInt32) { append(word: UInt32(bigEndian: number)) }

    package func prefix(words: Int) -> KeyBytes {
        var result = KeyBytes()
        for index in 0..<words { result.append(word: self[index]) }
        return result
    }

    /// In memory order.
    package var bytes: [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(byteCount)
        for index in 0..<Int(wordCount) {
            let word = self[index]
            result.append(UInt8(word >> 24))
            result.append(UInt8(word >> 16 & 255))
            result.append(UInt8(word >> 8 & 255))
            result.append(UInt8(word & 255))
        }
        return result
    }

    package static func < (left: KeyBytes, right: KeyBytes) -> Bool {
        for index in 0..<5 {
            let (l, r) = (left.pair(index), right.pair(index))
            if l != r { return l < r }
        }
        return left.wordCount < right.wordCount
    }

    private func pair(_ index: Int) -> UInt64 {
        switch index {
        case 0: first
        case 1: second
        case 2: third
        case 3: fourth
        default: fifth
        }
    }
}

extension KeyBytes {
    package init(_ address: IPAddress) {
        self.init()
        append(address)
    }
}
