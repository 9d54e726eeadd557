package import API

/// Why a pod is not ready, in one line, from what its status says.
package enum PodTrouble {
    /// Nil for a ready pod.
    package static func text(_ pod: Pod) -> String? {
        if pod.isReady { return nil }
        if pod.metadata.isBeingDeleted { return "is being deleted" }
        if pod.spec.nodeName.isEmpty {
            let scheduled = pod.status.conditions["PodScheduled"]
            return "not scheduled" + (scheduled.map { $0.message.isEmpty ? "" : ": \($0.message)" } ?? "")
        }
        for status in pod.status.initContainerStatuses {
            if let trouble = text(status, of: pod, "init container") { return trouble }
        }
        for status in pod.status.containerStatuses where !status.ready {
            if let trouble = text(status, of: pod, "container") { return trouble }
        }
        for gate in pod.spec.readinessGates where pod.status.conditions[gate]?.isTrue != true {
            return "waits for its readiness gate \(gate)"
        }
        if let ready = pod.status.conditions["Ready"], !ready.message.isEmpty { return ready.message }
        return pod.status.phase.isEmpty ? "no status yet" : "not ready, phase \(pod.status.phase)"
    }

    private static func text(_ status: ContainerStatus, of pod: Pod, _ what: String) -> String? {
        switch status.state {
        case .waiting(let reason, let message):
            if what == "init container", reason.isEmpty { return nil }
            let last: String
            if case .terminated(let ended) = status.lastState { last = ", last exit \(ended.exitCode)" } else { last = "" }
            return "\(what) \(status.name) waits: \(reason.isEmpty ? "not started" : reason)\(last)"
                + (message.isEmpty ? "" : " (\(message))")
        case .terminated(let ended):
            if what == "init container", ended.exitCode == 0 { return nil }
            return "\(what) \(status.name) ended with \(ended.exitCode) (\(ended.reason))"
        case .running:
            guard !status.ready, what == "container" else { return nil }
            let container = pod.spec.containers.first { $0.name == status.name }
            if status.started == false, container?.startupProbe != nil {
                return "startup probe of \(status.name) has not succeeded yet"
            }
            guard let probe = container?.readinessProbe else { return nil }
            return "readiness probe of \(status.name) does not succeed (\(text(probe)))"
        }
    }

    private static func text(_ probe: Probe) -> String {
        switch probe.handler {
        case .httpGet(let get): "GET :\(get.port)\(get.path)"
        case .tcpSocket(let port, _): "connect to :\(port)"
        case .grpc(let port, _): "gRPC :\(port)"
        case .exec(let command): "exec \(command.joined(separator: " "))"
        case .sleep(let seconds): "sleep \(seconds)"
        }
    }
}
