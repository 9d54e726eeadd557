import CLinux
import Glibc
import Netlink
import NetworkTypes

/// The namespaces of a plan, joined and listening. They end with this value.
///
/// Everything happens on the calling thread, which must be the program's only one: it visits every namespace.
package final class LabNetwork {
    package let plan: LabPlan
    private let home: NetworkNamespace
    private var namespaces: [NetworkNamespace] = []
    private var listeners: [Int32] = []
    /// For each listener whose it is; nil: the node's.
    private var owners: [LabHost?] = []
    /// Those of them that answer datagrams or take note of SCTP packets.
    private var answerers: [Int32] = []

    /// The gateway of every host: the node's address on each link.
    private static let gateways = ["169.254.1.1", "fe80::1"].compactMap { IPAddress(parsing: $0) }
    private static let nodeMAC = MACAddress(locallyAdministered: 0x534b_0000_0001)

    package init(_ plan: LabPlan) throws(LabError) {
        self.plan = plan
        do {
            home = try NetworkNamespace.current()
            try prepareNode()
            try makeHosts()
            try listen(plan.nodePorts, nil)
        } catch let error as LabError {
            throw error
        } catch {
            throw LabError(.network("the lab's network: \(error)"))
        }
    }

    deinit { for descriptor in listeners { close(descriptor) } }

    private var hasIPv6: Bool { plan.families.contains(.ipv6) }

    private func prepareNode() throws {
        try Self.setIPv6(hasIPv6)
        // Before any link is made, for links take their settings from these.
        try? Sysctl.write("net/ipv4/ip_forward", "1")
        // A node may send what comes in by an interface that its own address is not on.
        try? Sysctl.write("net/ipv4/conf/all/rp_filter", "0")
        try? Sysctl.write("net/ipv4/conf/default/rp_filter", "0")
        // Probes are reset; their flows need not be remembered.
        try? Sysctl.write("net/netfilter/nf_conntrack_tcp_timeout_close", "1")
        if hasIPv6 { try? Sysctl.write("net/ipv6/conf/all/forwarding", "1") }
        let socket = try NetlinkSocket()
        var loopback = LinkMessage(index: .loopback)
        loopback.setUp()
        var requests = [loopback.change]
        for address in LabOracle.nodeAddresses where plan.families.contains(address.family) {
            guard let whole = InterfaceAddress(address, prefixLength: address.family.bitCount) else { continue }
            requests.append(AddressMessage(whole, on: .loopback, flags: .noDuplicateDetection).create)
        }
        try socket.apply(requests)
    }

    /// A link without IPv6 is made faster; with it, no address of its own accord: each is asked about for a second.
    private static func setIPv6(_ wanted: Bool) throws {
        if wanted {
            try? Sysctl.write("net/ipv6/conf/default/addr_gen_mode", "1")
            try? Sysctl.write("net/ipv6/conf/default/accept_dad", "0")
            try? Sysctl.write("net/ipv6/conf/default/router_solicitations", "0")
        } else {
            try? Sysctl.write("net/ipv6/conf/default/disable_ipv6", "1")
        }
    }

    private func makeHosts() throws {
        let node = try NetlinkSocket()
        var sockets: [NetlinkSocket] = []
        for host in plan.hosts {
            guard unshare(SKIFF_CLONE_NEWNET) == 0 else { throw LabError.system("a network namespace", errno) }
            namespaces.append(try NetworkNamespace.current())
            try Self.setIPv6(hasIPv6)
            sockets.append(try NetlinkSocket())
            try listen(host.ports, host.host)
        }
        guard setns(home.descriptor, SKIFF_CLONE_NEWNET) == 0 else { throw LabError.system("setns", errno) }
        var requests: [NetlinkMessage] = []
        for (position, host) in plan.hosts.enumerated() {
            requests += nodeRequests(host, position, into: namespaces[position].descriptor)
        }
        try node.apply(requests)
        for (position, host) in plan.hosts.enumerated() { try sockets[position].apply(hostRequests(host)) }
        try awaitLinks(node)
    }

    private static let linkTriesMax = 4000
    private static let linkPauseMicroseconds: UInt32 = 500

    /// Waits until the node's ends send: the kernel notices a link's carrier some time after both ends are up, and throws away
    /// what is sent before. To ask for a link makes kernels since 6.8 notice at once.
    private func awaitLinks(_ node: NetlinkSocket) throws {
        var waiting = plan.hosts.map { LinkMessage(index: InterfaceIndex(rawValue: $0.interfaceIndex)).get }
        for _ in 0..<Self.linkTriesMax {
            let replies = try node.exchange(waiting)
            waiting = zip(waiting, replies).filter { _, reply in
                !(reply.messages.first.flatMap { LinkMessage($0) }?.flags.contains(.running) ?? false)
            }.map(\.0)
            if waiting.isEmpty { return }
            usleep(Self.linkPauseMicroseconds)
        }
        throw LabError(.network("\(waiting.count) links between namespaces do not come up"))
    }

    private static func hostMAC(_ position: Int) -> MACAddress {
        MACAddress(locallyAdministered: 0x534b_0100_0000 + UInt64(position))
    }

    /// The link of one host, and the routes to it. Neighbors are written down: no packet waits for an answer, and their number
    /// meets no limit of the kernel.
    private func nodeRequests(_ host: LabPlan.Host, _ position: Int, into namespace: Int32) -> [NetlinkMessage] {
        let index = InterfaceIndex(rawValue: host.interfaceIndex)
        var peer = LinkMessage(name: "eth0")
        peer.index = InterfaceIndex(rawValue: 2)
        peer.namespaceDescriptor = namespace
        peer.address = Self.hostMAC(position)
        var link = LinkMessage(name: host.interfaceName)
        link.index = index
        link.address = Self.nodeMAC
        link.kind = .veth(peer: peer)
        link.setUp()
        var requests = [link.create]
        for address in host.addresses {
            requests.append(RouteMessage(CIDR(host: address), on: index, origin: .static).create)
            requests.append(NeighborMessage(address, at: Self.hostMAC(position), on: index).replace)
        }
        return requests
    }

    private func hostRequests(_ host: LabPlan.Host) -> [NetlinkMessage] {
        let index = InterfaceIndex(rawValue: 2)
        var loopback = LinkMessage(index: .loopback)
        loopback.setUp()
        // The peer of a link that is being made cannot be up: it is set up from its own side.
        var link = LinkMessage(index: index)
        link.setUp()
        var requests = [loopback.change, link.change]
        for address in host.addresses {
            guard let whole = InterfaceAddress(address, prefixLength: address.family.bitCount),
                let gateway = Self.gateways.first(where: { $0.family == address.family }),
                let everything = CIDR(IPAddress(family: address.family, number: 0), prefixLength: 0)
            else { continue }
            requests += [
                AddressMessage(whole, on: index, flags: .noDuplicateDetection).create,
                NeighborMessage(gateway, at: Self.nodeMAC, on: index).replace,
                RouteMessage(everything, via: gateway, on: index, origin: .static, onLink: true).create,
            ]
        }
        return requests
    }

    /// Opens sockets in the namespace of the calling thread.
    private func listen(_ ports: [ListeningPort], _ owner: LabHost?) throws {
        func open(_ transport: TransportProtocol, _ family: IPFamily, _ port: UInt16) throws {
            let descriptor = skiff_probe_listen(transport.rawValue, family.rawValue, port)
            guard descriptor >= 0 else { throw LabError.system("listen on \(port)/\(transport.name)", -descriptor) }
            listeners.append(descriptor)
            owners.append(owner)
            if transport != .tcp { answerers.append(descriptor) }
        }
        for port in ports where port.transport != .sctp { try open(port.transport, .ipv4, port.number.rawValue) }
        guard ports.contains(where: { $0.transport == .sctp }) else { return }
        for family in plan.families { try open(.sctp, family, 0) }
    }
}

