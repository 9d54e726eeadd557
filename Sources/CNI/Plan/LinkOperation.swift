package import Netlink
package import NetworkTypes

/// One step of wiring a pod, in terms of its two link ends.
package enum LinkOperation: Hashable, Sendable {
    /// Creates both ends at once, each in its namespace.
    case createPair(LinkEnd, pod: LinkEnd, mtu: UInt32?)
    case deletePair(hostEnd: String)
    /// Gives the host end alternative names: the attachment's, and those that take more addresses.
    case nameHostEnd([String])
    /// While the host end is down: of each change to a link that is up, the kernel tells everybody, and some then look at every
    /// route.
    case configureHostEnd(HostSettings)
    case setUpHostEnd
    case addHostRoute(IPAddress)
    case addHostNeighbor(IPAddress, MACAddress)
    case setUpLoopback
    /// Keeps the kernel from making up an IPv6 address, which it does as soon as both ends are up.
    case keepPodEndWithoutAddress
    case setUpPodEnd
    case addPodAddress(InterfaceAddress)
    case addGatewayNeighbor(IPAddress, MACAddress)
    case addPodRoute(CIDR, via: IPAddress)
    /// A default route in a table of the interface's own.
    case addSourceRoute(via: IPAddress)
    /// Sends answers from the address by that table.
    case addSourceRule(IPAddress)
    case deleteSourceRule(IPAddress)

    /// What makes the host end a router's interface.
    package struct HostSettings: Hashable, Sendable {
        package var ipv6: Bool
        /// `NAMESPACE/NAME` of the pod, for people.
        package var alias: String?
        /// Links of one group can be deleted at once; nil: the default group.
        package var group: UInt32?
        /// Lets packets from 127.0.0.1 to a host port reach the pod.
        package var routesLoopback: Bool

        package init(ipv6: Bool, alias: String? = nil, group: UInt32? = nil, routesLoopback: Bool = false) {
            self.ipv6 = ipv6
            self.alias = alias
            self.group = group
            self.routesLoopback = routesLoopback
        }
    }

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
        case .createPair, .deletePair, .nameHostEnd, .configureHostEnd, .setUpHostEnd, .addHostRoute, .addHostNeighbor: .host
        case .setUpLoopback, .keepPodEndWithoutAddress, .setUpPodEnd, .addPodAddress, .addGatewayNeighbor, .addPodRoute,
            .addSourceRoute, .addSourceRule, .deleteSourceRule:
            .pod
        }
    }

    /// What takes the operation back. Everything but the pair itself and rules ends with the pair.
    package var undo: LinkOperation? {
        switch self {
        case .createPair(let host, _, _): .deletePair(hostEnd: host.name)
        case .addSourceRule(let address): .deleteSourceRule(address)
        default: nil
        }
    }

    /// For messages to people: "cannot ...".
    package var purpose: String {
        switch self {
        case .createPair(let host, let pod, _): "create link \(pod.name) and its host end \(host.name)"
        case .deletePair(let name): "delete link \(name)"
        case .nameHostEnd(let names): "record the attachment \(names.first ?? "")"
        case .configureHostEnd: "configure the host end"
        case .setUpHostEnd: "set the host end up"
        case .addHostRoute(let address): "route \(address) to the pod"
        case .addHostNeighbor(let address, _): "add the host's neighbor \(address)"
        case .setUpLoopback: "set lo up"
        case .keepPodEndWithoutAddress: "prepare the pod's link for IPv6"
        case .setUpPodEnd: "set the pod's link up"
        case .addPodAddress(let address): "give the pod the address \(address)"
        case .addGatewayNeighbor(let address, _): "add the pod's neighbor \(address)"
        case .addPodRoute(let destination, _): "add the pod's route to \(destination)"
        case .addSourceRoute: "add the interface's own default route"
        case .addSourceRule(let address): "add the rule for packets from \(address)"
        case .deleteSourceRule(let address): "delete the rule for packets from \(address)"
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
        case .nameHostEnd(let names):
            var link = LinkMessage(index: indices.host)
            link.alternativeNames = names
            return link.addAlternativeNames
        case .configureHostEnd(let settings): return Self.configureHostEnd(indices.host, settings)
        case .setUpHostEnd: return Self.setUp(indices.host)
        case .addHostRoute(let address):
            return RouteMessage(CIDR(host: address), on: indices.host, origin: .pod).create
        case .addHostNeighbor(let address, let mac): return NeighborMessage(address, at: mac, on: indices.host).replace
        case .setUpLoopback: return Self.setUp(.loopback)
        case .keepPodEndWithoutAddress:
            var link = LinkMessage(index: indices.pod)
            link.ipv6AddressGeneration = 1
            return link.change
        case .setUpPodEnd: return Self.setUp(indices.pod)
        case .addPodAddress(let own):
            return AddressMessage(own, on: indices.pod, flags: own.address.family == .ipv6 ? .noDuplicateDetection : []).create
        case .addGatewayNeighbor(let address, let mac): return NeighborMessage(address, at: mac, on: indices.pod).replace
        case .addPodRoute(let destination, let gateway):
            // A pod may have several networks. The first one's default route stays in force, the others stand behind it: in
            // IPv4 by order, in IPv6, which would share the traffic among them, by a metric of their own.
            var route = RouteMessage(destination, via: gateway, on: indices.pod, onLink: true)
            if gateway.family == .ipv4 { return route.append }
            route.priority = Self.ipv6Metric + UInt32(bitPattern: indices.pod.rawValue)
            return route.create
        case .addSourceRoute(let gateway):
            guard let everything = CIDR(IPAddress(family: gateway.family, number: 0), prefixLength: 0) else {
                preconditionFailure("zero is a prefix length of every family")
            }
            return RouteMessage(
                everything, via: gateway, on: indices.pod, onLink: true, table: Self.sourceTable(indices.pod)
            ).replace
        case .addSourceRule(let address): return RuleMessage(from: address, table: Self.sourceTable(indices.pod)).create
        case .deleteSourceRule(let address): return RuleMessage(from: address, table: nil).delete
        }
    }

    /// The number of the table of an interface's own.
    package static func sourceTable(_ index: InterfaceIndex) -> UInt32 { 1000 + UInt32(bitPattern: index.rawValue) }

    private static func setUp(_ index: InterfaceIndex) -> NetlinkMessage {
        var link = LinkMessage(index: index)
        link.setUp()
        return link.change
    }

    private static func configureHostEnd(_ index: InterfaceIndex, _ settings: HostSettings) -> NetlinkMessage {
        var link = LinkMessage(index: index)
        link.alias = settings.alias
        link.group = settings.group
        // Per link and through netlink: no file below /proc is written, and the host's own settings stay as they are.
        var ipv4 = LinkMessage.IPv4Settings(forwarding: true, sendRedirects: false, reversePathFilter: 1)
        ipv4.routesLoopback = settings.routesLoopback
        link.ipv4 = ipv4
        if settings.ipv6 { link.ipv6AddressGeneration = 1 }
        return link.change
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
