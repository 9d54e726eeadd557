import API
import ControlLoop
import JSON
import Logging
import Metrics
import NFTables
import NetworkTypes
import Testing

@testable import Proxy

@Suite struct ConnectionCountTests {
    private static func key(_ address: String, _ port: Port, _ transport: TransportProtocol = .tcp) -> ElementKey {
        var key = KeyBytes(IPAddress.fixture(address))
        key.append(transport)
        key.append(port)
        return ElementKey(key)
    }

    private static func nodePort(_ port: Port) -> ElementKey {
        var key = KeyBytes()
        key.append(TransportProtocol.tcp)
        key.append(port)
        return ElementKey(key)
    }

    private static let service: JSONValue = [
        "apiVersion": "v1", "kind": "Service", "metadata": ["name": "web", "namespace": "default"],
        "spec": [
            "type": "NodePort", "clusterIP": "10.96.0.1", "clusterIPs": ["10.96.0.1"], "externalIPs": ["172.16.9.1"],
            "ports": [["protocol": "TCP", "port": 80, "nodePort": 30080]],
        ],
    ]

    private static func slice(_ count: Int) -> JSONValue {
        [
            "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
            "metadata": ["name": "web-1", "namespace": "default", "labels": ["kubernetes.io/service-name": "web"]],
            "ports": [["protocol": "TCP", "port": 8080]],
            "endpoints": .array((0..<count).map { ["addresses": [.string("10.244.2.\($0 + 2)")], "nodeName": "node2"] }),
        ]
    }

    private static let table = StaticRuleset.identifier(.ipv4)

    private func syncer(_ kernel: MemoryKernel, endpoints: Int) -> ProxySyncer {
        return ProxySyncer(
            listWatch: StaticListWatch([Self.service, Self.slice(endpoints)]), applier: kernel, flows: NoFlows(),
            configuration: .fixture(), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    private func counts(_ syncer: ProxySyncer) async -> [String: UInt64] {
        Dictionary(
            await syncer.connections().map { ("\($0.identity.service.name) \($0.identity.way.rawValue)", $0.connections) }
        ) { $0 + $1 }
    }

    @Test func `each way in has the name of its Service and port`() async throws {
        let kernel = MemoryKernel()
        let syncer = syncer(kernel, endpoints: 2)
        try await syncer.runOnce()
        kernel.meet(Self.key("10.96.0.1", 80), of: "services", in: Self.table, packets: 5)
        kernel.meet(Self.key("172.16.9.1", 80), of: "services", in: Self.table, packets: 3)
        kernel.meet(Self.nodePort(30080), of: "node-ports", in: Self.table, packets: 2)
        var text = MetricsText()
        ConnectionCount.write(await syncer.connections(), seriesMax: 10, to: &text)
        let labels = #"namespace="default",service="web",port="80",protocol="TCP""#
        for (way, count) in [("cluster-ip", 5), ("external", 3), ("node-port", 2)] {
            #expect(
                text.text.contains(
                    #"skiff_proxy_service_connections_total{\#(labels),frontend="\#(way)",ip_family="IPv4"} \#(count)"#),
                "\(text.text)")
        }
        #expect(text.text.contains("skiff_proxy_service_connections_omitted 0"))
    }

    @Test func `a restart and another number of slots keep the count`() async throws {
        let kernel = MemoryKernel()
        try await syncer(kernel, endpoints: 2).runOnce()
        kernel.meet(Self.key("10.96.0.1", 80), of: "services", in: Self.table, packets: 5)
        kernel.meet(Self.nodePort(30080), of: "node-ports", in: Self.table, packets: 2)
        let again = syncer(kernel, endpoints: 2)
        let generation = try await kernel.generation()
        try await again.runOnce()
        #expect(try await kernel.generation() == generation)
        #expect(await counts(again) == ["default/web cluster-ip": 5, "default/web external": 0, "default/web node-port": 2])
        // Five endpoints need eight slots: the frontends' elements are exchanged for others.
        let more = syncer(kernel, endpoints: 5)
        try await more.runOnce()
        #expect(try await kernel.generation() > generation)
        #expect(await counts(more) == ["default/web cluster-ip": 5, "default/web external": 0, "default/web node-port": 2])
    }

    @Test func `a table that counts takes the place of one that does not, and back`() async throws {
        let kernel = MemoryKernel()
        try await syncer(kernel, endpoints: 2).runOnce()
        kernel.meet(Self.key("10.96.0.1", 80), of: "services", in: Self.table, packets: 5)
        var configuration = ProxyConfiguration.fixture()
        configuration.countsConnections = false
        let quiet = ProxySyncer(
            listWatch: StaticListWatch([Self.service, Self.slice(2)]), applier: kernel, flows: NoFlows(),
            configuration: configuration, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try await quiet.runOnce()
        #expect(kernel.ruleset.tables[Self.table]?.sets["services"]?.isCounted == false)
        #expect(await quiet.connections().isEmpty)
        let again = syncer(kernel, endpoints: 2)
        try await again.runOnce()
        #expect(await counts(again)["default/web cluster-ip"] == 0)
    }

    @Test func `the oldest Services have the series, and the rest is told by number`() {
        func count(_ name: String, created: Int64, _ connections: UInt64) -> ConnectionCount {
            ConnectionCount(
                ConnectionCount.Identity(
                    service: FrontendLedger.Claimant(
                        NamespacedName(namespace: "default", name: name), createdSeconds: created),
                    port: "http", transport: .tcp, way: .external, family: .ipv6), connections: connections)
        }
        var text = MetricsText()
        let counts = [
            count("new", created: 9, 1), count("old", created: 1, 2), count("old", created: 1, 5), count("mid", created: 4, 3),
        ]
        ConnectionCount.write(counts, seriesMax: 2, to: &text)
        let lines = text.text.split(separator: "\n").filter { !$0.hasPrefix("#") }
        let labels = #"port="http",protocol="TCP",frontend="external",ip_family="IPv6""#
        #expect(
            lines == [
                #"skiff_proxy_service_connections_total{namespace="default",service="old",\#(labels)} 7"#,
                #"skiff_proxy_service_connections_total{namespace="default",service="mid",\#(labels)} 3"#,
                "skiff_proxy_service_connections_omitted 1",
            ])
    }
}

struct NoFlows: FlowCleaner {
    func deleteFlows(_ selectors: [FlowSelector]) async throws(ApplyError) {}
}
