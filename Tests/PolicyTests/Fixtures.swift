import API
import JSON
import NFTables
import NetworkTypes
import Testing

@testable import Policy

func selector(_ labels: [String: String]) -> LabelSelector { LabelSelector(matchLabels: labels) }
func name(_ namespace: String, _ name: String) -> NamespacedName { NamespacedName(namespace: namespace, name: name) }

/// Three namespaces x, y, z with pods a, b, c, labelled `pod=NAME`; each has a v4 and a v6 address and listens on 80 and 81, named
/// `serve-80-tcp` and so on.
enum Model {
    static let namespaces = ["x", "y", "z"]
    static let names = ["a", "b", "c"]

    static func address(_ namespace: String, _ pod: String) -> IPv4Address {
        let row = UInt8(namespaces.firstIndex(of: namespace) ?? 9)
        let column = UInt8(names.firstIndex(of: pod) ?? 9)
        return IPv4Address(10, 244, row, 10 + column)
    }

    static func pod(_ namespace: String, _ pod: String, node: String = "node1", labels: [String: String] = [:]) -> PolicyPod {
        let v4 = address(namespace, pod)
        let v6 = IPv6Address(0xfd00 << 112 | UInt128(v4.value))
        let ports = TransportProtocol.allCases.flatMap { transport in
            [80, 81].map { NamedPort("serve-\($0)-\(transport.name)", transport, UInt16($0)) }
        }
        return PolicyPod(
            name(namespace, pod), uid: "uid-\(namespace)-\(pod)", labels: ["pod": pod].merging(labels) { _, new in new },
            addresses: [.v4(v4), .v6(v6)], ports: ports, nodeName: node)
    }

    static func world(_ policies: [NetworkPolicy] = [], _ cluster: [ClusterNetworkPolicy] = []) -> PolicyWorld {
        PolicyWorld(
            pods: namespaces.flatMap { namespace in names.map { pod(namespace, $0) } },
            namespaces: namespaces.map { PolicyNamespace($0, labels: ["ns": $0]) }, policies: policies, clusterPolicies: cluster,
            nodes: [
                PolicyNode("node1", labels: ["role": "worker"], addresses: [.v4(IPv4Address(192, 168, 0, 1))]),
                PolicyNode("node2", labels: ["role": "other"], addresses: [.v4(IPv4Address(192, 168, 0, 2))]),
            ])
    }

    /// A policy of namespace x as a manifest says it.
    static func policy(_ spec: JSONValue, named policy: String = "p", in namespace: String = "x") -> NetworkPolicy {
        NetworkPolicy(json: [
            "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
            "metadata": ["name": .string(policy), "namespace": .string(namespace)], "spec": spec,
        ])
    }

    static func cluster(_ spec: JSONValue, named policy: String = "c") -> ClusterNetworkPolicy {
        ClusterNetworkPolicy(json: [
            "apiVersion": "policy.networking.k8s.io/v1alpha2", "kind": "ClusterNetworkPolicy",
            "metadata": ["name": .string(policy)], "spec": spec,
        ])
    }
}

/// A question about the fixture: `x/a -> y/b:80/tcp`, or an address in place of a pod.
struct Ask: Sendable {
    var connection: Connection
    var isAllowed: Bool

    /// TCP on port 80.
    init(_ source: String, _ destination: String, family: IPFamily? = nil, _ isAllowed: Bool) {
        connection = Connection(from: Self.party(source), to: Self.party(destination), .tcp, 80, family: family)
        self.isAllowed = isAllowed
    }

    init(_ source: String, _ destination: String, _ port: UInt16, _ isAllowed: Bool) {
        self.init(source, destination, port, .tcp, isAllowed)
    }

    init(_ source: String, _ destination: String, _ port: UInt16, _ transport: TransportProtocol, _ isAllowed: Bool) {
        connection = Connection(from: Self.party(source), to: Self.party(destination), transport, port)
        self.isAllowed = isAllowed
    }

    private static func party(_ text: String) -> Party {
        if let address = IPAddress(parsing: text) { return .address(address) }
        let parts = text.split(separator: "/").map(String.init)
        return parts[0] == "node" ? .node(parts[1]) : .pod(name(parts[0], parts[1]))
    }
}

/// Policies, and what they must say.
struct PolicyCase: Sendable, CustomTestStringConvertible {
    var title: String
    var policies: [NetworkPolicy]
    var cluster: [ClusterNetworkPolicy] = []
    var asks: [Ask]

    init(_ title: String, _ policies: [NetworkPolicy], _ asks: Ask..., cluster: [ClusterNetworkPolicy] = []) {
        self.title = title
        self.policies = policies
        self.cluster = cluster
        self.asks = asks
    }

    var testDescription: String { title }
}
