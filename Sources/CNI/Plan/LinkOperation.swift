package import Netlink
package import NetworkTypes

/// One step of wiring a pod, in terms of its two link ends.
package enum LinkOperation: Hashable, Sendable {
    /// Creates both ends at once, each in its namespace.
    case createPair(LinkEnd, pod: LinkEnd, mtu: UInt32?)
    case deletePair(hostEnd: String)
    /// Records the attachment on the host end.
    case nameAttachment(String)
    case setUpHostEnd(ipv6: Bool)
    case addHostRoute(IPAddress)
    case addHostNeighbor(IPAddress, MACAddress)
    case setUpLoopback
    case setUpPodEnd
    case addPodAddress(IPAddress)
    case addGatewayNeighbor(IPAddress, MACAddress)
    case addDefaultRoute(IPAddress)

    package struct LinkEnd: Hashable, Sendable {
        package var name: String
        package var address: MACAddress

        package init(name: String, address: MACAddress) {
            self.name = name
            self.address = address
        }
    }

    package enum Place: Hashable, Sendable { case host, pod }

    /// The namespace that the operation happens in.
    package var place: Place {
        switch self {
        case .createPair, .deletePair, .nameAttachment, .setUpHostEnd, .addHostRoute, .addHostNeighbor: .host
        case .setUpLoopback, .setUpPodEnd, .addPodAddress, .addGatewayNeighbor, .addDefaultRoute: .pod
        }
    }

    /// What takes the operation back. Everything but the pair itself ends with the pair.
    package var undo: LinkOperation? {
        if case .createPair(let host, _, _) = self { .deletePair(hostEnd: host.name) } else { nil }
    }

    /// For messages to people: "cannot ...".
    package var purpose: String {
        switch self {
        case .createPair(let host, let pod, _): "create link \(pod.name) and its host end \(host.name)"
        case .deletePair(let name): "delete link \(name)"
        case .nameAttachment(let name): "record the attachment \(name)"
        case .setUpHostEnd: "set the host end up"
        case .addHostRoute(let address): "route \(address) to the pod"
        case .addHostNeighbor(let address, _): "add the host's neighbor \(address)"
        case .setUpLoopback: "set lo up"
        case .setUpPodEnd: "set the pod's link up"
        case .addPodAddress(let address): "give the pod the address \(address)"
        case .addGatewayNeighbor(let address, _): "add the pod's neighbor \(address)"
        case .addDefaultRoute(let gateway): "add the pod's default route via \(gateway)"
        }
    }
}

/// The numbers of a pair's ends, each in its own namespace; known once the pair exists.
package struct PairIndices: Hashable, Sendable {
    package var host: InterfaceIndex
    package var pod: InterfaceIndex

    package init(host: InterfaceIndex, pod: InterfaceIndex) {
        self.host = host
        self.pod = pod
    }
}

extension LinkOperation {
    /// `IP6_RT_PRIO_USER` of `net/ipv6.h`, what the kernel gives a route without metric.
    private static let ipv6Metric: UInt32 = 1024

    /// The request for every operation but `createPair`, which needs the pod's namespace instead.
    package func request(_ indices: PairIndices) -> NetlinkMessage {
        switch self {
        case .createPair: preconditionFailure("the pair has no indices before it is created")
        case .deletePair(let name): return LinkMessage(name: name).delete
        case .nameAttachment(let name):
            var link = LinkMessage(index: indices.host)
            link.alternativeNames = [name]
            return link.addAlternativeNames
        case .setUpHostEnd(let ipv6):
            var link = LinkMessage(index: indices.host)
            link.setUp()
            // Per link and through netlink: no file below /proc is written, and the host's own settings stay as they are.
            link.ipv4 = LinkMessage.IPv4Settings(forwarding: true, sendRedirects: false, reversePathFilter: 1)
            if ipv6 { link.ipv6AddressGeneration = 1 }
            return link.change
        case .addHostRoute(let address):
            return RouteMessage(CIDR(host: address), on: indices.host, origin: .pod).create
        case .addHostNeighbor(let address, let mac): return NeighborMessage(address, at: mac, on: indices.host).replace
        case .setUpLoopback:
            var link = LinkMessage(index: .loopback)
            link.setUp()
            return link.change
        case .setUpPodEnd:
            var link = LinkMessage(index: indices.pod)
            link.setUp()
            return link.change
        case .addPodAddress(let address):
            guard let own = InterfaceAddress(address, prefixLength: address.family.bitCount) else {
                preconditionFailure("a family's own bit count is a prefix length of it")
            }
            return AddressMessage(own, on: indices.pod, flags: address.family == .ipv6 ? .noDuplicateDetection : []).create
        case .addGatewayNeighbor(let address, let mac): return NeighborMessage(address, at: mac, on: indices.pod).replace
        case .addDefaultRoute(let gateway):
            guard let everything = CIDR(IPAddress(family: gateway.family, number: 0), prefixLength: 0) else {
                preconditionFailure("zero is a prefix length of every family")
            }
            // A pod may have several networks. The first one's default route stays in force, the others stand behind it: in
            // IPv4 by order, in IPv6, which would share the traffic among them, by a metric of their own.
            var route = RouteMessage(everything, via: gateway, on: indices.pod, onLink: true)
            if gateway.family == .ipv4 { return route.append }
            route.priority = Self.ipv6Metric + UInt32(bitPattern: indices.pod.rawValue)
            return route.create
        }
    }

    /// The request that creates a pair: one message, so that neither end is ever moved between namespaces, which costs the
    /// kernel some 20 ms.
    ///
    /// - Parameter podNamespace: A descriptor of the namespace for the pod's end.
    package static func creation(host: LinkEnd, pod: LinkEnd, mtu: UInt32?, podNamespace: Int32) -> NetlinkMessage {
        var peer = LinkMessage(name: pod.name)
        peer.address = pod.address
        peer.mtu = mtu
        peer.queues = 1
        peer.namespaceDescriptor = podNamespace
        var link = LinkMessage(name: host.name)
        link.address = host.address
        link.mtu = mtu
        link.queues = 1
        link.kind = .veth(peer: peer)
        return link.create
    }
}
