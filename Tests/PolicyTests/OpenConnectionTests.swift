import API
import ControlLoop
import JSON
import Logging
import NFTables
import NetworkTypes
import Synchronization
import Testing

@testable import Policy

/// Connections that were open before policies became stricter.
@Suite(.timeLimit(.minutes(5))) struct OpenConnectionTests {
    static let outside = IPAddress.v4(IPv4Address(203, 0, 113, 9))
    static let own = IPAddress.v4(IPv4Address(10, 244, 0, 1))

    static func address(_ text: String) -> IPAddress {
        if let address = IPAddress(parsing: text) { return address }
        let parts = text.split(separator: "/").map(String.init)
        return .v4(Model.address(parts[0], parts[1]))
    }

    /// - Parameter via: What the first packet was sent to, where a Service stands between.
    static func flow(
        _ source: String, _ destination: String, _ port: UInt16 = 80, via: String? = nil, _ transport: TransportProtocol = .tcp
    ) -> Flow {
        let (from, to) = (address(source), address(destination))
        return Flow(
            transport, original: .init(from, Port(40000), to: via.map(address) ?? to, Port(via == nil ? port : 5432)),
            reply: .init(to, Port(port), to: from, Port(40000)), isAnswered: true)
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var policies: [NetworkPolicy]
        var flow: Flow
        var isDenied: Bool

        init(_ title: String, _ policies: [NetworkPolicy], _ flow: Flow, _ isDenied: Bool) {
            testDescription = title
            self.policies = policies
            self.flow = flow
            self.isDenied = isDenied
        }
    }

    static let deny = Model.policy(["podSelector": [:]])
    static let closed = Model.policy(["podSelector": [:], "policyTypes": ["Egress"]])
    static let fromB = Model.policy([
        "podSelector": [:], "ingress": [["from": [["podSelector": ["matchLabels": ["pod": "b"]]]], "ports": [["port": 80]]]],
    ])
    static let cases = [
        Case("no policy", [], flow("y/a", "x/a"), false),
        Case("denied by the destination", [deny], flow("y/a", "x/a"), true),
        Case("denied by the source", [closed], flow("x/a", "y/a"), true),
        Case("the other direction is another connection", [deny], flow("x/a", "y/a"), false),
        Case("allowed", [fromB], flow("x/b", "x/a"), false),
        Case("allowed on another port", [fromB], flow("x/b", "x/a", 81), true),
        Case("allowed over another protocol", [fromB], flow("x/b", "x/a", 80, .udp), true),
        Case("through a Service, by the port that the pod sees", [fromB], flow("x/b", "x/a", 80, via: "10.96.0.1"), false),
        Case("through a Service, denied", [fromB], flow("x/c", "x/a", 80, via: "10.96.0.1"), true),
        Case("from outside", [deny], flow("203.0.113.9", "x/a"), true),
        Case("the node's own", [deny], flow("10.244.0.1", "x/a"), false),
        Case("the node's own, by its object", [deny], flow("192.168.0.1", "x/a"), false),
        Case("another node's", [deny], flow("192.168.0.2", "x/a"), true),
        Case("a pod and itself", [deny], flow("x/a", "x/a", 80, via: "10.96.0.1"), false),
        Case("nothing of this node", [deny], flow("203.0.113.9", "203.0.113.10"), false),
    ]

    @Test(arguments: cases)
    func `what policies would not let begin is cut, and nothing else`(entry: Case) {
        var judge = ConnectionJudge(
            PolicyEngine(Model.world(entry.policies)), nodeName: "node1", ownAddresses: [Self.own])
        let answers = [judge.denies(entry.flow), judge.denies(entry.flow)]
        #expect(answers == [entry.isDenied, entry.isDenied])
    }

    @Test func `what other nodes judge is left to them`() {
        var judge = ConnectionJudge(PolicyEngine(Model.world([Self.deny])), nodeName: "node2", ownAddresses: [])
        let answer = judge.denies(Self.flow("y/a", "x/a"))
        #expect(!answer)
    }

    private final class Table: FlowTable {
        let held: Mutex<[Flow]>

        init(_ flows: [Flow]) { held = Mutex(flows) }

        func flows(_ family: IPFamily) async throws(ApplyError) -> [Flow] {
            held.withLock { $0.filter { $0.original.source.family == family } }
        }

        func forget(_ flows: [Flow]) async throws(ApplyError) {
            held.withLock { held in held.removeAll { flows.contains($0) } }
        }
    }

    private func following(
        _ choice: PolicyConfiguration.OpenConnections, _ body: (MemoryCluster, Table, PolicySyncer) async throws -> Void
    )
        async throws
    {
        let cluster = MemoryCluster()
        for pod in ["web", "db"] {
            cluster.put(
                Pod.resource, PolicySyncerTests.pod(pod, pod == "db" ? "10.244.1.5" : "10.244.1.6", labels: ["app": .string(pod)])
            )
        }
        let table = Table([Self.flow("10.244.1.6", "10.244.1.5"), Self.flow("203.0.113.9", "10.244.1.5")])
        let configuration = PolicyConfiguration(
            nodeName: "node1", podKey: .address, families: [.ipv4], openConnections: choice)
        let syncer = PolicySyncer(
            listWatch: cluster, applier: MemoryKernel(), cutter: ConnectionCutter(table) { [] }, configuration: configuration,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await syncer.run() }
            try await body(cluster, table, syncer)
            group.cancelAll()
            while let result = await group.nextResult() {
                if case .failure(let error) = result, !(error is CancellationError) { throw error }
            }
        }
    }

    private func until(_ condition: () async -> Bool) async throws {
        while !(await condition()) { try await ContinuousClock().sleep(for: .milliseconds(2)) }
    }

    static let webOnly: JSONValue = [
        "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": ["name": "web", "namespace": "shop"],
        "spec": [
            "podSelector": ["matchLabels": ["app": "db"]],
            "ingress": [["from": [["podSelector": ["matchLabels": ["app": "web"]]]]]],
        ],
    ]

    @Test func `a policy that comes cuts what it denies`() async throws {
        try await following(.cut) { cluster, table, syncer in
            try await until { await syncer.status.isSynced }
            #expect(table.held.withLock(\.count) == 2)
            cluster.put(NetworkPolicy.resource, Self.webOnly)
            try await until { table.held.withLock(\.count) == 1 }
            #expect(table.held.withLock { $0 } == [Self.flow("10.244.1.6", "10.244.1.5")])
            // The peer loses its label.
            cluster.put(Pod.resource, PolicySyncerTests.pod("web", "10.244.1.6", labels: ["app": "other"]))
            try await until { table.held.withLock(\.isEmpty) }
        }
    }

    @Test func `by default connections go on`() async throws {
        #expect(PolicyConfiguration(nodeName: "node1").openConnections == .keep)
        try await following(.keep) { cluster, table, syncer in
            cluster.put(NetworkPolicy.resource, Self.webOnly)
            try await until { await syncer.status.policyCount == 1 }
            #expect(table.held.withLock(\.count) == 2)
        }
    }
}
