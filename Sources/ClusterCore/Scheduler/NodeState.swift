package import API

/// One node as the scheduler sees it: what it offers and what the pods on it already take.
package struct NodeState: Sendable {
    package var node: Node
    /// Pods assigned or assumed that are not finished, by uid.
    package private(set) var pods: [String: Pod] = [:]
    package private(set) var requested: ResourceList = [:]
    /// As `requested`, but a container that asks for no CPU or memory counts with a usual amount, so that such pods spread.
    package private(set) var weighed: ResourceList = [:]
    package private(set) var hostPorts: [HostPort: Int] = [:]

    /// - SeeAlso: Kubernetes 1.36 `pkg/scheduler/util/pod_resources.go`.
    static let usualCPU = Quantity(milli: 100)
    static let usualMemory = Quantity(200 * 1024 * 1024)

    package init(_ node: Node) { self.node = node }

    package mutating func add(_ pod: Pod) {
        guard pods[pod.metadata.uid] == nil else { return }
        pods[pod.metadata.uid] = pod
        requested.merge(pod.requests, uniquingKeysWith: +)
        weighed.merge(Self.weight(of: pod), uniquingKeysWith: +)
        for port in HostPort.all(of: pod) { hostPorts[port, default: 0] += 1 }
    }

    package mutating func remove(uid: String) {
        guard let pod = pods.removeValue(forKey: uid) else { return }
        requested.merge(pod.requests, uniquingKeysWith: -)
        weighed.merge(Self.weight(of: pod), uniquingKeysWith: -)
        for port in HostPort.all(of: pod) {
            let count = (hostPorts[port] ?? 0) - 1
            hostPorts[port] = count > 0 ? count : nil
        }
    }

    static func weight(of pod: Pod) -> ResourceList {
        let requests = pod.requests
        let containers = Int64(max(1, pod.spec.containers.count))
        return [
            "cpu": requests["cpu"] ?? Quantity(nanos: usualCPU.nanos * Int128(containers)),
            "memory": requests["memory"] ?? Quantity(nanos: usualMemory.nanos * Int128(containers)),
        ]
    }
}

/// A port that a pod takes on its node.
package struct HostPort: Hashable, Sendable {
    /// `0.0.0.0` means every address.
    package var address: String
    package var transport: String
    package var port: Int

    package static func all(of pod: Pod) -> [HostPort] {
        pod.spec.containers.flatMap { container in
            container.ports.compactMap { port in
                let number = port.hostPort > 0 ? port.hostPort : pod.spec.hostNetwork ? port.containerPort : 0
                guard number > 0 else { return nil }
                return HostPort(
                    address: port.hostIP.isEmpty ? "0.0.0.0" : port.hostIP, transport: port.protocol, port: number)
            }
        }
    }

    package func collides(with other: HostPort) -> Bool {
        port == other.port && transport == other.transport
            && (address == other.address || address == "0.0.0.0" || other.address == "0.0.0.0")
    }
}
