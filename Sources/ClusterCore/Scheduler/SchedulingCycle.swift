package import API

/// Chooses a node for one pod.
package enum SchedulingCycle {
    package enum Placement: Hashable, Sendable {
        case place(node: String)
        /// `message` is upstream's: `0/3 nodes are available: 3 Insufficient cpu.`
        case unschedulable(message: String)
    }

    /// - Parameters:
    ///   - spreadSelector: The pods that this one should be spread among; nil: its own owner tells nothing.
    ///   - random: 0..<1; decides among equally good nodes.
    package static func place(
        _ pod: Pod, in view: SchedulerView, spreadSelector: LabelSelector?, random: Double
    ) -> Placement {
        let states = view.sortedNodes
        guard !states.isEmpty else { return .unschedulable(message: "no nodes available to schedule pods") }
        var feasible: [NodeState] = []
        var reasons: [String: Int] = [:]
        for state in states {
            // The first rule that a node fails says why, as upstream's filters stop there.
            if let failed = Filter.all.lazy.map({ $0.reasons(pod, state) }).first(where: { !$0.isEmpty }) {
                for reason in failed { reasons[reason, default: 0] += 1 }
            } else {
                feasible.append(state)
            }
        }
        guard !feasible.isEmpty else {
            return .unschedulable(message: message(nodes: states.count, reasons))
        }
        let totals = Scores(pod: pod, states: feasible, spreadSelector: spreadSelector).totals()
        let best = totals.max() ?? 0
        let equals = feasible.indices.filter { totals[$0] >= best - 0.000_001 }
        let chosen = equals[min(equals.count - 1, Int(random * Double(equals.count)))]
        return .place(node: feasible[chosen].node.metadata.name)
    }

    static func message(nodes: Int, _ reasons: [String: Int]) -> String {
        let parts = reasons.map { "\($0.value) \($0.key)" }.sorted()
        return "0/\(nodes) nodes are available: \(parts.joined(separator: ", "))."
    }
}
