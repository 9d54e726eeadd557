import CLinux
import Glibc
import NetworkTypes

/// The sockets of a node's name server. The node's pid 1 holds them and hands them to each agent that it starts: what is asked while
/// an agent restarts waits in them for the next one.
package enum NameServerSockets {
    /// UDP sockets for each address, which as many threads read from.
    static let datagramSockets = 2
    static let port: UInt16 = 53
    /// As the agent puts it on the node.
    static let linkLocal = IPAddress.v4(IPv4Address(169, 254, 20, 10))

    /// The tenth address of each range of Service addresses, and the link-local one. They need not be there yet.
    static func addresses(services: [CIDR]) -> [IPAddress] {
        services.compactMap { $0.address(at: 10) } + [linkLocal]
    }

    /// In the network namespace of the calling thread.
    static func open(_ addresses: [IPAddress]) throws(SystemError) -> [Int32] {
        var opened: [Int32] = []
        for address in addresses {
            let family = address.family == .ipv4 ? AF_INET : AF_INET6
            let types = [Int32](repeating: Int32(SOCK_DGRAM.rawValue), count: datagramSockets) + [Int32(SOCK_STREAM.rawValue)]
            for type in types {
                let socket = address.bytes.withUnsafeBufferPointer { skiff_name_socket(family, type, $0.baseAddress, port) }
                guard socket >= 0 else {
                    for other in opened { close(other) }
                    throw SystemError("serve names at \(address)", errno: -socket)
                }
                opened.append(socket)
            }
        }
        return opened
    }
}
