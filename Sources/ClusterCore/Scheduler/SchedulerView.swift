package import API

/// The nodes with everything on them, kept up to date by events and by the scheduler's own assumptions.
package struct SchedulerView: Sendable {
    package private(set) var nodes: [String: NodeState] = [:]
    /// Where each known pod counts, by uid.
    private var places: [String: String] = [:]
    /// Pods that were placed here but whose binding is not visible yet.
    private var assumed: Set<String> = []
    /// Pods whose node is not known yet, by node.
    private var homeless: [String: [String: Pod]] = [:]

    package init() {}

    package init(nodes: [Node], pods: [Pod] = []) {
        for node in nodes { changed(node) }
        for pod in pods { changed(pod) }
    }

    package var sortedNodes: [NodeState] { nodes.values.sorted { $0.node.metadata.name < $1.node.metadata.name } }

    package mutating func changed(_ node: Node) {
        let name = node.metadata.name
        if nodes[name] == nil {
            nodes[name] = NodeState(node)
            for pod in homeless.removeValue(forKey: name)?.values ?? [:].values { nodes[name]?.add(pod) }
        } else {
            nodes[name]?.node = node
        }
    }

    package mutating func removed(node name: String) {
        guard let state = nodes.removeValue(forKey: name) else { return }
        homeless[name] = state.pods
    }

    /// A pod as the cache shows it.
    package mutating func changed(_ pod: Pod) {
        let uid = pod.metadata.uid
        if pod.spec.nodeName.isEmpty {
            if !assumed.contains(uid) { take(uid) }
            return
        }
        assumed.remove(uid)
        take(uid)
        if !pod.isFinished { put(pod, on: pod.spec.nodeName) }
    }

    package mutating func removed(pod uid: String) {
        assumed.remove(uid)
        take(uid)
    }

    /// Counts a pod on a node before the server has confirmed it.
    package mutating func assume(_ pod: Pod, on node: String) {
        take(pod.metadata.uid)
        var pod = pod
        pod.spec.nodeName = node
        assumed.insert(pod.metadata.uid)
        put(pod, on: node)
    }

    /// The binding failed.
    package mutating func forget(_ uid: String) {
        if assumed.remove(uid) != nil { take(uid) }
    }

    private mutating func put(_ pod: Pod, on node: String) {
        places[pod.metadata.uid] = node
        if nodes[node] != nil { nodes[node]?.add(pod) } else { homeless[node, default: [:]][pod.metadata.uid] = pod }
    }

    private mutating func take(_ uid: String) {
        guard let node = places.removeValue(forKey: uid) else { return }
        nodes[node]?.remove(uid: uid)
        homeless[node]?[uid] = nil
        if homeless[node]?.isEmpty == true { homeless[node] = nil }
    }
}
