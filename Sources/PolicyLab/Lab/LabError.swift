import Glibc
import Netlink

/// Why packets cannot be sent on this machine, or not through rules.
package struct LabError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Reason: Hashable, Sendable {
        /// A namespace was refused; the text says what to change.
        case namespace(String)
        /// The kernel has no nf_tables, or does not let us at it.
        case rules(String)
        case network(String)
        /// Too many hosts for this machine's limits.
        case limit(String)
        /// The control probe did not behave: rules load, and deny nothing, or nothing gets through.
        case control(String)
    }

    package var reason: Reason

    package init(_ reason: Reason) { self.reason = reason }

    package var description: String {
        switch reason {
        case .namespace(let text), .rules(let text), .network(let text), .limit(let text), .control(let text): text
        }
    }
}

extension LabError {
    /// What an errno of a system call says, with `LinuxErrno`'s words.
    static func system(_ call: String, _ errno: Int32) -> LabError {
        if errno == EMFILE || errno == ENFILE || errno == ENOSPC {
            return LabError(.limit("\(call): \(LinuxErrno.text(errno)); raise the limit (ulimit -n), or give fewer pods"))
        }
        return LabError(.network("\(call): \(LinuxErrno.text(errno))"))
    }
}
