package import Netlink
import NetworkTypes

/// The kernel of this node as routing uses it: a socket for requests, one for notifications, and settings. Opened in the
/// node's network namespace. Calls block.
package struct NodeKernel: Sendable {
    package var transport: any NetlinkTransport
    package var sysctl: Sysctl
    /// Nil: changes by others are noticed only by looking again from time to time.
    package var monitor: RouteMonitor?

    package init(transport: any NetlinkTransport, sysctl: Sysctl, monitor: RouteMonitor? = nil) {
        self.transport = transport
        self.sysctl = sysctl
        self.monitor = monitor
    }

    /// - Parameter namespace: Nil: the process's own.
    package init(in namespace: NetworkNamespace? = nil) throws {
        let open: @Sendable () throws -> (NetlinkSocket, RouteMonitor) = { (try NetlinkSocket(), try RouteMonitor()) }
        let (socket, monitor) = if let namespace { try namespace.perform(open) } else { try FreshThread.run(open) }
        self.init(transport: socket, sysctl: Sysctl(in: namespace), monitor: monitor)
    }

    package func underlay() throws(NetlinkError) -> Underlay {
        Underlay(
            links: try transport.links(), addresses: try transport.dump(AddressMessage.list()).compactMap { AddressMessage($0) })
    }

    /// Every route of both families.
    package func routes() throws(NetlinkError) -> [RouteMessage] {
        try (transport.dump(RouteMessage.list(.ipv4)) + transport.dump(RouteMessage.list(.ipv6))).compactMap { RouteMessage($0) }
    }
}
