import Glibc

/// What can go wrong between a request and its answer.
package enum NetlinkError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A system call on the socket failed.
    case system(call: String, errno: Int32)
    /// The kernel refused the request at this position of the batch, from zero.
    case refused(request: Int, NetlinkRefusal)
    /// Notifications were lost because they were not read in time: look at everything again.
    case overrun
    /// A dump was interrupted by changes more often than it is repeated.
    case interrupted
    /// The kernel's answer could not be read.
    case malformed

    package var errno: Int32? {
        switch self {
        case .system(_, let errno): errno
        case .refused(_, let refusal): refusal.errno
        case .overrun: LinuxErrno.noBuffers
        case .interrupted, .malformed: nil
        }
    }

    package var description: String {
        switch self {
        case .system(let call, let errno): "\(call): \(LinuxErrno.text(errno))"
        case .refused(_, let refusal):
            if let explanation = refusal.explanation {
                "\(LinuxErrno.text(refusal.errno)): \(explanation)"
            } else {
                LinuxErrno.text(refusal.errno)
            }
        case .overrun: "notifications were lost"
        case .interrupted: "the kernel's tables changed during every reading"
        case .malformed: "the kernel's answer is not readable"
        }
    }
}

/// The error numbers that callers of netlink decide by.
package enum LinuxErrno {
    package static let notPermitted = EPERM
    package static let noEntry = ENOENT
    package static let noProcess = ESRCH
    package static let tryAgain = EAGAIN
    package static let noAccess = EACCES
    package static let busy = EBUSY
    package static let exists = EEXIST
    package static let noDevice = ENODEV
    package static let invalid = EINVAL
    package static let noBuffers = ENOBUFS
    package static let networkUnreachable = ENETUNREACH

    /// `No such device (ENODEV 19)` without the symbol: the text of the C library and the number.
    package static func text(_ errno: Int32) -> String {
        var buffer = [CChar](repeating: 0, count: 128)
        // The POSIX form: returns a number and fills the buffer.
        guard strerror_r(errno, &buffer, buffer.count) == 0 else { return "error \(errno)" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self) + " (\(errno))"
    }
}
