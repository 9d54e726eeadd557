import Glibc

/// Kernel settings of one network namespace, the files below `/proc/sys/net`.
package struct Sysctl: Sendable {
    #if !hasFeature(Embedded)  // no threads there
    private let namespace: NetworkNamespace?

    /// - Parameter namespace: Nil: the namespace of the calling thread.
    package init(in namespace: NetworkNamespace? = nil) { self.namespace = namespace }

    /// - Parameter key: Path parts with slashes, for interface names may hold dots: `net/ipv4/ip_forward`.
    package func read(_ key: String) throws -> String { try inNamespace { try Self.read(key) } }

    package func write(_ key: String, _ value: String) throws { try inNamespace { try Self.write(key, value) } }

    private func inNamespace<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) throws -> Result {
        if let namespace { try namespace.perform(body) } else { try body() }
    }
    #endif

    /// Reads in the namespace of the calling thread.
    package static func read(_ key: String) throws(NamespaceError) -> String {
        let path = "/proc/sys/\(key)"
        let file = try openFile(path, O_RDONLY)
        defer { close(file) }
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = Glibc.read(file, &buffer, buffer.count)
        guard count >= 0 else { throw NamespaceError(path: path, reason: .system(call: "read", errno: errno)) }
        var text = String(decoding: buffer[..<count], as: UTF8.self)
        if text.hasSuffix("\n") { text.removeLast() }
        return text
    }

    /// Writes in the namespace of the calling thread.
    package static func write(_ key: String, _ value: String) throws(NamespaceError) {
        let path = "/proc/sys/\(key)"
        let file = try openFile(path, O_WRONLY)
        defer { close(file) }
        let bytes = Array(value.utf8)
        guard Glibc.write(file, bytes, bytes.count) == bytes.count else {
            throw NamespaceError(path: path, reason: .system(call: "write", errno: errno))
        }
    }

    private static func openFile(_ path: String, _ mode: Int32) throws(NamespaceError) -> Int32 {
        let file = open(path, mode | O_CLOEXEC)
        guard file >= 0 else { throw NamespaceError(path: path, reason: .system(call: "open", errno: errno)) }
        return file
    }
}
