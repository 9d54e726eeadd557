import API
import JSON
import NFTables
import NetworkTypes

@testable import Proxy

extension ProxyConfiguration {
    static func fixture(family: IPFamily = .ipv4, zone: String? = nil) -> ProxyConfiguration {
        let pods = family == .ipv4 ? CIDR(parsing: "10.244.0.0/16") : CIDR(parsing: "fd00:10::/32")
        let services = family == .ipv4 ? CIDR(parsing: "10.96.0.0/16") : CIDR(parsing: "fd00:96::/112")
        return ProxyConfiguration(
            nodeName: "node1", zone: zone, clusterCIDRs: [pods].compactMap(\.self), serviceCIDRs: [services].compactMap(\.self))
    }
}

extension IPAddress {
    static func fixture(_ text: String) -> IPAddress {
        guard let address = IPAddress(parsing: text) else { preconditionFailure("\(text) is no address") }
        return address
    }
}

extension Service {
    static func fixture(
        _ name: String, ip: String, ports: [API.ServicePort] = [API.ServicePort(port: 80, targetPort: .number(8080))],
        type: String = "ClusterIP", externalIPs: [String] = [], internalPolicy: String = "Cluster", externalPolicy: String = "",
        balancers: [String] = [], sourceRanges: [String] = [], affinitySeconds: Int? = nil
    ) -> Service {
        Service(
            metadata: ObjectMeta(name: name, namespace: "default"),
            spec: Spec(
                type: type, clusterIP: ip, ports: ports, externalIPs: externalIPs, loadBalancerSourceRanges: sourceRanges,
                sessionAffinity: affinitySeconds == nil ? "None" : "ClientIP",
                clientIPAffinityTimeoutSeconds: affinitySeconds, internalTrafficPolicy: internalPolicy,
                externalTrafficPolicy: externalPolicy),
            status: Status(loadBalancer: balancers.map { LoadBalancerIngress(ip: $0) }))
    }
}

extension EndpointSlice {
    static func fixture(
        _ service: String, _ endpoints: [Endpoint], ports: [EndpointPort] = [EndpointPort(port: 8080)], family: String = "IPv4",
        suffix: String = "1"
    ) -> EndpointSlice {
        EndpointSlice(
            metadata: ObjectMeta(
                name: "\(service)-\(suffix)", namespace: "default", labels: [serviceNameLabel: service]),
            addressType: family, endpoints: endpoints, ports: ports)
    }
}

extension Endpoint {
    static func on(_ node: String, _ address: String, ready: Bool? = true, serving: Bool? = nil, terminating: Bool? = nil)
        -> Endpoint
    {
        Endpoint(addresses: [address], ready: ready, serving: serving, terminating: terminating, nodeName: node)
    }
}

/// Services and slices put through the model at once: the ruleset that the kernel would hold.
func ruleset(
    _ services: [Service], _ slices: [EndpointSlice], _ configuration: ProxyConfiguration = .fixture()
) -> Ruleset {
    Ruleset(configuration.families.map { table(services, slices, $0, configuration) })
}

func table(
    _ services: [Service], _ slices: [EndpointSlice], _ family: IPFamily, _ configuration: ProxyConfiguration
) -> Table {
    var tracker = ServiceChangeTracker()
    tracker.servicesListed(services)
    tracker.slicesListed(slices)
    var model = ProxyModel(family: family, configuration: configuration)
    _ = model.update(tracker.takeChanges())
    return model.desired()
}

/// Three endpoints of which two are on this node, behind everything that a Service can have.
enum Demo {
    static let web = Service.fixture(
        "web", ip: "10.96.0.1",
        ports: [API.ServicePort(port: 80, targetPort: .number(8080), nodePort: 30080)], type: "NodePort",
        externalIPs: ["172.16.9.1"])
    static let webSlice = EndpointSlice.fixture(
        "web", [.on("node1", "10.244.1.2"), .on("node1", "10.244.1.3"), .on("node2", "10.244.2.2")])
    static let dns = Service.fixture(
        "dns", ip: "10.96.0.10",
        ports: [
            API.ServicePort(name: "dns", transport: "UDP", port: 53), API.ServicePort(name: "dns-tcp", port: 53),
        ])
    static let dnsSlice = EndpointSlice.fixture(
        "dns", [.on("node1", "10.244.1.2")],
        ports: [EndpointPort(name: "dns", transport: "UDP", port: 5353), EndpointPort(name: "dns-tcp", port: 5354)])
    static let empty = Service.fixture(
        "empty", ip: "10.96.0.2", ports: [API.ServicePort(port: 80), API.ServicePort(name: "u", transport: "UDP", port: 53)])
    static let local = Service.fixture(
        "local", ip: "10.96.0.3", ports: [API.ServicePort(port: 80, targetPort: .number(8080), nodePort: 30081)],
        type: "NodePort", externalIPs: ["172.16.9.2"], externalPolicy: "Local")
    static let localSlice = EndpointSlice.fixture("local", [.on("node1", "10.244.1.2"), .on("node2", "10.244.2.2")])
    static let remote = Service.fixture(
        "remote", ip: "10.96.0.4", ports: [API.ServicePort(port: 80, targetPort: .number(8080), nodePort: 30082)],
        type: "NodePort", internalPolicy: "Local", externalPolicy: "Local")
    static let remoteSlice = EndpointSlice.fixture("remote", [.on("node2", "10.244.2.2")])

    static let services = [web, dns, empty, local, remote]
    static let slices = [webSlice, dnsSlice, localSlice, remoteSlice]
    static var ruleset: Ruleset { ProxyTests.ruleset(services, slices) }
}
