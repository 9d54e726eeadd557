import API
import NFTables
import NetworkTypes
import Testing

@testable import Proxy

/// Which endpoints are used as they come, go and move; both families.
@Suite struct LifecycleTests {
    @Test(arguments: Stage.both)
    func `an endpoint that is not ready gets nothing, whatever else it says`(family: IPFamily) {
        var stage = Stage(family)
        stage.service()
        stage.slice([stage.endpoint("pod1"), stage.endpoint("remote", ready: false, serving: true)])
        #expect(stage.outcomes(from: "pod2", to: "vip") == ["pod1:8080"])
        stage.slices = []
        stage.slice([stage.endpoint("remote", ready: false, serving: true)])
        #expect(stage.outcomes(from: "pod2", to: "vip") == ["reset"], "serving counts for endpoints that end only")
    }

    @Test(arguments: Stage.both)
    func `endpoints that end but serve are the last resort, those that do not serve never`(family: IPFamily) {
        var stage = Stage(family)
        stage.service()
        let ending = stage.endpoint("remote", ready: false, serving: true, terminating: true)
        let ended = stage.endpoint("remote2", ready: false, serving: false, terminating: true)
        stage.slice([ending, ended])
        #expect(stage.outcomes(from: "pod2", to: "vip") == ["remote:8080"])
        stage.slice([stage.endpoint("pod1")], suffix: "2")
        #expect(stage.outcomes(from: "pod2", to: "vip") == ["pod1:8080"])
        stage.slices = []
        stage.slice([ended])
        #expect(stage.outcomes(from: "pod2", to: "vip") == ["reset"])
    }

    @Test(arguments: Stage.both)
    func `the last resort is chosen for this node by itself`(family: IPFamily) {
        var stage = Stage(family)
        stage.service { $0.externalTrafficPolicy = "Local" }
        stage.slice([stage.endpoint("remote"), stage.endpoint("pod1", ready: false, serving: true, terminating: true)])
        #expect(stage.outcomes(from: "client", to: "node", 30080) == ["pod1:8080"])
        #expect(stage.outcomes(from: "pod2", to: "node", 30080) == ["remote:8080"])
    }

    @Test(arguments: Stage.both)
    func `what the slice calls ready is used, as it is published for a Service that wants pods before they are`(family: IPFamily)
    {
        var stage = Stage(family)
        stage.service { $0.publishNotReadyAddresses = true }
        stage.slice([stage.endpoint("pod1", ready: true, serving: false, terminating: true)])
        #expect(stage.outcomes(from: "pod2", to: "vip") == ["pod1:8080"])
    }

    @Test(arguments: Stage.both)
    func `an endpoint in two slices counts once, and better as one that does not end`(family: IPFamily) {
        var stage = Stage(family)
        stage.service()
        stage.slice([stage.endpoint("pod1", ready: false, serving: true, terminating: true), stage.endpoint("pod1")])
        stage.slice([stage.endpoint("pod1", ready: false, serving: false, terminating: true)], suffix: "2")
        #expect(stage.outcomes(from: "pod2", to: "vip") == ["pod1:8080"])
        #expect(stage.ruleset.tables.values.first?.sets["endpoints"]?.elements.count == 1)
    }

    @Test func `slices of addresses that we do not use are no endpoints`() {
        var stage = Stage(.ipv4)
        stage.service()
        let named = Endpoint(addresses: ["web.example.org"])
        stage.slices = [
            .fixture("web", [named], family: "FQDN"),
            .fixture("web", [stage.endpoint("pod1")], ports: [EndpointPort(port: nil)], suffix: "2"),
            .fixture(
                "web", [Endpoint(addresses: ["10.244.1.300"]), Endpoint(addresses: ["fd00::1"]), Endpoint(addresses: [])],
                suffix: "3"),
            .fixture("web", [stage.endpoint("pod1")], ports: [EndpointPort(name: "other", port: 8080)], suffix: "4"),
            .fixture("web", [stage.endpoint("pod1")], ports: [EndpointPort(transport: "UDP", port: 8080)], suffix: "5"),
        ]
        #expect(stage.outcomes(from: "pod2", to: "vip") == ["reset"])
        stage.slice([Endpoint(addresses: [stage.text("pod1"), stage.text("pod2")])], suffix: "6")
        #expect(stage.outcomes(from: "remote", to: "vip") == ["pod1:8080"], "only the first address counts")
    }

