import Glibc

/// A system call that the kernel refused.
package struct SystemError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was tried: `mount proc on /proc`.
    package var operation: String
    package var errno: Int32

    package init(_ operation: String, errno: Int32) {
        self.operation = operation
        self.errno = errno
    }

    package var description: String { "\(operation): \(String(cString: strerror(errno)))" }
}

/// Files by path: whole reads, atomic writes, trees. Every call blocks.
package enum FileTree {
    /// A file larger than this is not one of ours.
    package static let readBytesMax = 1 << 30

    package static func read(_ path: String) throws(SystemError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemError("read \(path)", errno: errno) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw SystemError("read \(path)", errno: errno) }
            guard bytes.count + count <= readBytesMax else { throw SystemError("read \(path)", errno: EFBIG) }
            if count == 0 { return bytes }
            bytes += chunk[..<count]
        }
    }

    package static func readIfPresent(_ path: String) throws(SystemError) -> [UInt8]? {
        do throws(SystemError) {
            return try read(path)
        } catch {
            if error.errno == ENOENT { return nil }
            throw error
        }
    }

    package static func text(_ path: String) throws(SystemError) -> String {
        String(decoding: try read(path), as: UTF8.self)
    }

    package static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// Replaces the file in one step, so that a reader sees the old text or the new.
    package static func write(_ path: String, _ bytes: [UInt8], mode: UInt32 = 0o644) throws(SystemError) {
        let draft = "\(path).new"
        unlink(draft)
        try writeInPlace(draft, bytes, flags: O_CREAT | O_EXCL | O_WRONLY, mode: mode)
        guard rename(draft, path) == 0 else { throw SystemError("rename \(draft) to \(path)", errno: errno) }
    }

    package static func write(_ path: String, _ text: String, mode: UInt32 = 0o644) throws(SystemError) {
        try write(path, Array(text.utf8), mode: mode)
    }

    /// As `write(_:_:mode:)`, for content that comes in pieces; when `body` throws, nothing has changed.
    package static func write(
        _ path: String, mode: UInt32 = 0o644, _ body: (_ write: ([UInt8]) throws(SystemError) -> Void) throws -> Void
    ) throws {
        let draft = "\(path).new"
        unlink(draft)
        let descriptor = open(draft, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw SystemError("write \(draft)", errno: errno) }
        defer { close(descriptor) }
        do {
            try body { bytes throws(SystemError) in try writeAll(bytes, to: descriptor, path: draft) }
            guard rename(draft, path) == 0 else { throw SystemError("rename \(draft) to \(path)", errno: errno) }
        } catch {
            unlink(draft)
            throw error
        }
    }

    /// Writes through, for files of the kernel, which cannot be replaced.
    package static func writeInPlace(
        _ path: String, _ bytes: [UInt8], flags: Int32 = O_WRONLY, mode: UInt32 = 0
    ) throws(SystemError) {
        let descriptor = open(path, flags | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw SystemError("write \(path)", errno: errno) }
        defer { close(descriptor) }
        try writeAll(bytes, to: descriptor, path: path)
    }

    private static func writeAll(_ bytes: [UInt8], to descriptor: Int32, path: String) throws(SystemError) {
        var start = 0
        while start < bytes.count {
            let count = bytes[start...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw SystemError("write \(path)", errno: errno) }
            start += count
        }
    }

    /// Creates the directory and its parents; one that is there is left as it is.
    package static func makeDirectories(_ path: String, mode: UInt32 = 0o755) throws(SystemError) {
        var current = ""
        for part in path.split(separator: "/") {
            current += "/\(part)"
            guard mkdir(current, mode) == 0 || errno == EEXIST else {
                throw SystemError("make directory \(current)", errno: errno)
            }
        }
    }

    /// Names in a directory, sorted; nil when it is not there or no directory.
    package static func names(in path: String) -> [String]? {
        guard let directory = opendir(path) else { return nil }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                // SAFETY: the kernel ends d_name with a zero byte within its 256 bytes.
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// Removes a file, link or directory with everything below it. Links are removed, never followed; nothing is removed while
    /// something is mounted below the path, for what lies behind a mount may be anybody's.
    package static func remove(_ path: String) throws(SystemError) {
        try refuseMounts(below: path)
        try removeTree(path)
    }

    static func refuseMounts(below path: String) throws(SystemError) {
        if let point = MountPoint.below(resolve(path) ?? path, try text("/proc/self/mountinfo")).first {
            throw SystemError("remove \(path): unmount \(point) first", errno: EBUSY)
        }
    }

    private static func removeTree(_ path: String) throws(SystemError) {
        var status = stat()
        guard lstat(path, &status) == 0 else {
            if errno == ENOENT { return }
            throw SystemError("remove \(path)", errno: errno)
        }
        if status.st_mode & S_IFMT == S_IFDIR {
            for name in names(in: path) ?? [] { try removeTree("\(path)/\(name)") }
            guard rmdir(path) == 0 || errno == ENOENT else { throw SystemError("remove \(path)", errno: errno) }
        } else {
            guard unlink(path) == 0 || errno == ENOENT else { throw SystemError("remove \(path)", errno: errno) }
        }
    }

    /// Where a path leads once every link is followed; nil when it leads nowhere.
    package static func resolve(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    /// The program of this name in the directories of PATH, or where Debian puts root's programs.
    package static func program(_ name: String, path: String) -> String? {
        let directories =
            path.split(separator: ":").map(String.init) + ["/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/bin", "/bin"]
        return directories.lazy.map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
    }

    /// The program that runs now.
    package static var ownPath: String { resolve("/proc/self/exe") ?? "/proc/self/exe" }
}
