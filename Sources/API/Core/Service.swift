package import JSON
package import NetworkTypes

/// A named set of pods behind one virtual address.
///
/// Fields stand as the server stores them: enumerations stay text, because a newer server may know more values than we do.
package struct Service: APIObject, Hashable {
    package static let resource = GroupVersionResource(group: "", version: "v1", resource: "services")
    package static let kind = "Service"
    package static let isNamespaced = true

    /// `spec.clusterIP` of a Service without a virtual address.
    package static let headless = "None"

    package var metadata: ObjectMeta
    package var spec: Spec
    package var status: Status

    package struct Spec: Hashable, Sendable {
        /// `ClusterIP`, `NodePort`, `LoadBalancer` or `ExternalName`; empty reads as `ClusterIP`.
        package var type: String
        /// Empty before allocation, `None` for a headless Service.
        package var clusterIP: String
        /// `clusterIP` and, for a dual-stack Service, the other family's address.
        package var clusterIPs: [String]
        package var ipFamilies: [String]
        package var ipFamilyPolicy: String
        package var ports: [ServicePort]
        /// Nil: someone else writes the endpoints. An empty selector also selects nothing.
        package var selector: [String: String]?
        package var externalIPs: [String]
        package var externalName: String
        package var loadBalancerIP: String
        package var loadBalancerSourceRanges: [String]
        package var loadBalancerClass: String?
        /// Nil reads as true.
        package var allocateLoadBalancerNodePorts: Bool?
        /// `None` or `ClientIP`.
        package var sessionAffinity: String
        /// `sessionAffinityConfig.clientIP.timeoutSeconds`, 1...86400; nil reads as 10800.
        package var clientIPAffinityTimeoutSeconds: Int?
        /// `Cluster` or `Local`.
        package var internalTrafficPolicy: String
        /// `Cluster` or `Local`; empty for a Service without external addresses.
        package var externalTrafficPolicy: String
        /// `PreferSameZone` (`PreferClose`) or `PreferSameNode`; nil: no preference.
        package var trafficDistribution: String?
        /// Zero: none.
        package var healthCheckNodePort: Int
        package var publishNotReadyAddresses: Bool

        package init(
            type: String = "ClusterIP", clusterIP: String = "", clusterIPs: [String]? = nil, ipFamilies: [String] = [],
            ipFamilyPolicy: String = "", ports: [ServicePort] = [], selector: [String: String]? = nil,
            externalIPs: [String] = [], externalName: String = "", loadBalancerIP: String = "",
            loadBalancerSourceRanges: [String] = [], loadBalancerClass: String? = nil,
            allocateLoadBalancerNodePorts: Bool? = nil, sessionAffinity: String = "None",
            clientIPAffinityTimeoutSeconds: Int? = nil, internalTrafficPolicy: String = "Cluster",
            externalTrafficPolicy: String = "", trafficDistribution: String? = nil, healthCheckNodePort: Int = 0,
            publishNotReadyAddresses: Bool = false
        ) {
            self.type = type
            self.clusterIP = clusterIP
            self.clusterIPs = clusterIPs ?? (clusterIP.isEmpty ? [] : [clusterIP])
            self.ipFamilies = ipFamilies
            self.ipFamilyPolicy = ipFamilyPolicy
            self.ports = ports
            self.selector = selector
            self.externalIPs = externalIPs
            self.externalName = externalName
            self.loadBalancerIP = loadBalancerIP
            self.loadBalancerSourceRanges = loadBalancerSourceRanges
            self.loadBalancerClass = loadBalancerClass
            self.allocateLoadBalancerNodePorts = allocateLoadBalancerNodePorts
            self.sessionAffinity = sessionAffinity
            self.clientIPAffinityTimeoutSeconds = clientIPAffinityTimeoutSeconds
            self.internalTrafficPolicy = internalTrafficPolicy
            self.externalTrafficPolicy = externalTrafficPolicy
            self.trafficDistribution = trafficDistribution
            self.healthCheckNodePort = healthCheckNodePort
            self.publishNotReadyAddresses = publishNotReadyAddresses
        }
    }

    package struct Status: Hashable, Sendable {
        package var loadBalancer: [LoadBalancerIngress]

        package init(loadBalancer: [LoadBalancerIngress] = []) { self.loadBalancer = loadBalancer }
    }

    package init(metadata: ObjectMeta, spec: Spec, status: Status = Status()) {
        self.metadata = metadata
        self.spec = spec
        self.status = status
    }

    package init(json: JSONValue) {
        metadata = ObjectMeta(json: json["metadata"] ?? .null)
        spec = Spec(json: json["spec"] ?? .null)
        status = Status(
            loadBalancer: json[path: ["status", "loadBalancer", "ingress"]]?.array?.map(LoadBalancerIngress.init(json:)) ?? [])
    }

    package var isHeadless: Bool { spec.clusterIP == Self.headless }
    /// Has at least one virtual address: neither headless, nor `ExternalName`, nor still waiting for allocation.
    package var hasClusterIP: Bool { spec.type != "ExternalName" && !isHeadless && !spec.clusterIP.isEmpty }
}

