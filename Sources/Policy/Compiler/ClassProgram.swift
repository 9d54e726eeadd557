import API
import NetworkTypes

/// What a class of pods allows in one direction, without the pods that it is about: equal programs share one chain.
package struct ClassProgram: Hashable, Sendable {
    /// Who, on which ports.
    package struct Term: Hashable, Sendable {
        package enum Who: Hashable, Sendable {
            case anybody
            /// `Peer.pods` or `Peer.nodes`: addresses that come and go.
            case group(Peer)
            /// Disjoint, of both families.
            case networks([AddressRange])
        }

        package var who: Who
        /// Nil: every port of every protocol.
        package var ports: PortRanges?
        /// Of egress terms: ports that each destination pod resolves; only with a group.
        package var names: [PortMatch] = []
    }

    /// Consecutive rules of one action: their order among themselves does not matter.
    package struct Block: Hashable, Sendable {
        package var action: PolicyAction
        package var terms: [Term]
    }

    package var direction: PolicyDirection
    /// A policy that cannot be applied: nothing is allowed.
    package var isCutOff = false
    package var admin: [Block] = []
    /// Nil: no NetworkPolicy isolates.
    package var network: [Term]?
    package var baseline: [Block] = []

    package var isOpen: Bool { !isCutOff && admin.isEmpty && network == nil && baseline.isEmpty }

    package static func cutOff(_ direction: PolicyDirection) -> ClassProgram {
        ClassProgram(direction: direction, isCutOff: true)
    }

    init(direction: PolicyDirection, isCutOff: Bool) {
        self.direction = direction
        self.isCutOff = isCutOff
    }

    /// - Parameter names: The subject's named ports; used for ingress.
    package init(_ policies: ApplicablePolicies, _ direction: PolicyDirection, names: [NamedPort]) {
        self.direction = direction
        isCutOff = policies.fault != nil
        if isCutOff { return }
        admin = Self.blocks(policies.admin, direction, names)
        if policies.isIsolated {
            network = Self.ordered(policies.network.flatMap { $0.rules(direction) }.flatMap { Self.terms($0, direction, names) })
        }
        baseline = Self.blocks(policies.baseline, direction, names)
    }

    private static func blocks(
        _ policies: [ClusterNetworkPolicy], _ direction: PolicyDirection, _ names: [NamedPort]
    ) -> [Block] {
        var blocks: [Block] = []
        for rule in policies.flatMap({ $0.rules(direction) }) {
            let terms = terms(rule, direction, names)
            if blocks.last?.action == rule.action {
                blocks[blocks.count - 1].terms += terms
            } else if !terms.isEmpty {
                blocks.append(Block(action: rule.action, terms: terms))
            }
        }
        return blocks.map { Block(action: $0.action, terms: ordered($0.terms)) }
    }

    /// Each term once, in an order that does not depend on that of the rules.
    private static func ordered(_ terms: [Term]) -> [Term] {
        var seen: [String: Term] = [:]
        for term in terms { seen[term.text] = term }
        return seen.sorted { $0.key < $1.key }.map(\.value)
    }

    private static func terms(_ rule: PolicyRule, _ direction: PolicyDirection, _ names: [NamedPort]) -> [Term] {
        var ports: PortRanges?
        var open: [PortMatch] = []
        if let matches = rule.ports {
            var resolved: [PortMatch] = []
            for match in matches {
                guard case .named(let transport, let name) = match else {
                    resolved.append(match)
                    continue
                }
                if direction == .egress {
                    open.append(match)
                } else {
                    for port in names where port.name == name && (transport == nil || port.transport == transport) {
                        resolved.append(.range(port.transport, port.number...port.number))
                    }
                }
            }
            let ranges = PortRanges(resolved)
            if ranges.isEmpty && open.isEmpty { return [] }
            ports = ranges
        }
        guard let peers = rule.peers else { return everybody(ports, open) }
        return peers.compactMap { peer in
            switch peer {
            case .pods: return Term(who: .group(peer), ports: ports, names: open)
            case .nodes: return ports?.isEmpty == true ? nil : Term(who: .group(peer), ports: ports)
            case .block(let range, let except):
                let ranges = AddressRange.difference(range, except)
                return ranges.isEmpty || ports?.isEmpty == true ? nil : Term(who: .networks(ranges), ports: ports)
            }
        }
    }

    /// A name means something in pods alone, so that "anybody" is every pod there.
    private static func everybody(_ ports: PortRanges?, _ names: [PortMatch]) -> [Term] {
        var terms: [Term] = []
        if ports?.isEmpty != true { terms.append(Term(who: .anybody, ports: ports)) }
        if !names.isEmpty {
            terms.append(Term(who: .group(.pods(.matching(.everything), .everything)), ports: PortRanges(), names: names))
        }
        return terms
    }

    /// Says all of it: the name of the class is made from this.
    package var text: String {
        func text(_ blocks: [Block]) -> String {
            blocks.map { "\($0.action.rawValue)[" + $0.terms.map(\.text).joined(separator: ";") + "]" }.joined()
        }
        let isolation = network.map { "[" + $0.map(\.text).joined(separator: ";") + "]" } ?? "open"
        return isCutOff ? "\(direction) cut off" : "\(direction) \(text(admin)) \(isolation) \(text(baseline))"
    }
}

extension ClassProgram.Term {
    var text: String {
        let who =
            switch who {
            case .anybody: "anybody"
            case .group(let peer): peer.text
            case .networks(let ranges): ranges.map(\.description).joined(separator: ",")
            }
        let names = names.map { match -> String in
            if case .named(let transport, let name) = match { "\(transport?.name ?? "any")/\(name)" } else { "" }
        }
        return who + " on " + (ports?.text ?? "all") + (names.isEmpty ? "" : " and " + names.sorted().joined(separator: ","))
    }
}

extension Peer {
    /// Says all of it: the name of a group's set is made from this.
    var text: String {
        switch self {
        case .pods(.named(let namespace), let pods): "pods \(namespace)/\(pods)"
        case .pods(.matching(let namespaces), let pods): "pods {\(namespaces)}/\(pods)"
        case .nodes(let selector): "nodes \(selector)"
        case .block(let range, let except):
            "block \(range) without \(except.map(\.description).joined(separator: ","))"
        }
    }
}