extension LabNetwork {
    /// Runs `body` in the namespace of a host.
    package func visit<Result>(_ host: LabHost, _ body: () throws -> Result) throws -> Result {
        guard let position = plan.positions[host] else { preconditionFailure("\(host) is not in the plan") }
        return try namespaces[position].visit(from: home, body)
    }

    /// Answers whoever connects to a listener, with the name of its host, on a thread of its own until the program ends.
    package func answerInBackground(_ oracle: LabOracle) {
        let names = owners.map { $0.map { oracle.name($0) } ?? "node" }
        let listeners = listeners
        try? FreshThread.detach {
            let texts = names.map { UnsafePointer(strdup($0)) }
            skiff_probe_answer(listeners, texts, listeners.count)
        }
    }

    /// What became of each probe, and how long it took.
    package struct Answer: Hashable, Sendable {
        package var outcome: PacketOutcome
        package var microseconds: Int
    }

    /// Silence after which a probe is tried again, and then given up.
    private static let timeoutMilliseconds: Int32 = 400
    /// Reports of as many dropped packets fit the smallest buffer that a socket has.
    private static let batch: Int32 = 96

    /// Sends every probe.
    ///
    /// - Parameter logGroup: Where dropping rules report to.
    package func run(_ probes: [Probe], _ oracle: LabOracle, logGroup: UInt16) throws(LabError) -> [Answer] {
        let log = skiff_nflog_open(logGroup)
        guard log >= 0 else {
            throw LabError(.rules("this kernel reports no dropped packets (NFLOG): \(LinuxErrno.text(-log))"))
        }
        defer { close(log) }
        var requests: [skiff_probe] = []
        requests.reserveCapacity(probes.count)
        for probe in probes { requests.append(try request(probe, oracle)) }
        let textBytes = Int(SKIFF_PROBE_PREFIXES_MAX) * Int(SKIFF_PROBE_PREFIX_BYTES)
        let texts = UnsafeMutableBufferPointer<CChar>.allocate(capacity: textBytes)
        texts.initialize(repeating: 0)
        defer { texts.deallocate() }
        var prefixes = skiff_probe_prefixes(count: 0, text: texts.baseAddress)
        let count = requests.count
        let refused = answerers.withUnsafeBufferPointer { answerers in
            requests.withUnsafeMutableBufferPointer { requests in
                var setup = skiff_probe_setup(
                    home_namespace: home.descriptor, log_socket: log, answerers: answerers.baseAddress,
                    answerer_count: answerers.count, timeout_milliseconds: Self.timeoutMilliseconds, batch: Self.batch)
                // SAFETY: every pointer outlives the call, which keeps none of them.
                return skiff_probe_run(requests.baseAddress, count, &setup, &prefixes)
            }
        }
        guard refused == 0 else { throw LabError.system("probes", -refused) }
        return requests.map { Answer(outcome: Self.outcome($0, texts), microseconds: Int($0.microseconds)) }
    }

