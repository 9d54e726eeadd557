import NetworkTypes
import Policy

/// Pods that no policy of a model can tell apart share a class: same namespace, labels, named ports, and same prefixes around
/// their addresses.
package struct PodClasses: Sendable {
    /// Comparing every address with more prefixes than this takes longer than it saves: every pod is its own class then.
    private static let blocksMax = 2000

    /// For each pod of the model its class, counted from zero.
    package let classOfPod: [Int]
    package let count: Int

    private struct Signature: Hashable {
        var namespace: String
        var labels: [String: String]
        var ports: [ContainerPortNumber]
        var isOnHostNetwork: Bool
        var blocks: [Int]
        var pod: Int?
    }

    package init(_ oracle: LabOracle) {
        let blocks = Self.blocks(oracle.engine.world)
        var known: [Signature: Int] = [:]
        var result: [Int] = []
        for (index, pod) in oracle.model.pods.enumerated() {
            let signature = Signature(
                namespace: pod.namespace, labels: pod.labels, ports: pod.ports, isOnHostNetwork: pod.isOnHostNetwork,
                blocks: blocks.map { blocks in
                    blocks.indices.filter { number in pod.addresses.contains { oracle.engine.world.selects(blocks[number], $0) } }
                } ?? [], pod: blocks == nil ? index : nil)
            let number = known[signature] ?? known.count
            known[signature] = number
            result.append(number)
        }
        classOfPod = result
        count = known.count
    }

    /// Every peer that chooses by address; nil when there are too many.
    private static func blocks(_ world: PolicyWorld) -> [Peer]? {
        var found: Set<Peer> = []
        let rules =
            world.policies.values.flatMap { $0.ingress + $0.egress }
            + world.clusterPolicies.values.flatMap { $0.ingress + $0.egress }
        for rule in rules {
            for peer in rule.peers ?? [] {
                if case .pods = peer { continue }
                found.insert(peer)
            }
            if found.count > blocksMax { return nil }
        }
        return Array(found)
    }
}

extension ProbePlan {
    /// Probes beyond this are reduced to one of each kind.
    package static let probesMax = 250_000

    /// One pair of pods for each pair of classes; of one class with itself, two of its pods.
    package static func representatives(_ oracle: LabOracle, _ classes: PodClasses, _ options: ProbeOptions) -> ProbePlan {
        let model = oracle.model
        var members = [[Int]](repeating: [], count: classes.count)
        for (pod, number) in classes.classOfPod.enumerated() where !model.pods[pod].isOnHostNetwork && members[number].count < 2 {
            members[number].append(pod)
        }
        var plan = ProbePlan()
        for (sourceClass, sources) in members.enumerated() {
            guard let source = sources.first else { continue }
            for (destinationClass, destinations) in members.enumerated() {
                let destination = sourceClass == destinationClass ? destinations.dropFirst().first : destinations.first
                guard let destination else { continue }
                for family in options.families
                where model.pods[source].address(family) != nil && model.pods[destination].address(family) != nil {
                    for port in options.ports(of: model.pods[destination]) {
                        plan.add(Probe(from: .pod(source), to: .pod(destination), port, family: family))
                    }
                }
            }
        }
        return plan
    }

    /// How many probes `allPairs` would have.
    package static func pairCount(_ model: LabModel, _ options: ProbeOptions) -> Int {
        let pods = model.networkedPods
        let ports = pods.reduce(0) { $0 + options.ports(of: $1).count }
        return max(0, pods.count - 1) * ports * options.families.count
    }
}
