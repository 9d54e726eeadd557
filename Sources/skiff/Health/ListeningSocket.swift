import Glibc
import Lab
import NetworkTypes

/// A TCP socket that listens for one family only, so that the same port can be had once for each.
enum ListeningSocket {
    private static let backlog: Int32 = 128

    /// - Parameter address: Nil: every address of the family.
    /// - Returns: A descriptor that the caller closes or gives away.
    static func open(_ family: IPFamily, address: IPAddress? = nil, port: NetworkTypes.Port) throws -> Int32 {
        let descriptor = socket(
            family == .ipv4 ? AF_INET : AF_INET6,
            Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        guard descriptor >= 0 else { throw SystemError("open a socket", errno: errno) }
        var on: Int32 = 1
        let size = socklen_t(MemoryLayout<Int32>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, size)
        if family == .ipv6 { setsockopt(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &on, size) }
        let place = address ?? IPAddress(family: family, number: 0)
        guard SocketPlace.call(place, port, { bind(descriptor, $0, $1) }) == 0, listen(descriptor, backlog) == 0 else {
            let error = SystemError("listen on port \(port)", errno: errno)
            close(descriptor)
            throw error
        }
        return descriptor
    }
}
