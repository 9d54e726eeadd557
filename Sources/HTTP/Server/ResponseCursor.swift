import NIOCore

/// Walks the slices of a body in pieces of a size that suits sockets and TLS records: small slices are packed, large ones are cut.
struct ResponseCursor: Sendable {
    private static let pieceBytes = 64 * 1024

    private let slices: [[UInt8]]
    private var slice = 0
    private var offset = 0

    init(_ slices: [[UInt8]]) { self.slices = slices }

    /// Nil at the end.
    mutating func next(_ allocator: ByteBufferAllocator) -> ByteBuffer? {
        var buffer: ByteBuffer?
        var room = Self.pieceBytes
        while slice < slices.count, room > 0 {
            let taken = min(slices[slice].count - offset, room)
            if taken > 0 {
                if buffer == nil { buffer = allocator.buffer(capacity: min(Self.pieceBytes, remainingAtLeast(taken))) }
                buffer?.writeBytes(slices[slice][offset..<offset + taken])
                room -= taken
                offset += taken
            }
            if offset == slices[slice].count {
                slice += 1
                offset = 0
            }
        }
        return buffer
    }

    /// A good first capacity: the last slice's rest, or a whole piece when more follow.
    private func remainingAtLeast(_ taken: Int) -> Int { slice == slices.count - 1 ? taken : Self.pieceBytes }
}
