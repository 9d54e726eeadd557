import API
import NFTables
import NetworkTypes
import Support
import Testing

@testable import Proxy

@Suite struct EndpointSelectionTests {
    func endpoint(
        _ last: UInt8, ready: Bool = true, terminating: Bool = false, local: Bool = false, zones: [String] = [],
        nodes: [String] = []
    )
        -> ProxyEndpoint
    {
        ProxyEndpoint(
            Backend(.v4(IPv4Address(10, 0, 0, last)), 80), isReady: ready, isServing: true, isTerminating: terminating,
            isLocal: local, zoneHints: zones, nodeHints: nodes)
    }

    func selected(_ endpoints: [ProxyEndpoint], zone: String? = "a") -> (cluster: [String], local: [String]) {
        let selection = EndpointSelection.select(endpoints, nodeName: "node1", zone: zone)
        return (selection.cluster.map { "\($0.address)" }, selection.local.map { "\($0.address)" })
    }

    @Test func `ready endpoints come first, serving and terminating ones only without them`() {
        #expect(selected([endpoint(1), endpoint(2, ready: false, terminating: true)]).cluster == ["10.0.0.1"])
        #expect(selected([endpoint(2, ready: false, terminating: true), endpoint(3, ready: false)]).cluster == ["10.0.0.2"])
    }

    @Test func `the fall-back is decided for this node alone too`() {
        let found = selected([endpoint(1), endpoint(2, ready: false, terminating: true, local: true)])
        #expect(found.cluster == ["10.0.0.1"])
        #expect(found.local == ["10.0.0.2"])
    }

    @Test func `hints count when every ready endpoint has one and one is ours`() {
        let both = [endpoint(1, zones: ["a"]), endpoint(2, zones: ["b"])]
        #expect(selected(both).cluster == ["10.0.0.1"])
        #expect(selected(both, zone: "c").cluster == ["10.0.0.1", "10.0.0.2"])
        #expect(selected(both, zone: nil).cluster == ["10.0.0.1", "10.0.0.2"])
        #expect(selected(both + [endpoint(3)]).cluster.count == 3)
    }

    @Test func `node hints come before zone hints and local ignores both`() {
        let found = selected([
            endpoint(1, local: true, zones: ["a"], nodes: ["node2"]), endpoint(2, zones: ["b"], nodes: ["node1"]),
        ])
        #expect(found.cluster == ["10.0.0.2"])
        #expect(found.local == ["10.0.0.1"])
    }
}

@Suite struct EndpointSliceCacheTests {
    func endpoints(_ slices: [EndpointSlice]) -> [ProxyEndpoint] {
        var cache = EndpointSliceCache()
        for slice in slices { if let parsed = ProxySlice(slice) { _ = cache.set(parsed) } }
        let name = NamespacedName(namespace: "default", name: "web")
        return ServiceChange(name: name, service: nil, slices: cache.slices(of: name)).endpoints(
            port: "", transport: .tcp, family: .ipv4, nodeName: "node1")
    }

    @Test func `of two entries for one address the one that does not terminate counts, in any order`() {
        let slices = [
            EndpointSlice.fixture("web", [.on("node1", "10.0.0.1", ready: false, serving: true, terminating: true)], suffix: "1"),
            EndpointSlice.fixture("web", [.on("node1", "10.0.0.1")], suffix: "2"),
        ]
        for order in [slices, slices.reversed()] {
            #expect(endpoints(order).map(\.isTerminating) == [false])
        }
    }

    @Test func `ports without a number, names as addresses and headless slices are left out`() {
        var headless = EndpointSlice.fixture("web", [.on("node1", "10.0.0.1")])
        headless.metadata.labels[EndpointSlice.headlessLabel] = ""
        #expect(endpoints([headless]).isEmpty)
        #expect(endpoints([.fixture("web", [.on("node1", "10.0.0.1")], ports: [EndpointPort(port: nil)])]).isEmpty)
        #expect(endpoints([.fixture("web", [.on("node1", "example.org")], family: "FQDN")]).isEmpty)
    }

    @Test func `a slice that moves changes both Services`() throws {
        var cache = EndpointSliceCache()
        let first = try #require(ProxySlice(.fixture("web", [.on("node1", "10.0.0.1")])))
        var second = first
        second.service = NamespacedName(namespace: "default", name: "other")
        let changes = [cache.set(first), cache.set(first), cache.set(second)]
        #expect(changes.map { $0.map(\.name).sorted() } == [["web"], [], ["other", "web"]])
    }
}

