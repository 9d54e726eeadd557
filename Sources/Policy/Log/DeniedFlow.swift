import NetworkTypes

/// A connection that was denied, or would be by a staged policy.
package struct DeniedFlow: Hashable, Sendable {
    package var source: Party
    package var destination: Party
    /// `tcp`, `udp`, `sctp`, or the number of another protocol.
    package var transport: String
    package var port: UInt16
    /// Whose policies said so: the source's egress, or the destination's ingress.
    package var direction: PolicyDirection
    package var isStaged: Bool
    /// NetworkPolicies that isolate the pod, or the ClusterNetworkPolicy that denies.
    package var policies: [PolicyReference]
    /// What would have let it through.
    package var nearest: NearMiss?

    package var subject: Party { direction == .egress ? source : destination }

    package var key: Key {
        Key(source: source, destination: destination, transport: transport, port: port, isStaged: isStaged)
    }

    /// Flows that are alike for a reader.
    package struct Key: Hashable, Sendable {
        var source: Party
        var destination: Party
        var transport: String
        var port: UInt16
        var isStaged: Bool
    }

    /// One line for people.
    package var description: String {
        let verb = isStaged ? "would be denied" : "denied"
        let names = policies.map(\.description).joined(separator: ", ")
        var text = "\(direction.rawValue) \(source) -> \(destination):\(port)/\(transport) \(verb)"
        if !names.isEmpty { text += " by \(names)" }
        if let nearest {
            let lack =
                switch nearest.lack {
                case .peer: "does not name this peer"
                case .port: "does not name this port"
                case .both: "names neither peer nor port"
                }
            text += "; nearest rule: \(nearest.rule), which \(lack)"
        }
        return text
    }
}

extension PolicyEngine {
    /// What was denied about a packet that a class's chain reported.
    ///
    /// - Parameter prefix: `skiff deny CLASS` or `skiff would-deny CLASS`.
    /// - Returns: Nil for another prefix, and for a staged report of a connection that is denied anyway.
    package func deniedFlow(_ packet: PacketSummary, prefix: String) -> DeniedFlow? {
        let isStaged = prefix.hasPrefix(ClassCompiler.wouldDenyPrefix)
        guard isStaged || prefix.hasPrefix(ClassCompiler.deniedPrefix), let name = prefix.split(separator: " ").last else {
            return nil
        }
        let direction: PolicyDirection = name.hasPrefix(PolicyDirection.egress.rawValue) ? .egress : .ingress
        var flow = DeniedFlow(
            source: party(packet.source), destination: party(packet.destination),
            transport: packet.transport?.name ?? String(packet.protocolNumber), port: packet.destinationPort,
            direction: direction, isStaged: isStaged, policies: [])
        guard let transport = packet.transport else { return flow }
        let connection = Connection(
            from: flow.source, to: flow.destination, transport, packet.destinationPort, family: packet.source.family)
        guard let verdict = verdict(connection)?.direction(direction) else { return flow }
        if isStaged && !options.enforcesStaged && !verdict.isAllowed { return nil }
        switch verdict.reason {
        case .rule(let rule): flow.policies = [rule.policy]
        case .fault(let policy, _): flow.policies = [policy]
        default: flow.policies = verdict.isolatedBy
        }
        flow.nearest = verdict.nearest.first { $0.lack != .both } ?? verdict.nearest.first
        return flow
    }

    private func party(_ address: IPAddress) -> Party {
        if let pod = world.pods.values.first(where: { $0.isSelectable && $0.addresses.contains(address) }) {
            return .pod(pod.key)
        }
        if let node = world.nodes.values.first(where: { $0.addresses.contains(address) }) { return .node(node.name) }
        return .address(address)
    }
}
