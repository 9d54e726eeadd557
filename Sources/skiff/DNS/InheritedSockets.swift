import Glibc

/// Sockets that a service manager opened and holds: what is asked while the server restarts waits in them.
///
/// - SeeAlso: `sd_listen_fds(3)`.
enum InheritedSockets {
    private static let first: Int32 = 3
    private static let countMax: Int32 = 64

    /// Nil: nobody passed any to this process. Programs that we start get none of them.
    static func taken(from environment: [String: String]) -> [Int32]? {
        guard environment["LISTEN_PID"].flatMap({ Int32($0) }) == getpid(),
            let count = environment["LISTEN_FDS"].flatMap({ Int32($0) }), (1...countMax).contains(count)
        else { return nil }
        return take(count)
    }

    /// Descriptors from 3 on.
    static func take(_ count: Int32) -> [Int32] {
        let descriptors = Array(first..<(first + count))
        for descriptor in descriptors { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        return descriptors
    }
}
