package import JSON
package import Netlink
package import NetworkTypes

/// Every attachment of the host, as the kernel knows it.
package struct AttachmentList: Sendable {
    package struct Entry: Hashable, Sendable {
        package var network: String
        package var containerID: String
        package var interface: String
        package var addresses: [IPAddress]
        package var hostEnd: String
        /// `NAMESPACE/NAME` of the pod, when the runtime told.
        package var pod: String?
        package var isShaped: Bool
        package var hasPorts: Bool
    }

    /// In the order of their addresses.
    package var entries: [Entry]

    package init(_ socket: NetlinkSocket) throws(NetlinkError) {
        let links = try socket.links()
        var routes: [RouteMessage] = []
        for family in IPFamily.allCases {
            // A kernel without a family has no routes of it.
            routes += ((try? socket.dump(RouteMessage.list(family))) ?? []).compactMap { RouteMessage($0) }
        }
        self.init(links: links, routes: routes)
    }

    package init(links: [LinkMessage], routes: [RouteMessage]) {
        var addresses: [InterfaceIndex: [IPAddress]] = [:]
        for route in routes where route.origin == .pod && route.destination.isSingleAddress {
            if let index = route.index { addresses[index, default: []].append(route.destination.first) }
        }
        let shaped = Set(
            links.flatMap { $0.alternativeNames }.compactMap { InterfaceNames.attachment(ofShaper: $0) })
        entries = links.flatMap { link -> [Entry] in
            link.alternativeNames.compactMap { name in
                guard let fields = InterfaceNames.fields(ofAttachment: name), let hostEnd = link.name else { return nil }
                var own = link.index.flatMap { addresses[$0] } ?? []
                if own.isEmpty, let recorded = InterfaceNames.address(ofHostEnd: hostEnd) { own = [.v4(recorded)] }
                return Entry(
                    network: fields.network, containerID: fields.containerID, interface: fields.interface,
                    addresses: own.sorted(), hostEnd: hostEnd, pod: link.alias, isShaped: shaped.contains(name),
                    hasPorts: link.alternativeNames.contains(InterfaceNames.ports(ofHostEnd: hostEnd)))
            }
        }
        let none = IPAddress.v4(IPv4Address(0))
        entries.sort { ($0.addresses.first ?? none, $0.hostEnd) < ($1.addresses.first ?? none, $1.hostEnd) }
    }

    /// Who holds addresses of a pool, in one line.
    func holders(in pool: SlotPool, max: Int) -> String {
        let own = entries.filter { $0.addresses.contains(where: pool.contains) }
        let named = own.prefix(max).map { entry in
            let owner = entry.pod.map { "\($0) (\(entry.containerID))" } ?? entry.containerID
            return "\(entry.addresses.map { $0.description }.joined(separator: " ")) \(owner)"
        }
        let rest = own.count > max ? ["and \(own.count - max) more, which skiff cni ls shows"] : []
        return (named + rest).joined(separator: ", ")
    }
}

extension AttachmentList.Entry {
    package var json: JSONValue {
        var value: JSONValue = [
            "network": .string(network), "containerID": .string(containerID), "interface": .string(interface),
            "addresses": JSONValue(addresses.map { $0.description }), "hostInterface": .string(hostEnd),
            "hostPorts": .bool(hasPorts), "bandwidth": .bool(isShaped),
        ]
        if let pod { value["pod"] = .string(pod) }
        return value
    }
}
