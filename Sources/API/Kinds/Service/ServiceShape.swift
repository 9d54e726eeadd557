import JSON

/// What a Service's specification needs, by its type.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/registry/core/service/strategy.go`, `pkg/api/service/util.go`.
struct ServiceShape {
    let spec: JSONValue

    init(_ spec: JSONValue) { self.spec = spec }

    var type: String { spec.text("type") }
    var isHeadless: Bool { spec.elements("clusterIPs") == ["None"] }
    var needsClusterIP: Bool { ["ClusterIP", "NodePort", "LoadBalancer"].contains(type) }
    var needsNodePorts: Bool {
        type == "NodePort" || (type == "LoadBalancer" && spec["allocateLoadBalancerNodePorts"]?.bool ?? true)
    }
    /// Traffic from outside the cluster may reach it.
    var isExternal: Bool {
        type == "LoadBalancer" || type == "NodePort" || (type == "ClusterIP" && !spec.elements("externalIPs").isEmpty)
    }
    /// A load balancer asks the nodes where the endpoints are.
    var needsHealthCheck: Bool { type == "LoadBalancer" && spec.text("externalTrafficPolicy") == "Local" }
}
