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
        let result = CNIResult(json: previous)
        var drift: [String] = []
        if !Chained.isBehindAnother(request) {
            let state = try CNIFailure.when("cannot read the attachment") { () throws(NetlinkError) in
                try AttachmentState(request, connection)
            }
            drift = state.drift(from: result, request)
        }
        if drift.isEmpty { drift = connection.drift(from: request.configuration.sysctls, interface: request.interfaceName) }
        if drift.isEmpty, !request.configuration.portMappings.isEmpty { drift = try portDrift(result) }
        guard drift.isEmpty else {
            throw CNIFailure(.failed, "the attachment has changed", details: drift.joined(separator: "; "))
        }
    }

    private func portDrift(_ result: CNIResult) throws(CNIFailure) -> [String] {
        let own = Set([request.attachmentName, InterfaceNames.chained(request.attachmentName)])
        let addresses = result.addresses.filter { entry in
            guard let index = entry.interface, result.interfaces.indices.contains(index) else { return true }
            return result.interfaces[index].name == request.interfaceName
        }.map { $0.address.address }
        let entries = try CNIFailure.when("cannot read the host ports") { () throws(NetlinkError) in
            try HostPorts().podEntries()
        }
        let keys = Set(entries.filter { $0.element.comment.map(own.contains) ?? false }.map { [$0.set: $0.element.key] })
        return request.configuration.portMappings.compactMap { mapping in
            let wanted = HostPortTable.entries([mapping], to: addresses, attachment: request.attachmentName)
            return wanted.allSatisfy { keys.contains([$0.set: $0.element.key]) } ? nil : "host port \(mapping) is not open"
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
    /// What the host answers for each of the pool's addresses, by address.
    var hostRoutes: [IPAddress: RouteMessage] = [:]
    /// Bytes per second, by the link that they limit.
    var shaped: [InterfaceIndex: UInt64] = [:]
    var shaper: LinkMessage?

    init() {}

    init(_ request: CNIRequest, _ connection: PodConnection) throws(NetlinkError) {
        hostLink = try connection.host.link(LinkMessage(alternativeName: request.attachmentName))
        podLink = try connection.pod.link(LinkMessage(name: request.interfaceName))
        podAddresses = try connection.pod.dump(AddressMessage.list()).compactMap { AddressMessage($0) }
        let pool = request.configuration.pool
        for family in pool.families {
            podRoutes += try connection.pod.dump(RouteMessage.list(family)).compactMap { RouteMessage($0) }
        }
        for address in podAddresses.map({ $0.address.address }) where pool.contains(address) {
            hostRoutes[address] = try connection.host.get(RouteMessage.lookup(address)).flatMap { RouteMessage($0) }
        }
        guard request.configuration.bandwidth != nil else { return }
        let shaperName = InterfaceNames.shaper(ofAttachment: request.attachmentName)
        shaper = try connection.host.link(LinkMessage(alternativeName: shaperName))
        for report in try connection.host.dump(QueueMessage.list).compactMap({ QueueMessage.Report($0) }) {
            if let rate = report.bytesPerSecond { shaped[report.index] = rate }
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
        let pool = request.configuration.pool
        for entry in result.addresses where entry.interface.map(own.contains) ?? true {
            let address = entry.address.address
            guard pool.contains(address) else { continue }
            found += drift(of: address, podLink, hostLink, request)
        }
        if let limits = request.configuration.bandwidth { found += drift(of: limits, hostLink) }
        return found
    }

    private func drift(of address: IPAddress, _ podLink: LinkMessage, _ hostLink: LinkMessage, _ request: CNIRequest)
        -> [String]
    {
        var found: [String] = []
        if !podAddresses.contains(where: { $0.address.address == address && $0.index == podLink.index }) {
            found.append("address \(address) is gone from interface \(request.interfaceName)")
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
        let everything = CIDR(IPAddress(family: address.family, number: 0), prefixLength: 0)
        let wanted = request.configuration.destinations ?? everything.map { [$0] } ?? []
        for destination in wanted where destination.family == address.family {
            let exists = podRoutes.contains {
                $0.destination == destination && $0.index == podLink.index && $0.gateway == gateway
            }
            let name = destination.prefixLength == 0 ? "the default route" : "the route to \(destination)"
            if !exists { found.append("\(name) via \(gateway) is gone") }
        }
        return found
    }

    private func drift(of limits: BandwidthLimits, _ hostLink: LinkMessage) -> [String] {
        var found: [String] = []
        if let limit = limits.ingress, hostLink.index.flatMap({ shaped[$0] }) != limit.bucket.bytesPerSecond {
            found.append("what the pod receives is not limited to \(limit.rate) bits per second")
        }
        if let limit = limits.egress, shaper?.index.flatMap({ shaped[$0] }) != limit.bucket.bytesPerSecond {
            found.append("what the pod sends is not limited to \(limit.rate) bits per second")
        }
        return found
    }
}
