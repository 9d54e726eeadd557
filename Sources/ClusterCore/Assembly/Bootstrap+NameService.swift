import API
import JSON
import NetworkTypes

// The Service that pods find the cluster's name server by.
extension Bootstrap {
    /// The tenth address of the range, as everywhere; nil for a range that has none.
    static func nameServiceAddress(_ range: CIDR) -> IPAddress? { range.address(at: 10) }

    /// `kube-dns`, under the name, labels and ports that clients, dashboards and other name servers know it by.
    ///
    /// It has neither selector nor endpoints: each node has the address itself and answers there. An endpoint would be an instance
    /// of another node, and a proxy would send questions to it. Whoever runs CoreDNS instead gives the Service its selector
    /// `k8s-app: kube-dns`; it is left as it is found.
    func ensureNameService() async throws {
        let addresses = [serviceCIDR, secondaryServiceCIDR].compactMap { $0.flatMap(Self.nameServiceAddress) }
        guard let address = addresses.first else { return }
        func port(_ name: String, _ transport: String, _ number: Int64) -> JSONValue {
            ["name": .string(name), "protocol": .string(transport), "port": .int(number), "targetPort": .int(number)]
        }
        try await ensure(
            GroupVersionResource(group: "", version: "v1", resource: "services"), "kube-system",
            [
                "kind": "Service", "apiVersion": "v1",
                "metadata": [
                    "name": "kube-dns", "namespace": "kube-system",
                    "labels": [
                        "k8s-app": "kube-dns", "kubernetes.io/cluster-service": "true", "kubernetes.io/name": "CoreDNS",
                    ],
                    "annotations": ["prometheus.io/port": "9153", "prometheus.io/scrape": "true"],
                ],
                "spec": [
                    "type": "ClusterIP", "clusterIP": .string(address.description),
                    "clusterIPs": .array(addresses.map { .string($0.description) }), "sessionAffinity": "None",
                    "ipFamilyPolicy": addresses.count > 1 ? "PreferDualStack" : "SingleStack",
                    "ports": [port("dns", "UDP", 53), port("dns-tcp", "TCP", 53), port("metrics", "TCP", 9153)],
                ],
            ])
    }
}
