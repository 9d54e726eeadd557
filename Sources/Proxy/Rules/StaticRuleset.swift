package import NFTables
package import NetworkTypes

/// The chains that never change while the proxy runs; a Service is elements only.
///
/// One table per family, `ip skiff-proxy` and `ip6 skiff-proxy`, with nat chains alone: a packet of a connection that is known
/// meets no rule of ours. Chains named `...-N` are for a frontend with N slots. Chains for session affinity and for hashed clients stand
/// only where a Service asks for them (`Demand`).
package struct StaticRuleset {
    package static let tableName = "skiff-proxy"
    package static let refuse = "refuse"
    package static let discard = "discard"
    package static let firewall = "firewall"
    /// The same on every node and for ever, so that a client meets the same endpoint from each.
    package static let hashSeed: UInt32 = 0x5c1f_f001

    /// Which chains Services ask for beyond those that always stand.
    package struct Demand: Hashable, Sendable {
        /// A `record-SECONDS` for each time that a client is remembered.
        package var affinitySeconds: Set<UInt32> = []
        package var hashesSources = false
        /// The set of ejected endpoints.
        package var ejects = false

        package init(affinitySeconds: Set<UInt32> = [], hashesSources: Bool = false, ejects: Bool = false) {
            self.affinitySeconds = affinitySeconds
            self.hashesSources = hashesSources
            self.ejects = ejects
        }
    }

    private let configuration: ProxyConfiguration
    private let family: IPFamily
    private let affinitySeconds: [UInt32]
    private var chains: [Chain] = []

    /// The table without elements.
    package static func table(
        _ family: IPFamily, _ configuration: ProxyConfiguration, _ demand: Demand = Demand()
    ) -> Table {
        var builder = StaticRuleset(
            configuration: configuration, family: family, affinitySeconds: demand.affinitySeconds.sorted())
        builder.addHooks()
        builder.addDispatch()
        for kind in FrontendKind.allCases { builder.addKind(kind) }
        builder.addAffinity()
        if demand.hashesSources { builder.addHashes() }
        return Table(
            identifier(family), isOwned: configuration.ownsTables, chains: builder.chains,
            sets: ProxySet.allCases.filter { $0 != .ejected || demand.ejects }.map {
                $0.declaration(family, isCounted: configuration.countsConnections)
            })
    }

    package static func identifier(_ family: IPFamily) -> TableIdentifier { TableIdentifier(TableFamily(family), tableName) }

    /// 1, 2, 4 ... `SlotTable.slotsMax`.
    package static let slotCounts: [Int] = (0...14).map { 1 << $0 }
    package static let hashedSlotCounts: [Int] = slotCounts.filter { $0 >= SlotTable.hashedSlotsMin }

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
        var rules = [Rule(.verdictMap(FrontendKind.serviceKey, map: ProxySet.services.name))]
        rules += nodePortRules
        rules.append(Rule(.match(.member([.destinationAddress], of: ProxySet.clusterIPs.name)), .verdict(.goto(Self.refuse))))
        for prefix in configuration.serviceCIDRs where prefix.family == family && prefix.prefixLength > 0 {
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

    /// One rule, or one for each prefix where node ports answer. The routing table says which addresses are the node's, so a new one
    /// counts at once.
    private var nodePortRules: [Rule] {
        guard let loopback = CIDR(parsing: family == .ipv4 ? "127.0.0.0/8" : "::1/128") else {
            preconditionFailure("the loopback prefix is a constant")
        }
        let conditions: [Statement] = [.match(.isLocal(.destination)), .match(.addressNot(.destination, in: loopback))]
        let lookup = Statement.verdictMap(FrontendKind.nodePortKey, map: ProxySet.nodePorts.name)
        guard let prefixes = configuration.nodePortAddresses.prefixes(family, configuration) else {
            return [Rule(conditions + [lookup])]
        }
        return prefixes.map { Rule([.match(.address(.destination, in: $0))] + conditions + [lookup]) }
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
            let map = kind.isNodePort ? ProxySet.nodePortAffinity : ProxySet.affinity
            for count in Self.slotCounts {
                addChain(
                    kind, count, .sticky,
                    rules: [
                        Rule(.destinationNAT(kind.key + [.sourceAddress], map: map.name)),
                        Rule(.verdict(.goto(kind.chain(slots: count)))),
                    ])
            }
        }
    }

    private mutating func addHashes() {
        for kind in FrontendKind.allCases {
            for count in Self.hashedSlotCounts {
                let slot = Field.sourceHash(modulus: UInt32(count), seed: Self.hashSeed)
                addChain(kind, count, .hash, rules: [Rule(.destinationNAT(kind.key + [slot], map: kind.endpoints.name))])
            }
        }
    }

    package static func record(_ seconds: UInt32, isNodePort: Bool) -> String {
        (isNodePort ? "record-node-port-" : "record-") + String(seconds)
    }

    private mutating func addKind(_ kind: FrontendKind) {
        for count in Self.slotCounts { addChain(kind, count, .random, rules: drawRules(kind, count)) }
        if let none = kind.chainWithoutEndpoints {
            chains.append(Chain(none, rules: entryRules(of: kind) + [Rule(.verdict(.drop))]))
        }
    }

    /// - Parameter rules: Of a kind that draws itself.
    private mutating func addChain(_ kind: FrontendKind, _ count: Int, _ draw: Draw, rules: [Rule]) {
        let last = kind.next(slots: count, draw).map { [Rule(.verdict(.goto($0)))] } ?? rules
        chains.append(Chain(kind.chain(slots: count, draw), rules: entryRules(of: kind) + last))
    }

    /// What happens before an endpoint is drawn.
    private func entryRules(of kind: FrontendKind) -> [Rule] {
        let mark = Statement.setMark(bits: configuration.masqueradeMark)
        let local = configuration.localTraffic
        switch kind {
        case .clusterIP:
            if configuration.masqueradesAll { return [Rule(mark)] }
            return local.match(family, configuration, negated: true).map { [Rule(.match($0), mark)] } ?? []
        case .external, .nodePort: return [Rule(mark)]
        case .externalLocal, .nodePortLocal:
            let map = (kind.isNodePort ? ProxySet.nodePortShortcuts : ProxySet.shortcuts).name
            let fromPods = local.match(family, configuration).map { [Rule(.match($0), .verdictMap(kind.key, map: map))] } ?? []
            return fromPods + [
                Rule(.match(.isLocal(.source)), mark), Rule(.match(.isLocal(.source)), .verdictMap(kind.key, map: map)),
            ]
        case .balance, .balanceLocal, .balanceNodePort, .balanceNodePortLocal: return []
        }
    }

    /// Draws a slot until one is filled; the last rule takes slot 0, which always is.
    private func drawRules(_ kind: FrontendKind, _ count: Int) -> [Rule] {
        func draw(_ modulus: Int) -> Rule {
            Rule(.destinationNAT(kind.key + [.random(modulus: UInt32(modulus))], map: kind.endpoints.name))
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
