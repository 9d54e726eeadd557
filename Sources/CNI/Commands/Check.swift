import JSON
import Netlink
import NetworkTypes

/// CHECK: compares what the kernel holds with what ADD made. Whatever later plugins of a chain added is left alone.
struct Check {
    let request: CNIRequest

    func run() throws(CNIFailure) {
        guard let previous = request.configuration.previousResult else {
            throw CNIFailure(.failed, "required prevResult missing")
        }
        let connection = try PodConnection(request)
        let state = try CNIFailure.when("cannot read the attachment") { () throws(NetlinkError) in
            try AttachmentState(request, connection)
        }
        let drift = state.drift(from: CNIResult(json: previous), request)
        guard drift.isEmpty else {
            throw CNIFailure(.failed, "the attachment has changed", details: drift.joined(separator: "; "))
        }
    }
}

/// What the kernel holds for one attachment.
struct AttachmentState {
    var hostLink: LinkMessage?
    var podLink: LinkMessage?
    /// Addresses and routes of the pod, on every link of it.
    var podAddresses: [AddressMessage] = []
    var podRoutes: [RouteMessage] = []
    /// What the host answers for each of the slot's addresses, by address.
    var hostRoutes: [IPAddress: RouteMessage] = [:]

    init() {}

    init(_ request: CNIRequest, _ connection: PodConnection) throws(NetlinkError) {
        hostLink = try connection.host.link(LinkMessage(alternativeName: request.attachmentName))
        podLink = try connection.pod.link(LinkMessage(name: request.interfaceName))
        podAddresses = try connection.pod.dump(AddressMessage.list()).compactMap { AddressMessage($0) }
        let pool = SlotPool(request.configuration.ranges)
        for family in pool.families {
            podRoutes += try connection.pod.dump(RouteMessage.list(family)).compactMap { RouteMessage($0) }
        }
        for address in podAddresses.map(\.address.address) where pool.slot(of: address) != nil {
            hostRoutes[address] = try connection.host.get(RouteMessage.lookup(address)).flatMap { RouteMessage($0) }
        }
    }

    /// Every difference, in words; empty when all is as ADD left it.
    func drift(from result: CNIResult, _ request: CNIRequest) -> [String] {
        let name = request.interfaceName
        guard let hostLink else { return ["the host's end is gone or is not recorded as this attachment"] }
        guard let podLink else { return ["interface \(name) is gone"] }
        var found: [String] = []
        if podLink.peerIndex != hostLink.index || hostLink.peerIndex != podLink.index {
            found.append("interface \(name) is not the other end of \(hostLink.name ?? "the host's end")")
        }
        if !podLink.isUp { found.append("interface \(name) is down") }
        if !hostLink.isUp { found.append("the host's end is down") }
        let own = result.interfaces.indices.filter {
            result.interfaces[$0].name == name && !result.interfaces[$0].sandbox.isEmpty
        }
        if own.isEmpty { found.append("prevResult does not name interface \(name)") }
        for index in own {
            let expected = result.interfaces[index]
            if let mac = expected.mac, mac != podLink.address { found.append("interface \(name) has another MAC address") }
        }
        let mtu = request.configuration.mtu ?? own.compactMap { result.interfaces[$0].mtu }.first
        if let mtu, podLink.mtu != mtu || hostLink.mtu != mtu { found.append("the MTU is not \(mtu)") }
        let pool = SlotPool(request.configuration.ranges)
        for entry in result.addresses where entry.interface.map(own.contains) ?? true {
            let address = entry.address.address
            guard pool.slot(of: address) != nil else { continue }
            found += drift(of: address, podLink, hostLink, name)
        }
        return found
    }

    private func drift(of address: IPAddress, _ podLink: LinkMessage, _ hostLink: LinkMessage, _ name: String) -> [String] {
        var found: [String] = []
        if !podAddresses.contains(where: { $0.address.address == address && $0.index == podLink.index }) {
            found.append("address \(address) is gone from interface \(name)")
        }
        if case .v4(let plain) = address, let recorded = hostLink.name.flatMap(InterfaceNames.address(ofHostEnd:)),
            recorded != plain
        {
            found.append("the host's end \(hostLink.name ?? "") does not stand for \(address)")
        }
        if hostLink.name.map(InterfaceNames.isHostEnd) != true {
            found.append("the host's end has another name, \(hostLink.name ?? "")")
        }
        let hostRoute = hostRoutes[address]
        if hostRoute?.index != hostLink.index || hostRoute?.destination != CIDR(host: address) {
            found.append("the host has no route to \(address)")
        }
        let gateway = PodNetworkPlan.gateway(address.family)
        let hasDefault = podRoutes.contains {
            $0.destination.prefixLength == 0 && $0.destination.family == address.family && $0.index == podLink.index
                && $0.gateway == gateway
        }
        if !hasDefault { found.append("the default route via \(gateway) is gone") }
        return found
    }
}
