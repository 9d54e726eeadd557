package import NFTables
package import NetworkTypes

/// What one node does to packets: read from its kernel, or computed from the objects where the kernel cannot be read.
package struct NodeRuleset: Sendable {
    package enum Origin: Hashable, Sendable {
        case kernel
        /// The reason why the kernel was not read.
        case model(String)
    }

    package var nodeName: String
    package var origin: Origin
    /// Our tables; one that is missing was not there.
    package var ruleset: Ruleset
    /// Addresses of the node itself.
    package var localAddresses: Set<IPAddress>
    /// Hooked chains of every table, ours included; empty when computed.
    package var hooks: [HookedChain]
    /// Tracked connections from the source of the question; nil when computed.
    package var flows: [Flow]?
    /// Endpoints that get no new connections for a while.
    package var ejected: [EjectedEndpoint]

    package init(
        nodeName: String, origin: Origin, ruleset: Ruleset, localAddresses: Set<IPAddress>, hooks: [HookedChain] = [],
        flows: [Flow]? = nil, ejected: [EjectedEndpoint] = []
    ) {
        self.nodeName = nodeName
        self.origin = origin
        self.ruleset = ruleset
        self.localAddresses = localAddresses
        self.hooks = hooks
        self.flows = flows
        self.ejected = ejected
    }
}

/// Everything that the rules of a node may do with the first packet of one connection.
package struct RuleOutcomes: Hashable, Sendable {
    /// One way through the rules.
    package struct Way: Hashable, Sendable {
        package var outcome: PacketTrace.Outcome
        /// Where the packet leaves for.
        package var destination: Backend
        package var isTranslated: Bool
        package var isMasqueraded: Bool
        /// Chains in the order in which the packet entered them.
        package var chains: [String]
        package var steps: [PacketTrace.Step]
    }

    /// Each result once, in order of destination.
    package private(set) var ways: [Way] = []

    /// More draws than this are not tried: with more slots some endpoints may be missing from `ways`.
    package static let drawsMax = 512

    /// Follows the packet once for every number that a rule may draw.
    package init(_ question: ConnectionQuestion, through rules: NodeRuleset) {
        let packet = Packet(
            question.transport, from: question.sourceAddress, to: question.address, port: question.port)
        let origin: PacketTrace.Origin = if case .node = question.source { .thisMachine } else { .network }
        var seen: Set<Key> = []
        for draw in 0..<UInt32(Self.drawsMax) {
            let trace = PacketTrace.follow(
                packet, from: origin, through: rules.ruleset,
                in: .init(localAddresses: rules.localAddresses, randomNumbers: [draw]))
            let way = Way(trace)
            if seen.insert(Key(outcome: way.outcome, destination: way.destination)).inserted { ways.append(way) }
            if trace.randomNumbersUsed == 0 { break }
        }
        ways.sort { $0.destination < $1.destination }
    }

    private struct Key: Hashable {
        var outcome: PacketTrace.Outcome
        var destination: Backend
    }

    package var destinations: [Backend] { ways.filter { $0.outcome == .accepted && $0.isTranslated }.map(\.destination) }
}

extension RuleOutcomes.Way {
    init(_ trace: PacketTrace) {
        self.init(
            outcome: trace.outcome, destination: Backend(trace.packet.destination, trace.packet.destinationPort),
            isTranslated: trace.isDestinationTranslated, isMasqueraded: trace.isMasqueraded, chains: trace.chains,
            steps: trace.steps)
    }

    /// What the client notices.
    package var experience: String {
        switch outcome {
        case .accepted: "goes on"
        case .dropped: "dropped: the client waits until it gives up"
        case .rejected(.tcpReset): "refused at once with a TCP reset"
        case .rejected(.portUnreachable): "refused at once with ICMP port unreachable"
        case .undecided(let rule): "cannot be followed: \(rule)"
        }
    }
}
