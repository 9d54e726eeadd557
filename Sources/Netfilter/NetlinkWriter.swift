/// A buffer of netlink messages. Everything in netlink begins at a multiple of four bytes, so the buffer is one of words.
struct NetlinkWriter {
    private(set) var words: [UInt32] = []
    private var messageStart: Int?

    init(reservingBytes count: Int = 4096) { words.reserveCapacity(count / 4) }

    var byteCount: Int { words.count * 4 }

    /// An open nested attribute.
    struct Nest {
        fileprivate let start: Int
    }

    /// Begins a message with an nfgenmsg header; ends the one before.
    mutating func begin(type: UInt16, flags: UInt16, sequence: UInt32, family: UInt8, resource: UInt16 = 0) {
        end()
        messageStart = words.count
        words.append(0)
        words.append(Self.pair(type, flags | 1))  // NLM_F_REQUEST
        words.append(sequence)
        words.append(0)
        words.append(Self.bytes(family, 0, UInt8(resource >> 8), UInt8(resource & 255)))
    }

    /// Closes the last message by writing its length.
    mutating func end() {
        guard let start = messageStart else { return }
        words[start] = UInt32((words.count - start) * 4)
        messageStart = nil
    }

    mutating func nest(_ type: UInt16) -> Nest {
        let nest = Nest(start: words.count)
        words.append(Self.pair(0, type | 0x8000))  // NLA_F_NESTED
        return nest
    }

    mutating func close(_ nest: Nest) {
        let length = (words.count - nest.start) * 4
        precondition(length <= 0xffff, "nested attribute of \(length) bytes")
        words[nest.start] = Self.pair(UInt16(length), Self.second(words[nest.start]))
    }

    /// Bytes in the open attribute so far, header included.
    func length(of nest: Nest) -> Int { (words.count - nest.start) * 4 }

    /// In network order.
    mutating func put(_ type: UInt16, _ number: UInt32) {
        words.append(Self.pair(8, type))
        words.append(number.bigEndian)
    }

    /// In the host's order.
    mutating func put(_ type: UInt16, hostOrder number: UInt32) {
        words.append(Self.pair(8, type))
        words.append(number)
    }

    mutating func put(_ type: UInt16, bytes: some Collection<UInt8>) {
        words.append(Self.pair(UInt16(4 + bytes.count), type))
        append(bytes)
    }

    /// With the final zero.
    mutating func put(_ type: UInt16, _ text: String) {
        var bytes = Array(text.utf8)
        bytes.append(0)
        put(type, bytes: bytes)
    }

    /// An attribute of whole words whose highest byte comes first.
    mutating func put(_ type: UInt16, count: Int, bigEndianWord: (Int) -> UInt32) {
        words.append(Self.pair(UInt16(4 + count * 4), type))
        for index in 0..<count { words.append(bigEndianWord(index).bigEndian) }
    }

    /// A finished message made elsewhere.
    mutating func append(message: UnsafeRawBufferPointer) {
        end()
        append(message)
    }

    private mutating func append(_ bytes: some Collection<UInt8>) {
        var part: (UInt8, UInt8, UInt8, UInt8) = (0, 0, 0, 0)
        var filled = 0
        for byte in bytes {
            switch filled {
            case 0: part.0 = byte
            case 1: part.1 = byte
            case 2: part.2 = byte
            default: part.3 = byte
            }
            filled += 1
            if filled == 4 {
                words.append(Self.bytes(part.0, part.1, part.2, part.3))
                (part, filled) = ((0, 0, 0, 0), 0)
            }
        }
        if filled > 0 { words.append(Self.bytes(part.0, part.1, part.2, part.3)) }
    }

    /// Two 16-bit numbers in the host's order, as they follow each other in memory.
    private static func pair(_ first: UInt16, _ second: UInt16) -> UInt32 {
        #if _endian(little)
        UInt32(first) | UInt32(second) << 16
        #else
        UInt32(first) << 16 | UInt32(second)
        #endif
    }

    /// In bytes, header included, of the attribute that begins with this word.
    static func length(ofAttribute word: UInt32) -> Int {
        #if _endian(little)
        Int(word & 0xffff)
        #else
        Int(word >> 16)
        #endif
    }

    private static func second(_ word: UInt32) -> UInt16 {
        #if _endian(little)
        UInt16(word >> 16)
        #else
        UInt16(word & 0xffff)
        #endif
    }

    private static func bytes(_ a: UInt8, _ b: UInt8, _ c: UInt8, _ d: UInt8) -> UInt32 {
        UInt32(bigEndian: UInt32(a) << 24 | UInt32(b) << 16 | UInt32(c) << 8 | UInt32(d))
    }
}
