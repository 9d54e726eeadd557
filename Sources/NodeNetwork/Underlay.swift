package import Netlink
package import NetworkTypes

/// The links that connect this node to others: those with addresses, `lo` apart. Host ends of pods have none.
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
        self.links = links.compactMap { link in
            guard let index = link.index, !link.flags.contains(.loopback) else { return nil }
            let own = addresses.filter { $0.index == index && !$0.address.address.isLinkLocal }.map(\.address)
            guard !own.isEmpty else { return nil }
            return Link(index: index, name: link.name ?? "", mtu: link.mtu ?? 1500, isUp: link.isUp, addresses: own)
        }
    }

    /// The link on which an address can be reached without a router; nil when there is none that is up.
    package func link(reaching address: IPAddress) -> Link? {
        links.first { link in link.isUp && link.addresses.contains { $0.network.contains(address) } }
    }

    /// The MTU for pods: that of the link which has the node's address, else the least of all.
    package func podMTU(nodeAddresses: [IPAddress]) -> UInt32? {
        let own = links.first { link in link.addresses.contains { nodeAddresses.contains($0.address) } }
        return own?.mtu ?? links.map(\.mtu).min()
    }
}
