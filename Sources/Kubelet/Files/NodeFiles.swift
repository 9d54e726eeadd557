import Glibc

/// A refused file operation.
struct FileError: Error, Hashable, Sendable, CustomStringConvertible {
    var operation: String
    var path: String
    var errno: Int32

    var description: String { "\(operation) \(path): \(String(cString: strerror(errno)))" }
}

/// Files and mounts on the node. Calls are short; none waits for a network.
enum NodeFiles {
    private static func check(_ result: Int32, _ operation: String, _ path: String) throws(FileError) {
        if result != 0 { throw FileError(operation: operation, path: path, errno: errno) }
    }

    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    static func isDirectory(_ path: String) -> Bool {
        var info = stat()
        return stat(path, &info) == 0 && info.st_mode & S_IFMT == S_IFDIR
    }

    static func makeDirectories(_ path: String, mode: mode_t = 0o755) throws(FileError) {
        var built = ""
        for part in path.split(separator: "/") {
            built += "/" + part
            if mkdir(built, mode) != 0, errno != EEXIST { throw FileError(operation: "mkdir", path: built, errno: errno) }
        }
    }

    static func setMode(_ path: String, _ mode: mode_t) throws(FileError) { try check(chmod(path, mode), "chmod", path) }
    static func setGroup(_ path: String, _ group: Int64) throws(FileError) {
        try check(chown(path, uid_t.max, gid_t(truncatingIfNeeded: group)), "chown", path)
    }

    static func write(_ path: String, _ bytes: [UInt8], mode: mode_t = 0o644) throws(FileError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw FileError(operation: "open", path: path, errno: errno) }
        defer { close(descriptor) }
        var position = 0
        while position < bytes.count {
            let count = bytes[position...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { throw FileError(operation: "write", path: path, errno: errno) }
            position += count
        }
        try check(fchmod(descriptor, mode), "chmod", path)
    }

    /// The whole file, at most `bytesMax`; nil when it cannot be read.
    static func read(_ path: String, bytesMax: Int = 16 << 20) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var result: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65536)
        while result.count < bytesMax {
            let count = Glibc.read(descriptor, &chunk, min(chunk.count, bytesMax - result.count))
            guard count > 0 else { break }
            result += chunk[..<count]
        }
        return result
    }

    static func text(_ path: String) -> String? { read(path).map { String(decoding: $0, as: UTF8.self) } }

    /// Names in a directory without `.` and `..`; empty when it cannot be read.
    static func list(_ path: String) -> [String] {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                // SAFETY: d_name is NUL-terminated within its 256 bytes.
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// Removes a file or a whole tree; what is not there is no error. Never crosses into another filesystem's mount: rmdir
    /// of a mount point fails and is reported.
    static func remove(_ path: String) throws(FileError) {
        var info = stat()
        guard lstat(path, &info) == 0 else { return }
        if info.st_mode & S_IFMT == S_IFDIR {
            for name in list(path) { try remove("\(path)/\(name)") }
            try check(rmdir(path), "rmdir", path)
        } else {
            try check(unlink(path), "unlink", path)
        }
    }

    static func link(_ target: String, at path: String) throws(FileError) { try check(symlink(target, path), "symlink", path) }
    static func move(_ from: String, to path: String) throws(FileError) { try check(rename(from, path), "rename", path) }

    static func readLink(_ path: String) -> String? {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = readlink(path, &buffer, buffer.count)
        return count > 0 ? String(decoding: buffer[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self) : nil
    }

    /// Whether a filesystem is mounted exactly here.
    static func isMountPoint(_ path: String) -> Bool {
        (text("/proc/self/mountinfo") ?? "").split(separator: "\n").contains { line in
            let fields = line.split(separator: " ")
            return fields.count > 4 && fields[4] == path
        }
    }

    static func mountTmpfs(_ path: String, sizeBytes: Int64?) throws(FileError) {
        guard !isMountPoint(path) else { return }
        let options = sizeBytes.map { "size=\($0),mode=777" } ?? "mode=777"
        try check(mount("tmpfs", path, "tmpfs", 0, options), "mount", path)
    }

    static func unmount(_ path: String) throws(FileError) {
        guard isMountPoint(path) else { return }
        try check(umount2(path, Int32(MNT_DETACH)), "umount", path)
    }
}

extension NodeFiles {
    static func removeEmptyDirectory(_ path: String) { rmdir(path) }

    /// Writes to a kernel file; a refusal is ignored.
    static func overwrite(_ path: String, _ value: String) {
        let descriptor = open(path, O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        let bytes = Array(value.utf8)
        _ = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
    }
}
