import API

/// How good each of several nodes is for a pod: 0...100 per rule, weighted and summed as upstream's default profile.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/scheduler/apis/config/v1/default_plugins.go`.
struct Scores {
    let pod: Pod
    let states: [NodeState]
    /// The pods that this one should stay away from: those of the same Service, ReplicaSet...
    let spreadSelector: LabelSelector?

    /// One sum per state, in order.
    func totals() -> [Double] {
        var sums = [Double](repeating: 0, count: states.count)
        for (weight, values) in [
            (1.0, leastAllocated()), (1.0, balancedAllocation()), (2.0, spread()), (3.0, taints()), (2.0, preferredAffinity()),
        ] {
            for index in sums.indices { sums[index] += weight * values[index] }
        }
        return sums
    }

    private func share(_ name: String, _ state: NodeState) -> Double {
        let capacity = Double(state.node.allocatable[name]?.milliValue ?? 0)
        guard capacity > 0 else { return 1 }
        let used = (state.weighed[name] ?? .zero) + (NodeState.weight(of: pod)[name] ?? .zero)
        return min(1, Double(used.milliValue) / capacity)
    }

    /// `NodeResourcesFit` with its default strategy.
    func leastAllocated() -> [Double] {
        states.map { state in (2 - share("cpu", state) - share("memory", state)) * 50 }
    }

    /// `NodeResourcesBalancedAllocation`: CPU and memory should fill alike.
    func balancedAllocation() -> [Double] {
        states.map { state in (1 - abs(share("cpu", state) - share("memory", state)) / 2) * 100 }
    }

    /// `TaintToleration`: fewer `PreferNoSchedule` taints are better.
    func taints() -> [Double] {
        let counts = states.map { state in
            Double(
                state.node.taints.count { taint in
                    taint.effect == "PreferNoSchedule" && !pod.spec.tolerations.contains { $0.tolerates(taint) }
                })
        }
        return Self.inverted(counts)
    }

    /// `NodeAffinity`, the preferred terms.
    func preferredAffinity() -> [Double] {
        let sums = states.map { state in
            pod.spec.affinity.preferredNodeTerms.reduce(0.0) { $0 + ($1.preference.matches(state.node) ? Double($1.weight) : 0) }
        }
        guard let most = sums.max(), most > 0 else { return sums }
        return sums.map { $0 / most * 100 }
    }

    /// `PodTopologySpread` with its built-in defaults: by zone and by node, as far as possible.
    func spread() -> [Double] {
        guard let spreadSelector else { return [Double](repeating: 100, count: states.count) }
        let onNode = states.map { state in
            Double(
                state.pods.values.count {
                    $0.metadata.namespace == pod.metadata.namespace && !$0.metadata.isBeingDeleted
                        && spreadSelector.matches($0.metadata.labels)
                })
        }
        let zones = states.map { $0.node.metadata.labels["topology.kubernetes.io/zone"] ?? "" }
        var inZone: [String: Double] = [:]
        for (index, zone) in zones.enumerated() { inZone[zone, default: 0] += onNode[index] }
        let zoneCount = Double(Set(zones).count)
        // More domains of a kind make a pod in one of them weigh more, as upstream's log(size + 2).
        let nodeWeight = Self.logarithm(Double(states.count) + 2)
        let zoneWeight = zoneCount > 1 ? Self.logarithm(zoneCount + 2) : 0
        let costs = states.indices.map { onNode[$0] * nodeWeight + (inZone[zones[$0]] ?? 0) * zoneWeight }
        return Self.inverted(costs)
    }

    /// The lowest becomes 100, and zero stays the reference: equal costs are equally good.
    private static func inverted(_ costs: [Double]) -> [Double] {
        guard let most = costs.max(), most > 0, let least = costs.min() else {
            return [Double](repeating: 100, count: costs.count)
        }
        return costs.map { (most + least - $0) / most * 100 }
    }

    /// Natural logarithm of 2...; a few halvings and a short series do, since only the order of costs matters.
    private static func logarithm(_ value: Double) -> Double {
        var exponent = 0.0
        var rest = value
        while rest > 2 {
            rest /= 2
            exponent += 1
        }
        let ratio = (rest - 1) / (rest + 1)
        let square = ratio * ratio
        return exponent * 0.6931471805599453 + 2 * ratio * (1 + square / 3 + square * square / 5 + square * square * square / 7)
    }
}
