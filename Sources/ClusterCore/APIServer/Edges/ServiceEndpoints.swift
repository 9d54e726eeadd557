import API
import JSON

/// The endpoints of a Service that the server itself can dial: it stands outside of the nodes, whose virtual addresses it
/// does not have.
struct ServiceEndpoints {
    private static let slices = GroupVersionResource(group: "discovery.k8s.io", version: "v1", resource: "endpointslices")

    let caches: CacheSet

    /// Ready endpoints of a port, with the objects that they stand for.
    func ready(_ key: NamespacedName, portName: String) -> [(host: String, port: Int, endpoint: JSONValue)] {
        let selection = Selection(
            namespace: key.namespace, labels: LabelSelector(matchLabels: ["kubernetes.io/service-name": key.name]))
        let slices = caches[Self.slices]?.list(selection, clock: caches.clock).objects ?? []
        return slices.map(\.object).flatMap { slice -> [(String, Int, JSONValue)] in
            let port = (slice["ports"]?.array ?? []).first { ($0["name"]?.string ?? "") == portName }?["port"]?.int
            guard let port else { return [] }
            return (slice["endpoints"]?.array ?? []).compactMap { endpoint in
                guard endpoint["conditions"]?["ready"]?.bool ?? true,
                    let address = endpoint["addresses"]?.array?.first?.string
                else { return nil }
                return (address, Int(port), endpoint)
            }
        }
    }

    /// One endpoint of a Service's port, or what an external Service names.
    func dial(_ key: NamespacedName, port: Int, random: UInt64) throws(WebhookFailure) -> (host: String, port: Int) {
        guard let service = caches[ServiceAllocator.resource]?.get(key)?.object else {
            throw WebhookFailure(message: "service \"\(key.name)\" not found")
        }
        if service["spec"]?["type"]?.string == "ExternalName" {
            return (service["spec"]?["externalName"]?.string ?? "", port)
        }
        let ports = service["spec"]?["ports"]?.array ?? []
        guard let found = ports.first(where: { $0["port"]?.int == Int64(port) }) else {
            throw WebhookFailure(message: "no service port \(port) found for service \"\(key.name)\"")
        }
        let candidates = ready(key, portName: found["name"]?.string ?? "")
        guard !candidates.isEmpty else {
            throw WebhookFailure(message: "no endpoints available for service \"\(key.name)\"")
        }
        let chosen = candidates[Int(random % UInt64(candidates.count))]
        return (chosen.host, chosen.port)
    }
}
