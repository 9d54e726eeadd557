import Glibc

/// Standard input and output of the plugin, without buffers that a crash could lose.
package enum StandardStreams {
    /// A configuration larger than this is refused.
    private static let inputBytesMax = 16 << 20
    private static let pieceBytes = 4096
    /// How long the runtime may take between two pieces of the configuration.
    package static let inputWaitMilliseconds: Int32 = 10_000

    /// Opens what the caller has closed of the three streams: else the plugin's own files would get their numbers, and the
    /// result would be written into a socket.
    ///
    /// - Returns: Whether there is a standard output to write to.
    package static func complete() -> Bool {
        var hasOutput = true
        for descriptor: Int32 in 0...2 where fcntl(descriptor, F_GETFD) < 0 {
            if descriptor == 1 { hasOutput = false }
            _ = open("/dev/null", O_RDWR)
        }
        return hasOutput
    }

    /// Everything on standard input.
    ///
    /// - Parameter wait: Milliseconds that the runtime may take between two pieces.
    package static func readInput(wait: Int32 = inputWaitMilliseconds) throws(CNIFailure) -> [UInt8] {
        var bytes: [UInt8] = []
        while true {
            var polled = pollfd(fd: 0, events: Int16(POLLIN), revents: 0)
            let ready = poll(&polled, 1, wait)
            if ready < 0, errno == EINTR { continue }
            guard ready != 0 else { throw CNIFailure(.inputOutput, "standard input was not closed in time") }
            var failure: Int32 = 0
            let piece = [UInt8](unsafeUninitializedCapacity: pieceBytes) { buffer, count in
                // SAFETY: the buffer holds `pieceBytes` bytes, and `count` says how many of them are set.
                let got = read(0, buffer.baseAddress, pieceBytes)
                failure = got < 0 ? errno : 0
                count = max(0, got)
            }
            if failure == EINTR { continue }
            guard failure == 0 else { throw CNIFailure(.inputOutput, "cannot read standard input", details: "error \(failure)") }
            if piece.isEmpty { return bytes }
            bytes += piece
            guard bytes.count <= inputBytesMax else {
                throw CNIFailure(.inputOutput, "the configuration is larger than 16 MiB")
            }
        }
    }

    /// Returns false when not all could be written.
    package static func write(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    /// The values of the variables that are set.
    package static func environment(_ names: [String]) -> [String: String] {
        var result: [String: String] = [:]
        for name in names {
            // SAFETY: nothing in this program changes the environment, so the text stays where it is.
            if let value = getenv(name) { result[name] = String(cString: value) }
        }
        return result
    }
}
