/// gRPC's length-prefixed messages: one byte of flags, four bytes of length, then the message.
struct MessageDeframer {
    private var buffer: [UInt8] = []
    private let messageBytesMax: Int

    init(messageBytesMax: Int) { self.messageBytesMax = messageBytesMax }

    var isEmpty: Bool { buffer.isEmpty }

    /// Takes bytes in any chunking; gives the messages that they complete.
    mutating func feed(_ bytes: some Collection<UInt8>) throws(GRPCError) -> [[UInt8]] {
        buffer.append(contentsOf: bytes)
        var messages: [[UInt8]] = []
        var position = 0
        while buffer.count - position >= 5 {
            guard buffer[position] == 0 else { throw GRPCError(.unimplemented, "compressed message") }
            let length = buffer[position + 1..<position + 5].reduce(0) { $0 << 8 | Int($1) }
            guard length <= messageBytesMax else {
                throw GRPCError(.resourceExhausted, "received message larger than max (\(length) vs. \(messageBytesMax))")
            }
            guard buffer.count - position - 5 >= length else { break }
            messages.append(Array(buffer[position + 5..<position + 5 + length]))
            position += 5 + length
        }
        buffer.removeFirst(position)
        return messages
    }

    static func header(length: Int) -> [UInt8] {
        [0, UInt8(length >> 24 & 0xff), UInt8(length >> 16 & 0xff), UInt8(length >> 8 & 0xff), UInt8(length & 0xff)]
    }
}