/// One entry of a Service's `spec.ports`.
package struct ServicePort: Hashable, Sendable {
    /// May be empty when the Service has one port.
    package var name: String
    /// `TCP`, `UDP` or `SCTP`.
    package var transport: String
    package var appProtocol: String?
    package var port: Int
    package var targetPort: TargetPort
    /// Zero: none.
    package var nodePort: Int

    /// Where the pod listens: a number, or the name of a container port.
    package enum TargetPort: Hashable, Sendable {
        case number(Int)
        case name(String)
    }

    /// `targetPort` nil: the same as `port`.
    package init(
        name: String = "", transport: String = "TCP", appProtocol: String? = nil, port: Int, targetPort: TargetPort? = nil,
        nodePort: Int = 0
    ) {
        self.name = name
        self.transport = transport
        self.appProtocol = appProtocol
        self.port = port
        self.targetPort = targetPort ?? .number(port)
        self.nodePort = nodePort
    }

    package init(json: JSONValue) {
        let port = Int(json["port"]?.int ?? 0)
        let target: TargetPort =
            if let name = json["targetPort"]?.string {
                .name(name)
            } else {
                .number(json["targetPort"]?.int.flatMap { $0 == 0 ? nil : Int(exactly: $0) } ?? port)
            }
        self.init(
            name: json["name"]?.string ?? "", transport: json["protocol"]?.string ?? "TCP",
            appProtocol: json["appProtocol"]?.string, port: port, targetPort: target,
            nodePort: Int(json["nodePort"]?.int ?? 0))
    }

    /// The protocol as a value; nil for a name that we do not know.
    package var transportProtocol: TransportProtocol? { TransportProtocol(kubernetesName: transport) }
}

/// One entry of a Service's `status.loadBalancer.ingress`.
package struct LoadBalancerIngress: Hashable, Sendable {
    package var ip: String
    package var hostname: String
    /// `VIP` or `Proxy`; nil reads as `VIP`.
    package var ipMode: String?

    package init(ip: String = "", hostname: String = "", ipMode: String? = nil) {
        self.ip = ip
        self.hostname = hostname
        self.ipMode = ipMode
    }

    package init(json: JSONValue) {
        self.init(
            ip: json["ip"]?.string ?? "", hostname: json["hostname"]?.string ?? "", ipMode: json["ipMode"]?.string)
    }
}

extension Service.Spec {
    package init(json: JSONValue) {
        func text(_ name: String) -> String { json[name]?.string ?? "" }
        func texts(_ name: String) -> [String] { json[name]?.array?.compactMap(\.string) ?? [] }
        let timeout = json[path: ["sessionAffinityConfig", "clientIP", "timeoutSeconds"]]?.int
        let addresses = texts("clusterIPs")
        self.init(
            type: json["type"]?.string ?? "ClusterIP", clusterIP: text("clusterIP"),
            clusterIPs: addresses.isEmpty ? nil : addresses, ipFamilies: texts("ipFamilies"),
            ipFamilyPolicy: text("ipFamilyPolicy"), ports: json["ports"]?.array?.map(ServicePort.init(json:)) ?? [],
            selector: json["selector"]?.object?.strings, externalIPs: texts("externalIPs"), externalName: text("externalName"),
            loadBalancerIP: text("loadBalancerIP"), loadBalancerSourceRanges: texts("loadBalancerSourceRanges"),
            loadBalancerClass: json["loadBalancerClass"]?.string,
            allocateLoadBalancerNodePorts: json["allocateLoadBalancerNodePorts"]?.bool,
            sessionAffinity: json["sessionAffinity"]?.string ?? "None",
            clientIPAffinityTimeoutSeconds: timeout.flatMap { Int(exactly: $0) },
            internalTrafficPolicy: json["internalTrafficPolicy"]?.string ?? "Cluster",
            externalTrafficPolicy: text("externalTrafficPolicy"), trafficDistribution: json["trafficDistribution"]?.string,
            healthCheckNodePort: Int(json["healthCheckNodePort"]?.int ?? 0),
            publishNotReadyAddresses: json["publishNotReadyAddresses"]?.bool ?? false)
    }
}
