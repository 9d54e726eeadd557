package import API

/// A rule that a node must pass, named as upstream's plugin. The answer is the reasons why not; empty: it passes.
package struct Filter: Sendable {
    package var name: String
    package var reasons: @Sendable (Pod, NodeState) -> [String]

    /// In upstream's order.
    package static let all: [Filter] = [
        .nodeUnschedulable, .nodeName, .taintToleration, .nodeAffinity, .nodePorts, .nodeResourcesFit,
    ]

    package static let nodeName = Filter(name: "NodeName") { pod, state in
        pod.spec.nodeName.isEmpty || pod.spec.nodeName == state.node.metadata.name
            ? [] : ["node(s) didn't match the requested node name"]
    }

    package static let nodeUnschedulable = Filter(name: "NodeUnschedulable") { pod, state in
        let taint = Taint(key: "node.kubernetes.io/unschedulable", effect: "NoSchedule")
        return state.node.unschedulable && !pod.spec.tolerations.contains { $0.tolerates(taint) }
            ? ["node(s) were unschedulable"] : []
    }

    package static let taintToleration = Filter(name: "TaintToleration") { pod, state in
        let untolerated = state.node.taints.first { taint in
            (taint.effect == "NoSchedule" || taint.effect == "NoExecute")
                && !pod.spec.tolerations.contains { $0.tolerates(taint) }
        }
        return untolerated.map { ["node(s) had untolerated taint {\($0.key): \($0.value)}"] } ?? []
    }

    package static let nodeAffinity = Filter(name: "NodeAffinity") { pod, state in
        let labels = state.node.metadata.labels
        let passesSelector = pod.spec.nodeSelector.allSatisfy { labels[$0.key] == $0.value }
        let passesTerms = pod.spec.affinity.requiredNodeTerms.map { terms in terms.contains { $0.matches(state.node) } } ?? true
        return passesSelector && passesTerms ? [] : ["node(s) didn't match Pod's node affinity/selector"]
    }

    package static let nodePorts = Filter(name: "NodePorts") { pod, state in
        let wanted = HostPort.all(of: pod)
        guard !wanted.isEmpty else { return [] }
        let collides = wanted.contains { port in state.hostPorts.keys.contains { $0.collides(with: port) } }
        return collides ? ["node(s) didn't have free ports for the requested pod ports"] : []
    }

    package static let nodeResourcesFit = Filter(name: "NodeResourcesFit") { pod, state in
        var reasons: [String] = []
        let allowed = state.node.allocatable["pods"]?.value ?? 0
        if Int64(state.pods.count) + 1 > allowed { reasons.append("Too many pods") }
        for (name, amount) in pod.requests.sorted(by: { $0.key < $1.key }) where amount > .zero {
            let free = (state.node.allocatable[name] ?? .zero) - (state.requested[name] ?? .zero)
            if amount > free { reasons.append("Insufficient \(name)") }
        }
        return reasons
    }
}