    @Test func `slices that somebody wrote by hand serve a Service without selector`() {
        var stage = Stage(.ipv4)
        stage.service { $0.selector = nil }
        var slice = EndpointSlice.fixture("web", [Endpoint(addresses: ["192.0.2.7"], nodeName: nil)])
        slice.metadata.labels[EndpointSlice.managedByLabel] = "staff"
        stage.slices = [slice]
        #expect(stage.outcomes(from: "pod2", to: "vip") == ["192.0.2.7:8080"])
    }

    @Test func `Services and slices of another proxy, headless ones and names are left alone`() {
        var stage = Stage(.ipv4)
        stage.service()
        stage.slice([stage.endpoint("pod1")])
        let whole = stage
        for change: (inout Service) -> Void in [
            { $0.metadata.labels[ProxyService.proxyNameLabel] = "theirs" }, { $0.spec.clusterIP = "None" },
            { $0.spec.type = "ExternalName" },
        ] {
            stage = whole
            change(&stage.services[0])
            #expect(stage.outcomes(from: "pod2", to: "vip") == ["dropped"])
            #expect(stage.outcomes(from: "client", to: "node", 30080) == ["passed"])
        }
        stage = whole
        stage.slices[0].metadata.labels[ProxyService.proxyNameLabel] = "theirs"
        #expect(stage.outcomes(from: "pod2", to: "vip") == ["reset"])
        stage = whole
        stage.slices[0].metadata.labels[EndpointSlice.headlessLabel] = ""
        #expect(stage.outcomes(from: "pod2", to: "vip") == ["reset"])
    }

    // MARK: topology

    @Test(arguments: Stage.both)
    func `zone hints count when every ready endpoint has one and one names our zone`(family: IPFamily) {
        var stage = Stage(family) { $0.zone = "a" }
        stage.service()
        stage.slice([
            stage.endpoint("pod1", zones: ["b"]), stage.endpoint("remote", zones: ["a", "c"]),
            stage.endpoint("remote2", ready: false),
        ])
        #expect(stage.outcomes(from: "pod2", to: "vip") == ["remote:8080"])
        stage.configuration.zone = "d"
        #expect(stage.outcomes(from: "pod2", to: "vip") == ["pod1:8080", "remote:8080"])
        stage.configuration.zone = "a"
        stage.slice([stage.endpoint("pod2")], suffix: "2")
        #expect(stage.outcomes(from: "remote", to: "vip") == ["pod1:8080", "pod2:8080", "remote:8080"])
    }

    @Test(arguments: Stage.both)
    func `node hints come before zone hints`(family: IPFamily) {
        var stage = Stage(family) { $0.zone = "a" }
        stage.service { $0.trafficDistribution = "PreferSameNode" }
        stage.slice([
            stage.endpoint("pod1", zones: ["a"], nodes: ["node1"]), stage.endpoint("remote", zones: ["a"], nodes: ["node2"]),
        ])
        #expect(stage.outcomes(from: "pod2", to: "vip") == ["pod1:8080"])
        stage.configuration.nodeName = "node3"
        #expect(stage.outcomes(from: "pod2", to: "vip") == ["pod1:8080", "remote:8080"], "the zone's")
    }

    @Test(arguments: Stage.both)
    func `a new zone of the node counts without a restart`(family: IPFamily) throws {
        var stage = Stage(family) { $0.zone = "a" }
        stage.service()
        stage.slice([stage.endpoint("pod1", zones: ["a"]), stage.endpoint("remote", zones: ["b"])])
        var tracker = ServiceChangeTracker()
        tracker.servicesListed(stage.services)
        tracker.slicesListed(stage.slices)
        var model = ProxyModel(family: family, configuration: stage.configuration)
        _ = model.update(tracker.takeChanges())
        #expect(Ruleset([model.desired()]) == stage.ruleset)
        stage.configuration.zone = "b"
        model.configure(stage.configuration)
        #expect(model.needsChains)
        #expect(Ruleset([model.desired()]) == stage.ruleset)
        #expect(stage.outcomes(from: "pod2", to: "vip") == ["remote:8080"])
    }

