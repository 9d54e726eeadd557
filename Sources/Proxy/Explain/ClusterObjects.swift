package import API
package import NetworkTypes

/// The objects of a cluster that decide where a connection goes.
package struct ClusterObjects: Sendable {
    package var services: [NamespacedName: Service]
    package var slices: [EndpointSlice]
    package var pods: [Pod]
    package var nodes: [Node]

    package init(services: [Service] = [], slices: [EndpointSlice] = [], pods: [Pod] = [], nodes: [Node] = []) {
        self.services = Dictionary(services.map { ($0.key, $0) }) { _, last in last }
        self.slices = slices
        self.pods = pods
        self.nodes = nodes
    }

    package func slices(of service: NamespacedName) -> [EndpointSlice] {
        slices.filter { $0.service == service }.sorted { $0.key < $1.key }
    }

    package func pod(_ name: NamespacedName) -> Pod? { pods.first { $0.key == name } }
    package func node(_ name: String) -> Node? { nodes.first { $0.metadata.name == name } }

    /// The live pod with an address of its own; addresses of finished pods may belong to others by now.
    package func pod(at address: IPAddress) -> Pod? {
        pods.first { !$0.isFinished && !$0.spec.hostNetwork && $0.addresses.contains(address) }
    }

    package func node(at address: IPAddress) -> Node? {
        nodes.first { $0.addresses.contains { IPAddress(parsing: $0.address) == address } }
    }

    /// Pods that a Service's selector names, finished ones left out; nil without a selector.
    package func pods(of service: Service) -> [Pod]? {
        guard let selector = service.spec.selector, !selector.isEmpty else { return nil }
        return pods.filter { pod in
            pod.metadata.namespace == service.metadata.namespace && !pod.isFinished
                && selector.allSatisfy { pod.metadata.labels[$0.key] == $0.value }
        }
        .sorted { $0.key < $1.key }
    }
}

extension Pod {
    /// Those of the node for a pod in the host's network.
    package var addresses: [IPAddress] {
        (status.podIPs.isEmpty ? [status.podIP] : status.podIPs).compactMap { IPAddress(parsing: $0) }
    }
}

extension Node {
    package var zone: String? { metadata.labels["topology.kubernetes.io/zone"] }

    package func address(_ family: IPFamily) -> IPAddress? {
        addresses.lazy.filter { $0.type == "InternalIP" }.compactMap { IPAddress(parsing: $0.address) }
            .first { $0.family == family }
    }
}
