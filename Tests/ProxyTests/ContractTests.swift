import API
import NFTables
import NetworkTypes
import Testing

@testable import Proxy

/// What upstream's proxy promises, as packets over the rules that would be committed; both families.
@Suite struct ContractTests {
    // MARK: dispatch

    @Test(arguments: Stage.both)
    func `TCP, UDP and SCTP of one address and port go to their own endpoints`(family: IPFamily) {
        var stage = Stage(family)
        let transports = ["TCP", "UDP", "SCTP"]
        stage.service(transports.map { API.ServicePort(name: $0.lowercased(), transport: $0, port: 80) }, type: "ClusterIP")
        for (index, transport) in transports.enumerated() {
            stage.slice(
                [stage.endpoint(["pod1", "pod2", "remote"][index])],
                ports: [EndpointPort(name: transport.lowercased(), transport: transport, port: 8080 + index)], suffix: transport)
        }
        #expect(stage.outcomes(.tcp, from: "pod2", to: "vip") == ["pod1:8080"])
        #expect(stage.outcomes(.udp, from: "pod1", to: "vip") == ["pod2:8081"])
        #expect(stage.outcomes(.sctp, from: "pod1", to: "vip") == ["remote:8082"])
    }

    @Test(arguments: Stage.both)
    func `ports of one Service do not leak, and each slice has its own number for a name`(family: IPFamily) {
        var stage = Stage(family)
        stage.service([API.ServicePort(name: "a", port: 80), API.ServicePort(name: "b", port: 81)], type: "ClusterIP")
        stage.slice(
            [stage.endpoint("pod1")], ports: [EndpointPort(name: "a", port: 8080), EndpointPort(name: "b", port: 8081)])
        stage.slice([stage.endpoint("remote")], ports: [EndpointPort(name: "a", port: 9090)], suffix: "2")
        #expect(stage.outcomes(from: "pod2", to: "vip", 80) == ["pod1:8080", "remote:9090"])
        #expect(stage.outcomes(from: "pod2", to: "vip", 81) == ["pod1:8081"])
        #expect(stage.outcomes(from: "pod2", to: "vip", 8080) == ["reset"])
        #expect(stage.outcomes(.udp, from: "pod2", to: "vip", 80) == ["unreachable"])
    }

    @Test(arguments: Stage.both)
    func `an endpoint in the node's own network is one of this node`(family: IPFamily) {
        var stage = Stage(family)
        stage.service { $0.internalTrafficPolicy = "Local" }
        stage.slice([stage.endpoint("hostnet"), stage.endpoint("remote")])
        #expect(stage.outcomes(from: "pod1", to: "vip") == ["hostnet:8080"])
    }

    @Test func `each family has the endpoints of its own slices`() {
        for family in Stage.both {
            var stage = Stage(family)
            stage.service { spec in
                spec.clusterIPs = Stage.both.map { Stage.text("vip", $0) }
                spec.clusterIP = spec.clusterIPs[0]
            }
            stage.slice([stage.endpoint("pod1")])
            var other = Stage(family == .ipv4 ? .ipv6 : .ipv4)
            other.slice([other.endpoint("remote")], suffix: "other")
            stage.slices += other.slices
            #expect(stage.outcomes(from: "pod2", to: "vip") == ["pod1:8080"])
        }
    }

    // MARK: masquerade

    @Test(arguments: Stage.both)
    func `off-cluster clients are masqueraded, pods keep their address`(family: IPFamily) {
        var stage = Stage(family)
        stage.service()
        stage.slice([stage.endpoint("pod1")])
        #expect(stage.outcomes(from: "client", to: "vip") == ["pod1:8080 masqueraded"])
        #expect(stage.outcomes(from: "node", to: "vip") == ["pod1:8080 masqueraded"])
        #expect(stage.outcomes(from: "pod2", to: "vip") == ["pod1:8080"])
        #expect(stage.outcomes(from: "remote", to: "vip") == ["pod1:8080"])
        #expect(stage.outcomes(from: "pod1", to: "vip") == ["pod1:8080 masqueraded"])
    }

    @Test(arguments: Stage.both)
    func `masqueradeAll masquerades pods too, at cluster IPs only`(family: IPFamily) {
        var stage = Stage(family) { $0.masqueradesAll = true }
        stage.service(externalIPs: ["external"]) { $0.externalTrafficPolicy = "Local" }
        stage.slice([stage.endpoint("pod1")])
        #expect(stage.outcomes(from: "pod2", to: "vip") == ["pod1:8080 masqueraded"])
        #expect(stage.outcomes(from: "pod2", to: "external") == ["pod1:8080"])
    }

