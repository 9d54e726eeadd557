package import Netlink
import NetworkTypes

/// What the kernel holds of one tunnel's device.
package struct TunnelState: Hashable, Sendable {
    package var link: LinkMessage
    package var addresses: [AddressMessage]
    /// Of both families, on this device.
    package var neighbors: [NeighborMessage]
    package var forwarding: [TunnelEntryMessage]

    package init(
        link: LinkMessage, addresses: [AddressMessage] = [], neighbors: [NeighborMessage] = [],
        forwarding: [TunnelEntryMessage] = []
    ) {
        self.link = link
        self.addresses = addresses
        self.neighbors = neighbors
        self.forwarding = forwarding
    }
}

/// What turns a tunnel's device in the kernel into the planned one.
///
/// Entries for link addresses come before the routes that need them and go after those; both kinds are exchanged one by one.
package enum TunnelDifference {
    /// The steps that a device needs before its number is known.
    package enum Device: Hashable, Sendable {
        case keep
        case create
        /// Its settings cannot be changed in place.
        case recreate
    }

    package static func device(_ link: LinkMessage?, _ plan: TunnelPlan) -> Device {
        guard let link else { return .create }
        return link.kind == .vxlan(plan.settings) && link.address == plan.linkAddress ? .keep : .recreate
    }

    /// A device that forwards, believes every way back, and makes no addresses of its own.
    package static func creation(of plan: TunnelPlan) -> LinkMessage {
        var link = LinkMessage(name: plan.name)
        link.kind = .vxlan(plan.settings)
        link.address = plan.linkAddress
        link.mtu = plan.mtu
        return link
    }

    package static func setUp(_ index: InterfaceIndex, _ plan: TunnelPlan) -> LinkMessage {
        var link = LinkMessage(index: index)
        link.mtu = plan.mtu
        link.ipv4 = LinkMessage.IPv4Settings(forwarding: true, sendRedirects: false, reversePathFilter: 0)
        link.ipv6AddressGeneration = 1
        link.setUp()
        return link
    }

    /// Requests in order, without those for routes.
    package static func requests(from state: TunnelState, to plan: TunnelPlan, on index: InterfaceIndex) -> [NetlinkMessage] {
        var requests: [NetlinkMessage] = []
        if !state.link.isUp || state.link.mtu != plan.mtu { requests.append(setUp(index, plan).change) }
        requests += addresses(state, plan, index)
        let neighbors = Set(plan.neighbors(on: index))
        let known = Set(state.neighbors.filter { $0.state == NeighborMessage.permanent })
        let gateways = Set(neighbors.map(\.address))
        requests += plan.neighbors(on: index).filter { !known.contains($0) }.map(\.replace)
        let entries = Set(plan.forwarding(on: index))
        let linkAddresses = Set(entries.map(\.linkAddress))
        // A second entry for a link address would send every frame twice; it goes before the right one comes.
        let wrong = state.forwarding.filter { !entries.contains($0) }
        let present = Set(state.forwarding)
        requests += wrong.filter { linkAddresses.contains($0.linkAddress) }.map(\.delete)
        let removed = Set(wrong.map(\.linkAddress))
        requests += plan.forwarding(on: index).filter { !present.contains($0) || removed.contains($0.linkAddress) }.map(\.replace)
        requests += wrong.filter { !linkAddresses.contains($0.linkAddress) }.map(\.delete)
        requests += state.neighbors.filter { !gateways.contains($0.address) && $0.isUnicast }.map(\.delete)
        return requests
    }

    private static func addresses(_ state: TunnelState, _ plan: TunnelPlan, _ index: InterfaceIndex) -> [NetlinkMessage] {
        let present = Set(state.addresses.map(\.address))
        let wanted = plan.addresses.compactMap { InterfaceAddress($0, prefixLength: $0.family.bitCount) }
        return state.addresses.filter { !$0.address.address.isLinkLocal && !wanted.contains($0.address) }.map(\.delete)
            + wanted.filter { !present.contains($0) }.map {
                AddressMessage($0, on: index, flags: [.noDuplicateDetection, .noPrefixRoute]).replace
            }
    }
}

extension NeighborMessage {
    /// The kernel itself keeps entries for multicast.
    fileprivate var isUnicast: Bool { !address.isMulticast }
}
