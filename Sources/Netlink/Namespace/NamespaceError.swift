/// A namespace could not be made, found or entered.
package struct NamespaceError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Reason: Hashable, Sendable {
        case system(call: String, errno: Int32)
        /// The file is there, but is no network namespace.
        case notANamespace
    }

    package var path: String
    package var reason: Reason

    package init(path: String, reason: Reason) {
        self.path = path
        self.reason = reason
    }

    package var errno: Int32? {
        if case .system(_, let errno) = reason { errno } else { nil }
    }

    package var description: String {
        switch reason {
        case .system(let call, let errno): "\(call) \(path): \(LinuxErrno.text(errno))"
        case .notANamespace: "\(path) is not a network namespace"
        }
    }
}