    @Test(arguments: Stage.both)
    func `without a way to tell pods apart nobody is masqueraded at a cluster IP`(family: IPFamily) {
        var stage = Stage(family) { $0.clusterCIDRs = [] }
        stage.service(externalIPs: ["external"]) { $0.externalTrafficPolicy = "Local" }
        stage.slice([stage.endpoint("remote")])
        #expect(stage.outcomes(from: "client", to: "vip") == ["remote:8080"])
        #expect(stage.outcomes(from: "pod1", to: "external") == ["dropped"], "no short cut for what cannot be told apart")
        #expect(stage.outcomes(from: "node", to: "external") == ["remote:8080 masqueraded"])
    }

    @Test(arguments: Stage.both)
    func `pods are told by the node's own range`(family: IPFamily) {
        var stage = Stage(family) {
            $0.localTraffic = .nodeCIDR
            $0.podCIDRs = [CIDR(parsing: "10.244.1.0/24"), CIDR(parsing: "fd00:10:1::/48")].compactMap(\.self)
        }
        stage.service()
        stage.slice([stage.endpoint("pod1")])
        #expect(stage.outcomes(from: "pod2", to: "vip") == ["pod1:8080"])
        #expect(stage.outcomes(from: "remote", to: "vip") == ["pod1:8080 masqueraded"])
    }

    @Test(arguments: Stage.both)
    func `pods are told by their bridge or by how their interfaces begin`(family: IPFamily) {
        for (mode, interface) in [(LocalTraffic.bridgeInterface("cni0"), "cni0"), (.interfacePrefix("veth"), "veth17")] {
            var stage = Stage(family) { $0.localTraffic = mode }
            stage.service(externalIPs: ["external"]) { $0.externalTrafficPolicy = "Local" }
            stage.slice([stage.endpoint("remote")])
            #expect(stage.outcomes(from: "pod2", to: "vip", interface: interface) == ["remote:8080"])
            #expect(stage.outcomes(from: "pod2", to: "vip", interface: "eth0") == ["remote:8080 masqueraded"])
            #expect(stage.outcomes(from: "pod2", to: "vip", interface: "cni01") == ["remote:8080 masqueraded"])
            #expect(stage.outcomes(from: "node", to: "vip") == ["remote:8080 masqueraded"])
            #expect(stage.outcomes(from: "pod2", to: "external", interface: interface) == ["remote:8080"])
            #expect(stage.outcomes(from: "client", to: "external", interface: "eth0") == ["dropped"])
        }
    }

    @Test(arguments: [0, 14, 31] as [UInt32])
    func `only our bit of the mark changes, and it is gone afterwards`(bit: UInt32) {
        var stage = Stage(.ipv4) { $0.masqueradeMark = 1 << bit }
        stage.service()
        stage.slice([stage.endpoint("pod1")])
        var packet = Packet(.tcp, from: stage.address("client"), to: stage.address("vip"), port: 80)
        packet.mark = 0x0ff0_ff00 & ~(1 << bit)
        let trace = PacketTrace.follow(packet, from: .network, through: stage.ruleset)
        #expect(trace.isMasqueraded)
        #expect(trace.packet.mark == packet.mark)
    }

    // MARK: frontends from outside

    @Test(arguments: Stage.both)
    func `node ports answer at every address but loopback, and only for their protocol`(family: IPFamily) {
        var stage = Stage(family)
        stage.service()
        stage.slice([stage.endpoint("pod1")])
        for destination in ["node", "node-too"] {
            #expect(stage.outcomes(from: "client", to: destination, 30080) == ["pod1:8080 masqueraded"])
        }
        #expect(stage.outcomes(.udp, from: "client", to: "node", 30080) == ["passed"])
        #expect(stage.outcomes(from: "node", to: "loopback", 30080) == ["passed"])
        #expect(stage.outcomes(from: "client", to: "remote", 30080) == ["passed"])
    }

    @Test(arguments: Stage.both)
    func `node ports answer at the node's primary address alone by default`(family: IPFamily) {
        var stage = Stage(family) { $0.nodePortAddresses = .primary }
        stage.service()
        stage.slice([stage.endpoint("pod1")])
        #expect(stage.outcomes(from: "client", to: "node", 30080) == ["pod1:8080 masqueraded"])
        #expect(stage.outcomes(from: "client", to: "node-too", 30080) == ["passed"])
        stage.configuration.nodeAddresses = []
        #expect(stage.outcomes(from: "client", to: "node-too", 30080) == ["pod1:8080 masqueraded"], "as long as none is known")
    }

