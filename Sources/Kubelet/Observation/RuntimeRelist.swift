import CRI

/// Two listings of the runtime, compared: whose pods changed in between.
struct RuntimeRelist: Hashable, Sendable {
    /// State by container or sandbox id, grouped by pod uid.
    private(set) var pods: [String: [String: State]] = [:]

    enum State: Hashable, Sendable {
        case sandbox(isReady: Bool)
        case container(RuntimeContainerState)
    }

    /// Takes a listing; returns the uids of pods that look different from before.
    mutating func listed(_ sandboxes: [PodSandbox], _ containers: [RuntimeContainer]) -> Set<String> {
        var new: [String: [String: State]] = [:]
        for sandbox in sandboxes {
            let uid = sandbox.labels[PodLabels.podUID] ?? sandbox.metadata.uid
            new[uid, default: [:]][sandbox.id] = .sandbox(isReady: sandbox.isReady)
        }
        for container in containers {
            guard let uid = container.labels[PodLabels.podUID] else { continue }
            new[uid, default: [:]][container.id] = .container(container.state)
        }
        let changed = Set(new.keys).union(pods.keys).filter { new[$0] != pods[$0] }
        pods = new
        return changed
    }
}
