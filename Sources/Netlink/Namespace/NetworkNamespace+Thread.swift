import CLinux
import Glibc

extension NetworkNamespace {
    /// Runs `body` on a fresh thread inside the namespace and waits for it. What it opens there stays bound to the namespace.
    package func perform<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) throws -> Result {
        let descriptor = descriptor
        let path = path
        return try FreshThread.run {
            guard setns(descriptor, SKIFF_CLONE_NEWNET) == 0 else {
                throw NamespaceError(path: path, reason: .system(call: "setns", errno: errno))
            }
            return try body()
        }
    }

    /// A socket that works in this namespace from any thread.
    package func openSocket(groups: Set<MulticastGroup> = []) throws -> NetlinkSocket {
        try perform { try NetlinkSocket(groups: groups) }
    }
}
