import CZlib

/// Compresses as `gzip -n` does: no name, no time, so equal input gives equal bytes.
package enum Gzip {
    package static func compress(_ bytes: [UInt8], level: Int32 = 6) throws(ImageError) -> [UInt8] {
        var stream = z_stream()
        // 15 bits of window, plus 16 for a gzip header.
        var code = deflateInit2_(
            &stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard code == Z_OK else { throw ImageError.compression(code: code) }
        defer { deflateEnd(&stream) }
        var output = [UInt8](repeating: 0, count: Int(deflateBound(&stream, uLong(bytes.count))))
        let capacity = output.count
        var input = bytes
        // SAFETY: both buffers outlive the one call that reads and fills them; deflateBound's size is enough for one call.
        input.withUnsafeMutableBufferPointer { input in
            output.withUnsafeMutableBufferPointer { output in
                stream.next_in = input.baseAddress
                stream.avail_in = uInt(input.count)
                stream.next_out = output.baseAddress
                stream.avail_out = uInt(output.count)
                code = deflate(&stream, Z_FINISH)
            }
        }
        guard code == Z_STREAM_END else { throw ImageError.compression(code: code) }
        output.removeLast(capacity - Int(stream.total_out))
        return output
    }
}
