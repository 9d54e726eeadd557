import Glibc

/// Bytes that can be read at any place. Calls block.
package protocol ByteSource: Sendable {
    var byteCount: Int { get }
    /// Up to `count` bytes from `offset` (both not negative); fewer only where the source ends.
    func read(at offset: Int, count: Int) throws(SystemError) -> [UInt8]
}

extension ByteSource {
    /// Bytes that are handed on at once.
    package static var chunkBytes: Int { 1 << 18 }

    /// Hands `range` to `body` piece by piece; fewer bytes only where the source ends.
    func pieces(of range: Range<Int>, _ body: ([UInt8]) throws -> Void) throws {
        var offset = range.lowerBound
        while offset < range.upperBound {
            let piece = try read(at: offset, count: min(Self.chunkBytes, range.upperBound - offset))
            guard !piece.isEmpty else { return }
            try body(piece)
            offset += piece.count
        }
    }
}

/// An open regular file.
package final class FileSource: ByteSource {
    package let byteCount: Int
    private let path: String
    private let descriptor: Int32

    package init(_ path: String) throws(SystemError) {
        // Without O_NONBLOCK, opening a pipe would wait for its writer.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw SystemError("read \(path)", errno: errno) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw SystemError("read \(path) as a file", errno: EINVAL)
        }
        self.path = path
        self.descriptor = descriptor
        byteCount = Int(status.st_size)
    }

    deinit { close(descriptor) }

    package func read(at offset: Int, count: Int) throws(SystemError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let result = bytes[filled...].withUnsafeMutableBytes {
                pread(descriptor, $0.baseAddress, $0.count, off_t(offset + filled))
            }
            if result < 0, errno == EINTR { continue }
            guard result >= 0 else { throw SystemError("read \(path)", errno: errno) }
            if result == 0 { break }
            filled += result
        }
        bytes.removeLast(count - filled)
        return bytes
    }
}
