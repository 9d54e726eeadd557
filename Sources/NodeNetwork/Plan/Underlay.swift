package import Netlink
package import NetworkTypes

/// The links that connect this node to others: those with addresses, `lo` and our tunnels apart. Host ends of pods have none.
package struct Underlay: Hashable, Sendable {
    package struct Link: Hashable, Sendable {
        package var index: InterfaceIndex
        package var name: String
        package var mtu: UInt32
        package var isUp: Bool
        package var addresses: [InterfaceAddress]

        package init(index: InterfaceIndex, name: String, mtu: UInt32, isUp: Bool = true, addresses: [InterfaceAddress]) {
            self.index = index
            self.name = name
            self.mtu = mtu
            self.isUp = isUp
            self.addresses = addresses
        }
    }

    package var links: [Link]

    package init(links: [Link]) { self.links = links }

    package init(links: [LinkMessage], addresses: [AddressMessage]) {
        let addresses = Dictionary(grouping: addresses.filter { !$0.address.address.isLinkLocal }) { $0.index }
        self.links = links.compactMap { link in
            let name = link.name ?? ""
            let isTunnel = IPFamily.allCases.contains { TunnelPlan.deviceName($0) == name }
            guard let index = link.index, !link.flags.contains(.loopback), !isTunnel else { return nil }
            guard let own = addresses[index]?.map(\.address) else { return nil }
            return Link(index: index, name: name, mtu: link.mtu ?? 1500, isUp: link.isUp, addresses: own)
        }
    }

    /// The link on which an address can be reached without a router; nil when there is none that is up.
    package func link(reaching address: IPAddress) -> Link? {
        links.first { link in link.isUp && link.addresses.contains { $0.network.contains(address) } }
    }

    /// The link that has one of the addresses.
    package func link(having addresses: [IPAddress]) -> Link? {
        links.first { link in link.addresses.contains { addresses.contains($0.address) } }
    }
}