    @Test(arguments: Stage.both)
    func `node ports answer in the given prefixes; a family without one has all`(family: IPFamily) {
        let prefixes = [CIDR(parsing: "10.244.0.0/16"), CIDR(parsing: "192.0.2.0/24")].compactMap(\.self)
        var stage = Stage(family) { $0.nodePortAddresses = .prefixes(prefixes) }
        stage.service()
        stage.slice([stage.endpoint("pod1")])
        #expect(stage.outcomes(from: "client", to: "node-too", 30080) == ["pod1:8080 masqueraded"])
        #expect(stage.outcomes(from: "client", to: "node", 30080) == [family == .ipv4 ? "passed" : "pod1:8080 masqueraded"])
    }

    @Test(arguments: Stage.both)
    func `external addresses and balancers of mode VIP are frontends, those of mode Proxy are not`(family: IPFamily) {
        var stage = Stage(family)
        stage.service(
            type: "LoadBalancer", externalIPs: ["external"],
            balancers: [
                LoadBalancerIngress(ip: stage.text("balancer")), LoadBalancerIngress(ip: stage.text("nobody"), ipMode: "Proxy"),
                LoadBalancerIngress(hostname: "lb.example.org"),
            ])
        stage.slice([stage.endpoint("pod1")])
        #expect(stage.outcomes(from: "client", to: "external") == ["pod1:8080 masqueraded"])
        #expect(stage.outcomes(from: "pod2", to: "balancer") == ["pod1:8080 masqueraded"])
        #expect(stage.outcomes(from: "pod2", to: "nobody") == ["dropped"])
        stage.services[0].status.loadBalancer = [LoadBalancerIngress(ip: stage.text("vip2"))]
        #expect(stage.outcomes(from: "client", to: "balancer") == ["passed"], "an address that the status no longer names")
        #expect(stage.outcomes(from: "client", to: "vip2") == ["pod1:8080 masqueraded"])
    }

    @Test(arguments: Stage.both)
    func `a balancer without node ports is one`(family: IPFamily) {
        var stage = Stage(family)
        stage.service(
            [API.ServicePort(port: 80, targetPort: .number(8080))], type: "LoadBalancer",
            balancers: [LoadBalancerIngress(ip: stage.text("balancer"))])
        stage.slice([stage.endpoint("pod1")])
        #expect(stage.outcomes(from: "client", to: "balancer") == ["pod1:8080 masqueraded"])
        #expect(stage.ruleset.tables.values.first?.sets["node-ports"]?.elements.isEmpty == true)
    }

    // MARK: policy Local

    @Test(arguments: Stage.both)
    func `external policy Local keeps the client's address and stays here, for clients only`(family: IPFamily) {
        var stage = Stage(family)
        stage.service(externalIPs: ["external"]) { $0.externalTrafficPolicy = "Local" }
        stage.slice([stage.endpoint("pod1"), stage.endpoint("remote")])
        for (destination, port) in [("node", 30080), ("external", 80)] as [(String, Port)] {
            #expect(stage.outcomes(from: "client", to: destination, port) == ["pod1:8080"])
            #expect(stage.outcomes(from: "pod2", to: destination, port) == ["pod1:8080", "remote:8080"])
            #expect(stage.outcomes(from: "node", to: destination, port) == ["pod1:8080 masqueraded", "remote:8080 masqueraded"])
        }
        #expect(stage.outcomes(from: "pod2", to: "vip") == ["pod1:8080", "remote:8080"])
    }

    @Test(arguments: Stage.both)
    func `external policy Local without an endpoint here drops clients and nobody else`(family: IPFamily) {
        var stage = Stage(family)
        stage.service(externalIPs: ["external"]) { $0.externalTrafficPolicy = "Local" }
        stage.slice([stage.endpoint("remote")])
        for (destination, port) in [("node", 30080), ("external", 80)] as [(String, Port)] {
            #expect(stage.outcomes(from: "client", to: destination, port) == ["dropped"])
            #expect(stage.outcomes(from: "pod2", to: destination, port) == ["remote:8080"])
            #expect(stage.outcomes(from: "node", to: destination, port) == ["remote:8080 masqueraded"])
        }
        stage.slices = []
        #expect(stage.outcomes(from: "client", to: "external") == ["reset"], "no endpoint anywhere")
    }