    @Test(arguments: Stage.both)
    func `policy Local asks for no hints`(family: IPFamily) {
        var stage = Stage(family) { $0.zone = "a" }
        stage.service { $0.internalTrafficPolicy = "Local" }
        stage.slice([stage.endpoint("pod1", zones: ["b"]), stage.endpoint("remote", zones: ["a"])])
        #expect(stage.outcomes(from: "pod2", to: "vip") == ["pod1:8080"])
    }

    // MARK: several Services

    @Test(arguments: Stage.both)
    func `of two Services that want one address the older one has it, all of it`(family: IPFamily) {
        var stage = Stage(family)
        stage.service(named: "alpha", ip: "vip", type: "ClusterIP", externalIPs: ["external"], created: 200) {
            $0.sessionAffinity = "ClientIP"
        }
        stage.slice(of: "alpha", [stage.endpoint("pod1"), stage.endpoint("pod2"), stage.endpoint("remote2")])
        stage.service(named: "beta", ip: "vip2", type: "ClusterIP", externalIPs: ["external"], created: 100)
        stage.slice(of: "beta", [stage.endpoint("remote")])
        #expect(stage.outcomes(from: "client", to: "external") == ["remote:8080 masqueraded"])
        let table = stage.ruleset.tables.values.first
        #expect(table?.sets["endpoints"]?.elements.count == 3 + 2)
        #expect(table?.sets["sticky"]?.elements.count == 1)
        stage.services.remove(at: 1)
        #expect(stage.outcomes(from: "client", to: "external").count == 3, "the other one once the first is gone")
    }

    @Test func `a Service that takes over, gives back and goes leaves the table of the rest`() {
        var stage = Stage(.ipv4)
        stage.service(named: "beta", ip: "vip2", type: "ClusterIP", externalIPs: ["external"], created: 100)
        stage.slice(of: "beta", [stage.endpoint("remote")])
        let alone = stage.ruleset
        stage.service(named: "alpha", type: "ClusterIP", externalIPs: ["external"], created: 50)
        stage.slice(of: "alpha", [stage.endpoint("pod1"), stage.endpoint("pod2")])
        let together = stage.ruleset
        var tracker = ServiceChangeTracker()
        tracker.servicesListed([stage.services[0]])
        tracker.slicesListed(stage.slices)
        var model = ProxyModel(family: .ipv4, configuration: stage.configuration)
        _ = model.update(tracker.takeChanges())
        var kernel = KernelState(Ruleset([model.desired()]))
        for (service, expected) in [(stage.services[1], together), (nil, alone)] as [(Service?, Ruleset)] {
            if let service { tracker.serviceSeen(service) } else { tracker.serviceGone(stage.services[1].key) }
            _ = model.update(tracker.takeChanges())
            #expect(throws: Never.self) { try kernel.apply(model.takeTransaction()) }
            #expect(kernel.ruleset == expected)
            #expect(model.contested.isEmpty == (service == nil))
        }
    }

    @Test func `two Services exchange their addresses in one step`() {
        var stage = Stage(.ipv4)
        stage.service(named: "alpha", ip: "vip", type: "ClusterIP")
        stage.service(named: "beta", ip: "vip2", type: "ClusterIP")
        stage.slice(of: "alpha", [stage.endpoint("pod1")])
        stage.slice(of: "beta", [stage.endpoint("remote")])
        var tracker = ServiceChangeTracker()
        tracker.servicesListed(stage.services)
        tracker.slicesListed(stage.slices)
        var model = ProxyModel(family: .ipv4, configuration: stage.configuration)
        _ = model.update(tracker.takeChanges())
        var kernel = KernelState(Ruleset([model.desired()]))
        for (index, name) in ["vip2", "vip"].enumerated() {
            stage.services[index].spec.clusterIP = stage.text(name)
            stage.services[index].spec.clusterIPs = [stage.text(name)]
            tracker.serviceSeen(stage.services[index])
        }
        _ = model.update(tracker.takeChanges())
        #expect(throws: Never.self) { try kernel.apply(model.takeTransaction()) }
        #expect(kernel.ruleset == stage.ruleset)
        #expect(stage.outcomes(from: "pod2", to: "vip") == ["remote:8080"])
    }
}
