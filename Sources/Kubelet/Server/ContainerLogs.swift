import Glibc
import HTTP

/// Streams one container's log file, and follows it across rotations.
struct ContainerLogs: Sendable {
    var path: String
    var options: LogOptions
    var clock: any Clock<Duration>
    /// Whether more may come.
    var isRunning: @Sendable () async -> Bool

    static let pollInterval: Duration = .milliseconds(200)

    func write(to writer: any BodyWriter) async throws {
        var filter = LogFilter(options)
        var file = try LogFile(path)
        defer { file.close() }
        if let lines = options.tailLines {
            file.position = LogFilter.tailOffset(size: file.size, lines: lines) { file.bytes($0) }
        }
        var wasRunning = options.follow ? await isRunning() : false
        while !filter.isFull {
            let chunk = file.next()
            if !chunk.isEmpty {
                let output = filter.feed(chunk)
                if !output.isEmpty { try await writer.write(output) }
                continue
            }
            guard options.follow else { return }
            if let rotated = file.replacement(at: path) {
                file.close()
                file = rotated
                continue
            }
            // One more look after the end, because the runtime writes the last lines when the process is already gone.
            guard wasRunning else { return }
            wasRunning = await isRunning()
            try await clock.sleep(for: Self.pollInterval)
        }
    }
}

/// An open log file and how far it was read.
struct LogFile {
    private let descriptor: Int32
    private let inode: UInt
    var position = 0

    init(_ path: String) throws(FileError) {
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError(operation: "open", path: path, errno: errno) }
        var info = stat()
        fstat(descriptor, &info)
        inode = info.st_ino
    }

    var size: Int {
        var info = stat()
        return fstat(descriptor, &info) == 0 ? Int(info.st_size) : 0
    }

    func bytes(_ range: Range<Int>) -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: range.count)
        let count = pread(descriptor, &buffer, range.count, off_t(range.lowerBound))
        return Array(buffer.prefix(max(0, count)))
    }

    mutating func next() -> [UInt8] {
        if size < position { position = 0 }
        let chunk = bytes(position..<(position + 65536))
        position += chunk.count
        return chunk
    }

    /// The file that took this one's name, if one did.
    func replacement(at path: String) -> LogFile? {
        var info = stat()
        guard stat(path, &info) == 0, info.st_ino != inode else { return nil }
        return try? LogFile(path)
    }

    func close() { Glibc.close(descriptor) }
}