    @Test(arguments: Stage.both)
    func `internal policy Local drops without an endpoint here and leaves node ports alone`(family: IPFamily) {
        var stage = Stage(family)
        stage.service { $0.internalTrafficPolicy = "Local" }
        stage.slice([stage.endpoint("remote")])
        #expect(stage.outcomes(from: "pod1", to: "vip") == ["dropped"])
        #expect(stage.outcomes(from: "client", to: "node", 30080) == ["remote:8080 masqueraded"])
        stage.slice([stage.endpoint("pod2")], suffix: "2")
        #expect(stage.outcomes(from: "pod1", to: "vip") == ["pod2:8080"])
        stage.slices = []
        #expect(stage.outcomes(from: "pod1", to: "vip") == ["reset"])
    }

    // MARK: source ranges

    @Test(arguments: Stage.both)
    func `source ranges close the balancer's address to others, and nothing else`(family: IPFamily) {
        var stage = Stage(family)
        let range = family == .ipv4 ? " 192.168.60.8/30 " : " fd00:60::8/125 "
        stage.service(type: "LoadBalancer", balancers: [LoadBalancerIngress(ip: stage.text("balancer"))]) {
            $0.loadBalancerSourceRanges = [range, family == .ipv4 ? "fd00:ffff::/32" : "1.2.3.0/24"]
        }
        stage.slice([stage.endpoint("pod1")])
        #expect(stage.outcomes(from: "client", to: "balancer") == ["pod1:8080 masqueraded"])
        #expect(stage.outcomes(from: "pod2", to: "balancer") == ["dropped"])
        #expect(stage.outcomes(from: "pod2", to: "vip") == ["pod1:8080"])
        #expect(stage.outcomes(from: "pod2", to: "node", 30080) == ["pod1:8080 masqueraded"])
        stage.services[0].spec.loadBalancerSourceRanges.append(family == .ipv4 ? "0.0.0.0/0" : "::/0")
        #expect(stage.outcomes(from: "pod2", to: "balancer") == ["pod1:8080 masqueraded"])
        stage.services[0].spec.loadBalancerSourceRanges = [family == .ipv4 ? "fd00:ffff::/32" : "1.2.3.0/24"]
        #expect(stage.outcomes(from: "pod2", to: "balancer") == ["pod1:8080 masqueraded"], "ranges of the other family only")
    }

    @Test(arguments: Stage.both)
    func `a balancer may reach itself through a node that is let in`(family: IPFamily) {
        var stage = Stage(family)
        stage.service(type: "LoadBalancer", balancers: [LoadBalancerIngress(ip: stage.text("balancer"))]) {
            $0.loadBalancerSourceRanges = [family == .ipv4 ? "192.168.60.1/32" : "fd00:60::1/128"]
        }
        stage.slice([stage.endpoint("pod1")])
        #expect(stage.outcomes(from: "balancer", to: "balancer") == ["pod1:8080 masqueraded"])
        #expect(stage.outcomes(from: "client", to: "balancer") == ["dropped"])
    }

    // MARK: no endpoints

    @Test(arguments: Stage.both)
    func `without endpoints every frontend refuses`(family: IPFamily) {
        var stage = Stage(family)
        stage.service(
            ["TCP", "UDP", "SCTP"].map { API.ServicePort(name: $0, transport: $0, port: 80, nodePort: 30080) },
            externalIPs: ["external"])
        for (destination, port) in [("vip", 80), ("external", 80), ("node", 30080)] as [(String, Port)] {
            #expect(stage.outcomes(.tcp, from: "client", to: destination, port) == ["reset"])
            #expect(stage.outcomes(.udp, from: "client", to: destination, port) == ["unreachable"])
            #expect(stage.outcomes(.sctp, from: "client", to: destination, port) == ["unreachable"])
        }
    }

    @Test(arguments: Stage.both)
    func `an address that no Service has is dropped as soon as its range is known`(family: IPFamily) {
        var stage = Stage(family) { $0.serviceCIDRs = [] }
        #expect(stage.outcomes(from: "pod1", to: "nobody") == ["passed"])
        let ranges = [CIDR(parsing: "10.96.0.0/16"), CIDR(parsing: "fd00:96::/112")].compactMap(\.self)
        stage.configuration = stage.configuration.with(ClusterFacts(serviceCIDRs: ranges))
        #expect(stage.outcomes(from: "pod1", to: "nobody") == ["dropped"])
        #expect(stage.outcomes(from: "pod1", to: "external") == ["passed"])
    }
}
