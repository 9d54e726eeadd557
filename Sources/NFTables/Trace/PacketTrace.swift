package import NetworkTypes

/// What a ruleset does to the first packet of a connection, computed step by step as the kernel would.
///
/// Sees the hooks that such a packet passes on one machine. Later packets of a connection follow the first one's
/// translation without meeting a nat chain again.
package struct PacketTrace: Hashable, Sendable {
    package enum Outcome: Hashable, Sendable {
        case accepted
        case dropped
        case rejected(Statement.Rejection)
        /// A rule that cannot be followed; the text is the kernel's.
        case undecided(String)
    }

    /// A rule that matched the packet.
    package struct Step: Hashable, Sendable {
        package enum Effect: Hashable, Sendable {
            /// The rule did something, or nothing, and the next one follows.
            case goesOn
            case verdict(Verdict)
            case ends(Outcome)
        }

        package var table: TableIdentifier
        package var chain: String
        /// Of the rule in its chain, from zero.
        package var index: Int
        package var rule: String
        package var effect: Effect
        /// Of the packet behind the rule.
        package var destination: IPAddress
        package var port: Port
    }

    /// What the packet meets besides rules.
    package struct Surroundings: Sendable {
        /// Addresses of this machine; loopback addresses belong to it in any case.
        package var localAddresses: Set<IPAddress>
        /// What `numgen random` gives, in order and reduced by its modulus; zero after the last one.
        package var randomNumbers: [UInt32]

        package init(localAddresses: Set<IPAddress> = [], randomNumbers: [UInt32] = []) {
            self.localAddresses = localAddresses
            self.randomNumbers = randomNumbers
        }

        func isLocal(_ address: IPAddress) -> Bool { address.isLoopback || localAddresses.contains(address) }
    }

    /// An element that the packet wrote into a dynamic map, or kept alive there.
    package struct Update: Hashable, Sendable {
        package var map: String
        package var key: KeyBytes
        package var value: KeyBytes

        package init(map: String, key: KeyBytes, value: KeyBytes) {
            self.map = map
            self.key = key
            self.value = value
        }
    }

    /// Where the packet comes from.
    package enum Origin: Hashable, Sendable { case network, thisMachine }

    package private(set) var outcome: Outcome = .accepted
    /// As it leaves; the source of a masqueraded packet is not computed.
    package private(set) var packet: Packet
    package private(set) var isMasqueraded = false
    package private(set) var isDestinationTranslated = false
    /// Chains entered, in order.
    package private(set) var chains: [String] = []
    /// Rules that matched, in order.
    package private(set) var steps: [Step] = []
    package private(set) var randomNumbersUsed = 0
    package private(set) var updates: [Update] = []
    private let original: Packet

    package static func follow(
        _ packet: Packet, from origin: Origin, through ruleset: Ruleset, in surroundings: Surroundings = Surroundings()
    ) -> PacketTrace {
        var trace = PacketTrace(packet: packet)
        func pass(_ hook: BaseChain.Hook) -> Bool { trace.pass(hook, ruleset, surroundings) }
        switch origin {
        case .network:
            guard pass(.prerouting) else { return trace }
            if surroundings.isLocal(trace.packet.destination) {
                _ = pass(.input)
            } else if pass(.forward) {
                _ = pass(.postrouting)
            }
        case .thisMachine:
            if pass(.output) { _ = pass(.postrouting) }
        }
        return trace
    }

    private init(packet: Packet) {
        self.packet = packet
        original = packet
    }

    /// Runs the base chains of a hook by priority; false when the packet ended.
    private mutating func pass(_ hook: BaseChain.Hook, _ ruleset: Ruleset, _ surroundings: Surroundings) -> Bool {
        var bases: [(Table, Chain, Int32)] = []
        for (identifier, table) in ruleset.tables where identifier.family.addresses == packet.destination.family {
            for chain in table.chains.values {
                if let base = chain.base, base.hook == hook { bases.append((table, chain, base.priority)) }
            }
        }
        bases.sort { ($0.2, $0.0.identifier, $0.1.name) < ($1.2, $1.0.identifier, $1.1.name) }
        for (table, chain, _) in bases {
            var machine = PacketMachine(
                table: table, surroundings: surroundings, packet: packet, original: original,
                isDestinationTranslated: isDestinationTranslated, randomNumbersUsed: randomNumbersUsed)
            let end = machine.run(chain)
            packet = machine.packet
            isDestinationTranslated = machine.isDestinationTranslated
            isMasqueraded = isMasqueraded || machine.isMasqueraded
            randomNumbersUsed = machine.randomNumbersUsed
            chains += machine.chains
            updates += machine.updates
            steps += machine.steps
            let decided = end ?? (chain.base?.acceptsByDefault == false ? .dropped : .accepted)
            guard decided == .accepted else {
                outcome = decided
                return false
            }
        }
        return true
    }
}
