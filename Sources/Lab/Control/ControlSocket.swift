import Glibc
import JSON

/// The unix socket over which commands reach the supervisor.
///
/// A socket's path is short (107 bytes), a data directory may not be: both ends name it through a descriptor of its directory.
package enum ControlSocket {
    /// A longer line is refused.
    package static let lineBytesMax = 1 << 20
    /// Neither end waits longer for the other's next byte but for `down`, which takes as long as it takes.
    static let timeoutSeconds = 10

    package static func listen(_ path: String) throws(SystemError) -> Int32 {
        unlink(path)
        let descriptor = try connected(path) { bind($0, $1, $2) }
        chmod(path, 0o600)
        guard Glibc.listen(descriptor, 16) == 0 else { throw SystemError("listen on \(path)", errno: errno) }
        return descriptor
    }

    /// Takes one request and answers it; false when nobody asked anything readable.
    package static func serve(_ listener: Int32, _ answer: (ControlRequest) -> ControlReply) {
        let client = accept(listener, nil, nil)
        guard client >= 0 else { return }
        defer { close(client) }
        limit(client, seconds: 2)
        guard let line = readLine(client), let json = try? JSONParser.parse(line) else { return }
        let reply = ControlRequest(json: json).map(answer) ?? ControlReply(error: "the supervisor does not know this command")
        send(client, JSONWriter.write(reply.json) + [0x0a])
    }

    /// Asks the supervisor; nil when none listens.
    package static func ask(_ path: String, _ request: ControlRequest) throws -> ControlReply? {
        let descriptor: Int32
        do throws(SystemError) {
            descriptor = try connected(path) { connect($0, $1, $2) }
        } catch {
            if error.errno == ENOENT || error.errno == ECONNREFUSED || error.errno == ENOTDIR { return nil }
            throw error
        }
        defer { close(descriptor) }
        limit(descriptor, seconds: request == .down ? 120 : timeoutSeconds)
        send(descriptor, JSONWriter.write(request.json) + [0x0a])
        guard let line = readLine(descriptor) else { throw SystemError("the supervisor gave no answer", errno: ETIMEDOUT) }
        return ControlReply(json: try JSONParser.parse(line))
    }

    private static func connected(
        _ path: String, _ call: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) throws(SystemError) -> Int32 {
        let parts = path.split(separator: "/")
        let directory = open("/" + parts.dropLast().joined(separator: "/"), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0, let name = parts.last else { throw SystemError("open \(path)", errno: errno) }
        defer { close(directory) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let short = Array("/proc/self/fd/\(directory)/\(name)".utf8)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: short.prefix($0.count - 1)) }
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw SystemError("socket", errno: errno) }
        let result = withUnsafePointer(to: &address) {
            // SAFETY: sockaddr_un is a sockaddr of family AF_UNIX, and its own size is passed.
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                call(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else {
            let error = SystemError("connect to \(path)", errno: errno)
            close(descriptor)
            throw error
        }
        return descriptor
    }

    private static func limit(_ descriptor: Int32, seconds: Int) {
        var time = timeval(tv_sec: seconds, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(descriptor, SOL_SOCKET, option, &time, socklen_t(MemoryLayout<timeval>.size))
        }
    }

    private static func send(_ descriptor: Int32, _ bytes: [UInt8]) {
        var start = 0
        while start < bytes.count {
            let count = bytes[start...].withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return }
            start += count
        }
    }

    private static func readLine(_ descriptor: Int32) -> [UInt8]? {
        var line: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while line.count < lineBytesMax {
            let count = read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return nil }
            line += chunk[..<count]
            if let end = line.firstIndex(of: 0x0a) { return Array(line[..<end]) }
        }
        return nil
    }
}
