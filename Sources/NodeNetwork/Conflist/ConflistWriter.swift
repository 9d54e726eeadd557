import Glibc
import JSON
import Netlink
package import NetworkTypes

/// Puts the conflist where the runtime looks for it. Its calls block.
package struct ConflistWriter: Sendable {
    /// `/etc/cni/net.d` of the node.
    package var directory: String

    package init(directory: String = "/etc/cni/net.d") { self.directory = directory }

    package struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
        package var call: String
        package var path: String
        package var errno: Int32
        package var description: String { "\(call) \(path): \(LinuxErrno.text(errno))" }
    }

    /// Writes the file unless it is there with the same content.
    ///
    /// containerd's watcher reacts to a rename only when the old name lay in the directory, and reads at once; so the new file
    /// is complete before it gets its name, and another file comes and goes after it, to be sure of one more reading.
    /// - Returns: Whether it was written.
    package func write(_ conflist: Conflist) throws(Failure) -> Bool {
        let path = "\(directory)/\(Conflist.fileName)"
        let bytes = JSONWriter.write(conflist.json) + [UInt8(ascii: "\n")]
        if read(path) == bytes { return false }
        try makeDirectory()
        // No suffix that the runtime would load.
        let temporary = "\(directory)/.\(Conflist.fileName).tmp"
        try create(temporary, bytes)
        guard rename(temporary, path) == 0 else { throw Failure(call: "rename", path: path, errno: errno) }
        let scratch = "\(directory)/.skiff.touch"
        try create(scratch, [])
        unlink(scratch)
        return true
    }

    /// The ranges that the file there gives out; empty without a file of ours.
    package func currentPodCIDRs() -> [CIDR] {
        guard let bytes = read("\(directory)/\(Conflist.fileName)"), let json = try? JSONParser.parse(bytes) else { return [] }
        let texts = json["plugins"]?.array?.first?["podCIDRs"]?.array ?? []
        return texts.compactMap { $0.string.flatMap { CIDR(parsing: $0) } }
    }

    private func makeDirectory() throws(Failure) {
        var path = ""
        for part in directory.split(separator: "/") {
            path += "/\(part)"
            if mkdir(path, 0o755) < 0, errno != EEXIST { throw Failure(call: "mkdir", path: path, errno: errno) }
        }
    }

    private func create(_ path: String, _ bytes: [UInt8]) throws(Failure) {
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw Failure(call: "create", path: path, errno: errno) }
        defer { close(file) }
        guard Glibc.write(file, bytes, bytes.count) == bytes.count else {
            throw Failure(call: "write", path: path, errno: errno)
        }
        guard fsync(file) == 0 else { throw Failure(call: "fsync", path: path, errno: errno) }
    }

    /// Nil when there is no such file, or none of a conflist's size.
    private func read(_ path: String) -> [UInt8]? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var buffer = [UInt8](repeating: 0, count: 65536)
        let count = Glibc.read(file, &buffer, buffer.count)
        return count < 0 ? nil : Array(buffer[..<count])
    }
}