@Suite struct ProxyServiceTests {
    @Test func `Services that are not for us have no frontends`() {
        #expect(ProxyService(.fixture("a", ip: "None")) == nil)
        #expect(ProxyService(.fixture("a", ip: "")) == nil)
        #expect(ProxyService(.fixture("a", ip: "10.96.0.1", type: "ExternalName")) == nil)
        var other = Service.fixture("a", ip: "10.96.0.1")
        other.metadata.labels[ProxyService.proxyNameLabel] = "theirs"
        #expect(ProxyService(other) == nil)
    }

    @Test func `load balancer addresses of mode Proxy are not ours`() {
        var service = Service.fixture("a", ip: "10.96.0.1", type: "LoadBalancer")
        service.status.loadBalancer = [
            LoadBalancerIngress(ip: "1.1.1.1"), LoadBalancerIngress(ip: "2.2.2.2", ipMode: "Proxy"),
            LoadBalancerIngress(ip: "3.3.3.3", ipMode: "VIP"), LoadBalancerIngress(hostname: "x"),
        ]
        #expect(ProxyService(service)?.loadBalancerIPs.map(\.description) == ["1.1.1.1", "3.3.3.3"])
    }
}

@Suite struct ConntrackPlanTests {
    let service = Service.fixture(
        "dns", ip: "10.96.0.10", ports: [API.ServicePort(transport: "UDP", port: 53, nodePort: 30053)], type: "NodePort")

    func plan(_ addresses: [String], serving: Bool = true) throws -> ConntrackPlan {
        let endpoints = addresses.map {
            ProxyEndpoint(Backend(.fixture($0), 5353), isReady: serving, isServing: serving)
        }
        return ConntrackPlan(try #require(ProxyService(service)), family: .ipv4) { _ in endpoints }
    }

    @Test func `flows to an endpoint that left are forgotten, at every frontend`() throws {
        let stale = ConntrackPlan.stale(from: try plan(["10.0.0.1", "10.0.0.2"]), to: try plan(["10.0.0.2"]))
        #expect(
            Set(stale) == [
                FlowSelector(.udp, to: .fixture("10.96.0.10"), port: 53, answeredBy: .fixture("10.0.0.1"), port: 5353),
                FlowSelector(.udp, to: nil, port: 30053, answeredBy: .fixture("10.0.0.1"), port: 5353),
            ])
    }

    @Test func `flows that began before the first endpoint are forgotten`() throws {
        let stale = ConntrackPlan.stale(from: try plan([]), to: try plan(["10.0.0.1"]))
        #expect(stale == [FlowSelector(.udp, to: .fixture("10.96.0.10"), port: 53, answeredBy: .fixture("10.96.0.10"), port: 53)])
    }

    @Test func `a standing table tells the plan that clients follow`() throws {
        let slice = EndpointSlice.fixture(
            "dns", [.on("node1", "10.0.0.1"), .on("node2", "10.0.0.2")], ports: [EndpointPort(transport: "UDP", port: 5353)])
        let standing = table([service], [slice], .ipv4, .fixture())
        #expect(ConntrackPlan(standing: standing) == (try plan(["10.0.0.1", "10.0.0.2"])))
    }

    @Test func `a Service that stays or is TCP loses nothing`() throws {
        #expect(ConntrackPlan.stale(from: try plan(["10.0.0.1"]), to: try plan(["10.0.0.1"])).isEmpty)
        #expect(
            ConntrackPlan(try #require(ProxyService(.fixture("web", ip: "10.96.0.1"))), family: .ipv4) { _ in [] }.backends
                .isEmpty)
    }
}

@Suite struct SyncPacerTests {
    let start = ManualInstant.origin

    func pacer() -> SyncPacer<ManualInstant> {
        SyncPacer(interval: .milliseconds(20), retryInterval: .seconds(1), now: start)
    }

    @Test func `a change after a quiet time is written at once`() {
        var pacer = pacer()
        let action = pacer.changed(at: start)
        #expect(action == .syncNow)
    }

    @Test func `changes during a sync lead to one more, an interval later`() {
        var pacer = pacer()
        _ = pacer.changed(at: start)
        let meanwhile = (0..<5).map { _ in pacer.changed(at: start) }
        #expect(meanwhile.allSatisfy { $0 == .wait })
        let end = start.advanced(by: .milliseconds(3))
        let due = end.advanced(by: .milliseconds(20))
        let actions = [
            pacer.synced(at: end, succeeded: true), pacer.woke(at: end), pacer.woke(at: due),
            pacer.synced(at: due, succeeded: true),
        ]
        #expect(actions == [.wake(at: due), .wake(at: due), .syncNow, .wait])
    }

    @Test func `a failure is tried again later`() {
        var pacer = pacer()
        _ = pacer.changed(at: start)
        let action = pacer.synced(at: start, succeeded: false)
        #expect(action == .wake(at: start.advanced(by: .seconds(1))))
    }
}
