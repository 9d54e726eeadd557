import CZlib

/// Compresses one answer in the gzip format, at the level that upstream uses: fast rather than small.
// SAFETY: one answer's task uses it, never two at once; zlib's state is on the heap, where its pointers to itself stay true.
final class GzipStream: @unchecked Sendable {
    private static let level: Int32 = 1
    /// 15 bits of window, and 16 for gzip's header and checksum.
    private static let windowBits: Int32 = 15 + 16
    private static let pieceBytes = 16 * 1024

    private let stream: UnsafeMutablePointer<z_stream>

    init() {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        let status = deflateInit2_(
            stream, Self.level, Z_DEFLATED, Self.windowBits, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size))
        precondition(status == Z_OK, "zlib \(status)")
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
    }

    func append(_ bytes: [UInt8], to output: inout [UInt8]) { run(bytes, Z_NO_FLUSH, &output) }

    func finish(_ output: inout [UInt8]) { run([], Z_FINISH, &output) }

    private func run(_ bytes: [UInt8], _ flush: Int32, _ output: inout [UInt8]) {
        var bytes = bytes
        // SAFETY: zlib reads `bytes` and writes `piece` only within these calls and within the counts given.
        bytes.withUnsafeMutableBufferPointer { input in
            stream.pointee.next_in = input.baseAddress
            stream.pointee.avail_in = UInt32(input.count)
            repeat {
                output += [UInt8](unsafeUninitializedCapacity: Self.pieceBytes) { piece, count in
                    stream.pointee.next_out = piece.baseAddress
                    stream.pointee.avail_out = UInt32(Self.pieceBytes)
                    deflate(stream, flush)
                    count = Self.pieceBytes - Int(stream.pointee.avail_out)
                }
            } while stream.pointee.avail_out == 0
        }
    }
}