    private func request(_ probe: Probe, _ oracle: LabOracle) throws(LabError) -> skiff_probe {
        let family = probe.family
        let isNode = probe.source == .node
        let ownAddress = isNode ? Self.gateways.first { $0.family == family } : oracle.address(probe.source, family)
        guard let source = ownAddress, let destination = oracle.address(probe.destination, family) else {
            throw LabError(.network("\(oracle.name(probe)): no address of its family"))
        }
        var request = skiff_probe()
        request.source_namespace = isNode ? home.descriptor : namespaces[plan.positions[probe.source] ?? 0].descriptor
        request.family = family.rawValue
        request.protocol = probe.port.transport.rawValue
        request.target_port = (probe.service?.port ?? probe.port).number.rawValue
        request.destination_port = probe.port.number.rawValue
        Self.copy(probe.service?.address ?? destination, to: &request.target)
        Self.copy(source, to: &request.source)
        Self.copy(destination, to: &request.destination)
        return request
    }

    private static func copy<Bytes>(_ address: IPAddress, to bytes: inout Bytes) {
        // SAFETY: the fields are 16 bytes, and an address has at most as many.
        withUnsafeMutableBytes(of: &bytes) { $0.copyBytes(from: address.bytes) }
    }

    private static func outcome(_ probe: skiff_probe, _ texts: UnsafeMutableBufferPointer<CChar>) -> PacketOutcome {
        switch Int32(probe.outcome) {
        case SKIFF_PROBE_ANSWERED: return .answered
        case SKIFF_PROBE_DROPPED:
            let start = Int(probe.prefix) * Int(SKIFF_PROBE_PREFIX_BYTES)
            let text = texts[start..<start + Int(SKIFF_PROBE_PREFIX_BYTES)].prefix { $0 != 0 }
            return .dropped(String(decoding: text.map { UInt8(bitPattern: $0) }, as: UTF8.self))
        case SKIFF_PROBE_FAILED: return .failed(errno: probe.error)
        default: return .silent
        }
    }
}
