package import NFTables
package import NetworkTypes

/// A set or map of the proxy's table. Raw values are the order in which changes are written.
package enum ProxySet: UInt8, Hashable, Sendable, CaseIterable {
    /// Cluster IPs of all Services.
    case clusterIPs
    /// `address . address` of each endpoint on this node.
    case hairpins
    /// `frontend . slot` to endpoint, all endpoints.
    case endpoints
    /// The same for traffic that must stay on this node.
    case localEndpoints
    case nodePortEndpoints
    case nodePortLocalEndpoints
    /// `address . protocol . port . client`: who may use a load balancer address that not everybody may.
    case sourceRanges
    /// Where those go who may.
    case firewalled
    /// `frontend . client` to the endpoint that the client stays with; written by packets.
    case affinity
    case nodePortAffinity
    /// Frontends whose clients stay with their endpoint, to the chain that remembers it.
    case sticky
    case nodePortSticky
    /// For frontends of policy `Local`: where traffic from inside the cluster goes.
    case shortcuts
    case nodePortShortcuts
    /// `address . protocol . port` to a chain.
    case services
    /// `protocol . port` to a chain.
    case nodePorts

    package var name: String {
        switch self {
        case .clusterIPs: "cluster-ips"
        case .hairpins: "hairpins"
        case .endpoints: "endpoints"
        case .localEndpoints: "local-endpoints"
        case .nodePortEndpoints: "node-port-endpoints"
        case .nodePortLocalEndpoints: "node-port-local-endpoints"
        case .sourceRanges: "source-ranges"
        case .firewalled: "firewalled"
        case .affinity: "affinity"
        case .nodePortAffinity: "node-port-affinity"
        case .sticky: "sticky"
        case .nodePortSticky: "node-port-sticky"
        case .shortcuts: "shortcuts"
        case .nodePortShortcuts: "node-port-shortcuts"
        case .services: "services"
        case .nodePorts: "node-ports"
        }
    }

    /// Clients that are remembered per map; further ones draw an endpoint for each connection.
    package static let clientsMax: UInt32 = 1 << 19

    package func declaration(_ family: IPFamily) -> NamedSet {
        let address = FieldType.address(family)
        switch self {
        case .clusterIPs: return NamedSet(name, key: [address])
        case .hairpins: return NamedSet(name, key: [address, address])
        case .endpoints, .localEndpoints:
            return NamedSet(name, key: [address, .transport, .port, .random], value: .fields([address, .port]))
        case .nodePortEndpoints, .nodePortLocalEndpoints:
            return NamedSet(name, key: [.transport, .port, .random], value: .fields([address, .port]))
        case .sourceRanges: return NamedSet(name, key: [address, .transport, .port, address], isInterval: true)
        case .affinity:
            return NamedSet(
                name, key: [address, .transport, .port, address], value: .fields([address, .port]),
                dynamicSizeMax: Self.clientsMax)
        case .nodePortAffinity:
            return NamedSet(
                name, key: [.transport, .port, address], value: .fields([address, .port]), dynamicSizeMax: Self.clientsMax)
        case .shortcuts, .services, .firewalled, .sticky:
            return NamedSet(name, key: [address, .transport, .port], value: .verdict)
        case .nodePortShortcuts, .nodePorts, .nodePortSticky: return NamedSet(name, key: [.transport, .port], value: .verdict)
        }
    }
}

