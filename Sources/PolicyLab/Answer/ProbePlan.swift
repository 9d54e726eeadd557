package import NetworkTypes

/// Which connections to try, for a matrix or for expectations.
package struct ProbePlan: Sendable {
    /// Each once, by source.
    package private(set) var probes: [Probe] = []
    private var positions: [Probe: Int] = [:]

    package init() {}

    /// Adds a probe that may be there already.
    ///
    /// - Returns: Its position.
    @discardableResult
    package mutating func add(_ probe: Probe) -> Int {
        if let known = positions[probe] { return known }
        positions[probe] = probes.count
        probes.append(probe)
        return probes.count - 1
    }

    package func position(of probe: Probe) -> Int? { positions[probe] }
}

/// What the pods of a model listen on, and which families are tried.
package struct ProbeOptions: Hashable, Sendable {
    /// What a pod without declared ports is taken to listen on.
    package static let assumedPort = ListeningPort(transport: .tcp, number: 80)
    /// What an outside host is taken to listen on where an expectation names no port.
    package static let outsidePort = ListeningPort(transport: .tcp, number: 443)

    package var families: [IPFamily]
    /// Ports that every pod listens on beside its own.
    package var extraPorts: [ListeningPort]

    package init(families: [IPFamily] = [.ipv4], extraPorts: [ListeningPort] = []) {
        self.families = families
        self.extraPorts = extraPorts
    }

    /// The families that the input speaks of: IPv4, and IPv6 where an address of it stands in the input.
    package static func families(of model: LabModel) -> [IPFamily] {
        let inPolicies = model.policies.contains { $0.value.mentionsIPv6 }
        let inHosts = model.outside.contains { $0.address(.ipv6) != nil }
        return inPolicies || inHosts ? [.ipv4, .ipv6] : [.ipv4]
    }

    package func ports(of pod: LabPod) -> [ListeningPort] {
        let declared = pod.ports.compactMap(\.listening)
        let all = (declared.isEmpty && extraPorts.isEmpty ? [Self.assumedPort] : declared) + extraPorts
        return Set(all).sorted()
    }
}

extension ProbePlan {
    /// Every pod with every other pod, on every port that the other one listens on.
    package static func allPairs(_ model: LabModel, _ options: ProbeOptions) -> ProbePlan {
        let indices = model.pods.indices.filter { !model.pods[$0].isOnHostNetwork }
        let ports = model.pods.map { options.ports(of: $0) }
        var plan = ProbePlan()
        for source in indices {
            for destination in indices where destination != source {
                for family in options.families
                where model.pods[source].address(family) != nil && model.pods[destination].address(family) != nil {
                    for port in ports[destination] {
                        plan.add(Probe(from: .pod(source), to: .pod(destination), port, family: family))
                    }
                }
            }
        }
        return plan
    }
}
