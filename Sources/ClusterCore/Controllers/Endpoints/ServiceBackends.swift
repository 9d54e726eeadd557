import API
import ControlLoop

/// The pods behind a Service, each with the address, conditions and ports that slices and Endpoints show.
///
/// - SeeAlso: Kubernetes 1.36 `endpointslice/utils.go`, `podToEndpoint`, and `pkg/api/v1/pod/util.go`.
struct ServiceBackends {
    struct Backend {
        var endpoint: Endpoint
        /// Sorted by name.
        var ports: [EndpointPort]
        /// When the pod last became ready or stopped being it.
        var changedAt: Timestamp?
    }

    static let zoneLabel = "topology.kubernetes.io/zone"

    /// Sorted by the pods' names.
    static func find(_ service: Service, addressType: String, in snapshot: Snapshot) -> [Backend] {
        guard let labels = service.spec.selector, !labels.isEmpty else { return [] }
        let selector = LabelSelector(matchLabels: labels)
        return snapshot.list(Pod.self, namespace: service.metadata.namespace).compactMap { pod in
            guard selector.matches(pod.metadata.labels), !pod.isFinished, let address = address(of: pod, addressType) else {
                return nil
            }
            return backend(service, pod, address, snapshot)
        }
    }

    private static func backend(_ service: Service, _ pod: Pod, _ address: String, _ snapshot: Snapshot) -> Backend {
        let isTerminating = pod.metadata.isBeingDeleted
        let isServing = pod.isReady
        let node = NamespacedName(name: pod.spec.nodeName)
        let endpoint = Endpoint(
            addresses: [address], ready: service.spec.publishNotReadyAddresses || (isServing && !isTerminating),
            serving: isServing, terminating: isTerminating, hostname: hostname(of: pod, in: service),
            nodeName: pod.spec.nodeName.isEmpty ? nil : pod.spec.nodeName,
            zone: snapshot.get(Node.self, node)?.metadata.labels[zoneLabel],
            targetRef: ObjectReference(
                kind: "Pod", namespace: pod.metadata.namespace, name: pod.metadata.name, uid: pod.metadata.uid))
        let ports = service.spec.ports.compactMap { port in
            number(of: port, in: pod).map {
                EndpointPort(name: port.name, transport: port.transport, port: $0, appProtocol: port.appProtocol)
            }
        }
        return Backend(
            endpoint: endpoint, ports: ports.sorted { ($0.name, $0.transport) < ($1.name, $1.transport) },
            changedAt: pod.metadata.deletionTimestamp ?? pod.status.conditions["Ready"]?.lastTransitionTime)
    }

    private static func address(of pod: Pod, _ type: String) -> String? {
        let all = pod.status.podIPs.isEmpty && !pod.status.podIP.isEmpty ? [pod.status.podIP] : pod.status.podIPs
        return all.first { $0.contains(":") == (type == "IPv6") }
    }

    private static func hostname(of pod: Pod, in service: Service) -> String {
        pod.spec.subdomain == service.metadata.name ? pod.spec.hostname : ""
    }

    /// A named port is looked up in each pod: pods of one Service may listen on different numbers.
    static func number(of port: ServicePort, in pod: Pod) -> Int? {
        switch port.targetPort {
        case .number(let number): return number
        case .name(let name):
            let containers = pod.spec.containers + pod.spec.initContainers.filter(\.isRestartable)
            for declared in containers.flatMap(\.ports) where declared.name == name && declared.protocol == port.transport {
                return declared.containerPort
            }
            return nil
        }
    }
}