/// The chains that never change while the proxy runs; a Service is elements only.
///
/// One table per family, `ip skiff-proxy` and `ip6 skiff-proxy`, with nat chains alone: a packet of a connection that is known
/// meets no rule of ours. Chains named `...-N` are for a frontend with N slots. Chains for session affinity stand only where a Service
/// asks for it, with one `record-SECONDS` for each time that a client is remembered.
package struct StaticRuleset {
    package static let tableName = "skiff-proxy"
    package static let refuse = "refuse"
    package static let discard = "discard"
    package static let firewall = "firewall"

    private let configuration: ProxyConfiguration
    private let family: IPFamily
    private let affinitySeconds: [UInt32]
    private var chains: [Chain] = []

    /// The table without elements.
    package static func table(
        _ family: IPFamily, _ configuration: ProxyConfiguration, affinitySeconds: Set<UInt32> = []
    ) -> Table {
        var builder = StaticRuleset(
            configuration: configuration, family: family, affinitySeconds: affinitySeconds.sorted())
        builder.addHooks()
        builder.addDispatch()
        for kind in FrontendKind.allCases { builder.addKind(kind) }
        builder.addAffinity()
        return Table(
            identifier(family), chains: builder.chains, sets: ProxySet.allCases.map { $0.declaration(family) })
    }

    package static func identifier(_ family: IPFamily) -> TableIdentifier { TableIdentifier(TableFamily(family), tableName) }

    /// 1, 2, 4 ... `SlotTable.slotsMax`.
    package static let slotCounts: [Int] = (0...14).map { 1 << $0 }

    private init(configuration: ProxyConfiguration, family: IPFamily, affinitySeconds: [UInt32]) {
        self.configuration = configuration
        self.family = family
        self.affinitySeconds = affinitySeconds
    }

    private mutating func addHooks() {
        let dispatch = Rule(.verdict(.jump("dispatch")))
        chains.append(Chain("nat-prerouting", base: BaseChain(.nat, .prerouting, priority: -100), rules: [dispatch]))
        chains.append(Chain("nat-output", base: BaseChain(.nat, .output, priority: -100), rules: [dispatch]))
        let mark = configuration.masqueradeMark
        chains.append(
            Chain(
                "nat-postrouting", base: BaseChain(.nat, .postrouting, priority: 100),
                rules: rememberRules + [
                    Rule(.match(.anyMark(bits: mark)), .clearMark(bits: mark), .masquerade),
                    Rule(
                        .match(.destinationTranslated),
                        .match(.member([.sourceAddress, .destinationAddress], of: ProxySet.hairpins.name)), .masquerade),
                ]))
    }

    private mutating func addDispatch() {
        let loopback: CIDR? = CIDR(parsing: family == .ipv4 ? "127.0.0.0/8" : "::1/128")
        guard let loopback else { preconditionFailure("the loopback prefix is a constant") }
        var rules = [
            Rule(.verdictMap(FrontendKind.serviceKey, map: ProxySet.services.name)),
            Rule(
                .match(.isLocal(.destination)), .match(.addressNot(.destination, in: loopback)),
                .verdictMap(FrontendKind.nodePortKey, map: ProxySet.nodePorts.name)),
            Rule(.match(.member([.destinationAddress], of: ProxySet.clusterIPs.name)), .verdict(.goto(Self.refuse))),
        ]
        for prefix in configuration.serviceCIDRs where prefix.family == family {
            rules.append(Rule(.match(.address(.destination, in: prefix)), .verdict(.drop)))
        }
        chains.append(Chain("dispatch", rules: rules))
        chains.append(
            Chain(
                Self.refuse,
                rules: [Rule(.match(.transport(.tcp)), .reject(.tcpReset)), Rule(.reject(.portUnreachable))]))
        chains.append(Chain(Self.discard, rules: [Rule(.verdict(.drop))]))
        chains.append(
            Chain(
                Self.firewall,
                rules: [
                    Rule(
                        .match(.notMember(FrontendKind.serviceKey + [.sourceAddress], of: ProxySet.sourceRanges.name)),
                        .verdict(.drop)),
                    Rule(.verdictMap(FrontendKind.serviceKey, map: ProxySet.firewalled.name)),
                ]))
    }

    /// What a new connection of a sticky frontend passes on its way out. Jumps come back: what follows must happen too.
    private var rememberRules: [Rule] {
        guard !affinitySeconds.isEmpty else { return [] }
        return Self.transports.flatMap { transport in
            [
                Rule(
                    .match(.transport(transport)), .match(.destinationTranslated),
                    .verdictMap([.originalDestination, .transport, .originalDestinationPort], map: ProxySet.sticky.name)),
                Rule(
                    .match(.transport(transport)), .match(.destinationTranslated),
                    .match(.notMember([.originalDestination], of: ProxySet.clusterIPs.name)),
                    .verdictMap([.transport, .originalDestinationPort], map: ProxySet.nodePortSticky.name)),
            ]
        }
    }

    /// nft gives a port of the connection a type only in a rule that names the protocol, so there is a rule for each.
    private static let transports: [TransportProtocol] = [.tcp, .udp, .sctp]

    private func recordChain(_ seconds: UInt32, isNodePort: Bool) -> Chain {
        let frontend: [Field] = (isNodePort ? [] : [.originalDestination]) + [.transport, .originalDestinationPort]
        let map = isNodePort ? ProxySet.nodePortAffinity : .affinity
        return Chain(
            Self.record(seconds, isNodePort: isNodePort),
            rules: Self.transports.map { transport in
                Rule(
                    .match(.transport(transport)),
                    .updateMap(
                        map.name, key: frontend + [.originalSource], value: [.replySource, .replySourcePort],
                        seconds: seconds))
            })
    }

    /// An endpoint in the node's own namespace is reached through `input`.
    private mutating func addAffinity() {
        guard !affinitySeconds.isEmpty else { return }
        chains.append(Chain("nat-input", base: BaseChain(.nat, .input, priority: 100), rules: rememberRules))
        for seconds in affinitySeconds {
            for isNodePort in [false, true] { chains.append(recordChain(seconds, isNodePort: isNodePort)) }
        }
        for kind in FrontendKind.allCases {
            for count in Self.slotCounts { chains.append(stickyChain(kind, count)) }
        }
    }

    package static func record(_ seconds: UInt32, isNodePort: Bool) -> String {
        (isNodePort ? "record-node-port-" : "record-") + String(seconds)
    }

    private func stickyChain(_ kind: FrontendKind, _ count: Int) -> Chain {
        let name = kind.chain(slots: count, isSticky: true)
        if let next = kind.next(slots: count, isSticky: true) {
            return Chain(name, rules: entryRules(of: kind) + [Rule(.verdict(.goto(next)))])
        }
        let key = kind.isNodePort ? FrontendKind.nodePortKey : FrontendKind.serviceKey
        let map = kind.isNodePort ? ProxySet.nodePortAffinity : ProxySet.affinity
        return Chain(
            name,
            rules: [
                Rule(.destinationNAT(key + [.sourceAddress], map: map.name)), Rule(.verdict(.goto(kind.chain(slots: count)))),
            ])
    }

    private mutating func addKind(_ kind: FrontendKind) {
        for count in Self.slotCounts {
            let name = kind.chain(slots: count)
            let next = kind.next(slots: count)
            chains.append(
                Chain(name, rules: entryRules(of: kind) + (next.map { [Rule(.verdict(.goto($0)))] } ?? drawRules(kind, count))))
        }
        if let none = kind.chainWithoutEndpoints {
            chains.append(Chain(none, rules: entryRules(of: kind) + [Rule(.verdict(.drop))]))
        }
    }

    /// What happens before an endpoint is drawn.
    private func entryRules(of kind: FrontendKind) -> [Rule] {
        let mark = Statement.setMark(bits: configuration.masqueradeMark)
        let pods = configuration.clusterCIDR(family)
        switch kind {
        case .clusterIP: return pods.map { [Rule(.match(.addressNot(.source, in: $0)), mark)] } ?? []
        case .external, .nodePort: return [Rule(mark)]
        case .externalLocal, .nodePortLocal:
            let key = kind.isNodePort ? FrontendKind.nodePortKey : FrontendKind.serviceKey
            let map = (kind.isNodePort ? ProxySet.nodePortShortcuts : ProxySet.shortcuts).name
            let fromPods = pods.map { [Rule(.match(.address(.source, in: $0)), .verdictMap(key, map: map))] } ?? []
            return fromPods + [
                Rule(.match(.isLocal(.source)), mark), Rule(.match(.isLocal(.source)), .verdictMap(key, map: map)),
            ]
        case .balance, .balanceLocal, .balanceNodePort, .balanceNodePortLocal: return []
        }
    }

    /// Draws a slot until one is filled; the last rule takes slot 0, which always is.
    private func drawRules(_ kind: FrontendKind, _ count: Int) -> [Rule] {
        let key = kind.isNodePort ? FrontendKind.nodePortKey : FrontendKind.serviceKey
        func draw(_ modulus: Int) -> Rule {
            Rule(.destinationNAT(key + [.random(modulus: UInt32(modulus))], map: kind.endpoints.name))
        }
        return [Rule](repeating: draw(count), count: Self.draws(slots: count)) + [draw(1)]
    }

    /// Two slots are both filled, of four at least three are, of more at least half: a draw misses all filled slots in one
    /// of 65,000 cases at most.
    private static func draws(slots: Int) -> Int {
        switch slots {
        case 1: 0
        case 2: 1
        case 4: 8
        default: 16
        }
    }
}
