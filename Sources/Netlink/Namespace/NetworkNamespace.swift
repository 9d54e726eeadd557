import CLinux
import Glibc

/// An open network namespace. It lives at least as long as this value, whatever becomes of its file.
package final class NetworkNamespace: Sendable {
    /// What tells two namespaces apart, and one opened twice not.
    package struct Identity: Hashable, Sendable {
        package var device: UInt64
        package var inode: UInt64
    }

    /// Where namespaces are pinned by name, as `ip netns` does it.
    package static let pinDirectory = "/run/netns"

    package let path: String
    package let descriptor: Int32
    package let identity: Identity

    /// Opens a namespace file; `/proc/PID/ns/net` is one.
    package init(path: String) throws(NamespaceError) {
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        self.path = path
        var status = stat()
        let call: String? = descriptor < 0 ? "open" : fstat(descriptor, &status) < 0 ? "fstat" : nil
        identity = Identity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
        if let call { throw NamespaceError(path: path, reason: .system(call: call, errno: errno)) }
        guard skiff_namespace_type(descriptor) == SKIFF_CLONE_NEWNET else {
            throw NamespaceError(path: path, reason: .notANamespace)
        }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// The namespace of the calling thread.
    package static func current() throws(NamespaceError) -> NetworkNamespace {
        try NetworkNamespace(path: "/proc/thread-self/ns/net")
    }

    package static func named(_ name: String) throws(NamespaceError) -> NetworkNamespace {
        try NetworkNamespace(path: "\(pinDirectory)/\(name)")
    }

    /// Enters the namespace on the calling thread, runs `body`, and goes back.
    ///
    /// Only for a program with one thread, or a thread that runs nothing else meanwhile: never inside a task. Ends the
    /// program when the way back fails, for nothing after it could be trusted.
    package func visit<Result, Failure: Error>(from home: NetworkNamespace, _ body: () throws(Failure) -> Result)
        throws(VisitError<Failure>) -> Result
    {
        guard setns(descriptor, SKIFF_CLONE_NEWNET) == 0 else {
            throw .notEntered(NamespaceError(path: path, reason: .system(call: "setns", errno: errno)))
        }
        defer {
            let returned = setns(home.descriptor, SKIFF_CLONE_NEWNET)
            precondition(returned == 0, "cannot return to \(home.path): \(LinuxErrno.text(errno))")
        }
        do throws(Failure) { return try body() } catch { throw .failed(error) }
    }

    package enum VisitError<Failure: Error>: Error, CustomStringConvertible {
        case notEntered(NamespaceError)
        case failed(Failure)

        package var description: String {
            switch self {
            case .notEntered(let error): error.description
            case .failed(let error): "\(error)"
            }
        }
    }
}
