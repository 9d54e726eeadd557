import CZlib

/// A connection between SPDY header lists and compressed blocks. Both directions keep state from block to block, so blocks must be
/// made in the order in which they are sent, and read in the order in which they came.
package struct SPDYHeader: Hashable, Sendable {
    package var name: String
    package var value: String

    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

enum SPDYHeaderError: Error, Hashable, Sendable {
    case corrupt(zlib: Int32)
    case tooLarge
    case malformed
}

/// One direction of zlib on the heap, where its pointers to itself stay true.
// SAFETY: used by one owner at a time, under the lock of its connection.
final class SPDYHeaderCompressor: @unchecked Sendable {
    private let stream: UnsafeMutablePointer<z_stream>

    init() {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        let status = deflateInit_(stream, Z_BEST_COMPRESSION, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        precondition(status == Z_OK, "zlib \(status)")
        deflateSetDictionary(stream, SPDYDictionary.bytes, UInt32(SPDYDictionary.bytes.count))
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
    }

    func compress(_ headers: [SPDYHeader]) -> [UInt8] {
        var block = BigEndian.bytes(UInt32(headers.count))
        for header in headers {
            for text in [header.name, header.value] { block += BigEndian.bytes(UInt32(text.utf8.count)) + Array(text.utf8) }
        }
        var output: [UInt8] = []
        // SAFETY: zlib reads `block` and writes `piece` only within these calls and within the counts given.
        block.withUnsafeMutableBufferPointer { input in
            stream.pointee.next_in = input.baseAddress
            stream.pointee.avail_in = UInt32(input.count)
            repeat {
                output += [UInt8](unsafeUninitializedCapacity: 4096) { piece, count in
                    stream.pointee.next_out = piece.baseAddress
                    stream.pointee.avail_out = 4096
                    deflate(stream, Z_SYNC_FLUSH)
                    count = 4096 - Int(stream.pointee.avail_out)
                }
            } while stream.pointee.avail_out == 0
        }
        return output
    }
}

// SAFETY: used by one owner at a time, under the lock of its connection.
final class SPDYHeaderDecompressor: @unchecked Sendable {
    private static let blockBytesMax = 256 * 1024

    private let stream: UnsafeMutablePointer<z_stream>

    init() {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        let status = inflateInit_(stream, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        precondition(status == Z_OK, "zlib \(status)")
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    func decompress(_ block: [UInt8]) throws(SPDYHeaderError) -> [SPDYHeader] { try Self.parse(try inflated(block)) }

    private func inflated(_ block: [UInt8]) throws(SPDYHeaderError) -> [UInt8] {
        var output: [UInt8] = []
        var block = block
        var status = Z_OK
        // SAFETY: zlib reads `block` and writes `piece` only within these calls and within the counts given.
        block.withUnsafeMutableBufferPointer { input in
            stream.pointee.next_in = input.baseAddress
            stream.pointee.avail_in = UInt32(input.count)
            repeat {
                output += [UInt8](unsafeUninitializedCapacity: 4096) { piece, count in
                    stream.pointee.next_out = piece.baseAddress
                    stream.pointee.avail_out = 4096
                    status = inflate(stream, Z_SYNC_FLUSH)
                    if status == Z_NEED_DICT {
                        status = inflateSetDictionary(stream, SPDYDictionary.bytes, UInt32(SPDYDictionary.bytes.count))
                        if status == Z_OK { status = inflate(stream, Z_SYNC_FLUSH) }
                    }
                    count = 4096 - Int(stream.pointee.avail_out)
                }
            } while status == Z_OK && (stream.pointee.avail_out == 0 || stream.pointee.avail_in > 0)
                && output.count <= Self.blockBytesMax
        }
        // A buffer error says that there was nothing left to do.
        guard status == Z_OK || status == Z_BUF_ERROR else { throw .corrupt(zlib: status) }
        if output.count > Self.blockBytesMax { throw .tooLarge }
        return output
    }

    private static func parse(_ bytes: [UInt8]) throws(SPDYHeaderError) -> [SPDYHeader] {
        var position = 0
        func number() throws(SPDYHeaderError) -> Int {
            guard position + 4 <= bytes.count else { throw .malformed }
            defer { position += 4 }
            return Int(BigEndian.number(bytes[position..<position + 4]))
        }
        func text() throws(SPDYHeaderError) -> String {
            let count = try number()
            guard count <= bytes.count - position else { throw .malformed }
            defer { position += count }
            return String(decoding: bytes[position..<position + count], as: UTF8.self)
        }
        let count = try number()
        guard count <= bytes.count / 8 else { throw .malformed }
        var headers: [SPDYHeader] = []
        for _ in 0..<count { headers.append(SPDYHeader(try text(), try text())) }
        return headers
    }
}

/// Numbers of a wire format, high byte first.
enum BigEndian {
    static func bytes(_ number: UInt32) -> [UInt8] { [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> UInt32($0)) } }
    static func number(_ bytes: some Sequence<UInt8>) -> UInt32 { bytes.reduce(0) { $0 << 8 | UInt32($1) } }
}
