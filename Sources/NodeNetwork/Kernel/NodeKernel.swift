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

    /// The links of this node and their addresses.
    package func links() throws(NetlinkError) -> LinkTable {
        LinkTable(
            links: try transport.links(), addresses: try transport.dump(AddressMessage.list()).compactMap { AddressMessage($0) })
    }

    /// Every route of both families.
    package func routes() throws(NetlinkError) -> [RouteMessage] {
        try (transport.dump(RouteMessage.list(.ipv4)) + transport.dump(RouteMessage.list(.ipv6))).compactMap { RouteMessage($0) }
    }

    package func tunnel(_ link: LinkMessage, _ index: InterfaceIndex, _ table: LinkTable) throws(NetlinkError) -> TunnelState {
        let neighbors = try transport.dump(NeighborMessage.list(.ipv4)) + transport.dump(NeighborMessage.list(.ipv6))
        return TunnelState(
            link: link, addresses: table.addresses.filter { $0.index == index },
            neighbors: neighbors.compactMap { NeighborMessage($0) }.filter { $0.index == index },
            forwarding: try transport.dump(TunnelEntryMessage.list(on: index)).compactMap { TunnelEntryMessage($0) })
    }
}

/// Every link of a namespace with its addresses.
package struct LinkTable: Hashable, Sendable {
    package var links: [LinkMessage]
    package var addresses: [AddressMessage]

    package init(links: [LinkMessage], addresses: [AddressMessage]) {
        self.links = links
        self.addresses = addresses
    }

    package var underlay: Underlay { Underlay(links: links, addresses: addresses) }
    package func link(named name: String) -> LinkMessage? { links.first { $0.name == name } }
}
