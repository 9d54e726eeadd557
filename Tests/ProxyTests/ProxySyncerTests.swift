import API
import ControlLoop
import JSON
import Logging
import NFTables
import NetworkTypes
import Synchronization
import Testing

@testable import Proxy

/// Remembers what it was asked to forget.
private final class RecordingFlowCleaner: FlowCleaner {
    private let state = Mutex<[FlowSelector]>([])
    var selectors: [FlowSelector] { state.withLock { $0 } }
    func deleteFlows(_ selectors: [FlowSelector]) async throws(ApplyError) { state.withLock { $0 += selectors } }
}

/// A kernel that refuses the first commits.
private final class ReluctantKernel: RulesetApplier {
    let kernel = MemoryKernel()
    private let refusals: Mutex<Int>

    init(refusals: Int) { self.refusals = Mutex(refusals) }

    func apply(_ transaction: Transaction) async throws(ApplyError) {
        let refuses = refusals.withLock { left in
            defer { left = max(left - 1, 0) }
            return left > 0
        }
        if refuses { throw ApplyError(operation: 0, errno: ApplyError.busy, detail: "test") }
        try await kernel.apply(transaction)
    }

    func read(_ table: TableIdentifier, expecting expected: Table) async throws(ApplyError) -> Table? {
        try await kernel.read(table, expecting: expected)
    }

    func elements(of set: String, in table: TableIdentifier) async throws(ApplyError) -> [Element] {
        try await kernel.elements(of: set, in: table)
    }

    func generation() async throws(ApplyError) -> UInt32 { try await kernel.generation() }
}

/// A kernel before Linux 6.9: refuses tables with an owner.
private final class OldKernel: RulesetApplier {
    let kernel = MemoryKernel()

    func apply(_ transaction: Transaction) async throws(ApplyError) {
        for (index, operation) in transaction.operations.enumerated() {
            if case .addTable(_, true) = operation { throw ApplyError(operation: index, errno: ApplyError.notSupported) }
        }
        try await kernel.apply(transaction)
    }

    func read(_ table: TableIdentifier, expecting expected: Table) async throws(ApplyError) -> Table? {
        try await kernel.read(table, expecting: expected)
    }

    func elements(of set: String, in table: TableIdentifier) async throws(ApplyError) -> [Element] {
        try await kernel.elements(of: set, in: table)
    }

    func generation() async throws(ApplyError) -> UInt32 { try await kernel.generation() }
}

/// A kernel to which somebody else commits between any two of our operations.
private final class CrowdedKernel: RulesetApplier {
    let kernel = MemoryKernel()

    func apply(_ transaction: Transaction) async throws(ApplyError) { try await kernel.apply(transaction) }

    func apply(_ transaction: Transaction, ifGeneration expected: UInt32) async throws(ApplyError) {
        throw ApplyError(errno: ApplyError.restart, detail: "generation")
    }

    func read(_ table: TableIdentifier, expecting expected: Table) async throws(ApplyError) -> Table? {
        try await kernel.read(table, expecting: expected)
    }

    func elements(of set: String, in table: TableIdentifier) async throws(ApplyError) -> [Element] {
        try await kernel.elements(of: set, in: table)
    }

    func generation() async throws(ApplyError) -> UInt32 { try await kernel.generation() }
}

@Suite(.timeLimit(.minutes(5))) struct ProxySyncerTests {
    let cluster = MemoryCluster()
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    var configuration: ProxyConfiguration {
        var configuration = ProxyConfiguration.fixture()
        configuration.retryInterval = .milliseconds(5)
        configuration.checkInterval = .milliseconds(5)
        configuration.syncInterval = .milliseconds(1)
        return configuration
    }

    static let service: JSONValue = [
        "apiVersion": "v1", "kind": "Service", "metadata": ["name": "web", "namespace": "default"],
        "spec": [
            "type": "ClusterIP", "clusterIP": "10.96.0.1", "clusterIPs": ["10.96.0.1"],
            "ports": [["protocol": "UDP", "port": 80]],
        ],
    ]

    static func slice(_ addresses: [String]) -> JSONValue {
        [
            "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
            "metadata": ["name": "web-1", "namespace": "default", "labels": ["kubernetes.io/service-name": "web"]],
            "ports": [["protocol": "UDP", "port": 8080]],
            "endpoints": .array(addresses.map { ["addresses": [.string($0)], "nodeName": "node1"] }),
        ]
    }

    /// The table for the demo Service with these endpoints.
    func expected(_ addresses: [String]) -> Ruleset {
        ruleset([Service(json: Self.service)], [EndpointSlice(json: Self.slice(addresses))], configuration)
    }

    /// Runs the syncer while `body` does.
    func running(_ kernel: any RulesetApplier, _ flows: any FlowCleaner, _ body: (ProxySyncer) async throws -> Void) async throws
    {
        let syncer = ProxySyncer(
            listWatch: cluster, applier: kernel, flows: flows, configuration: configuration, logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await syncer.run() }
            try await body(syncer)
            group.cancelAll()
            while let result = await group.nextResult() {
                if case .failure(let error) = result, !(error is CancellationError) { throw error }
            }
        }
    }

    func wait(for condition: () async -> Bool) async throws {
        while !(await condition()) { try await Task.sleep(for: .milliseconds(1)) }
    }

    @Test func `rules follow Services and slices, and UDP flows are forgotten`() async throws {
        let kernel = MemoryKernel()
        let flows = RecordingFlowCleaner()
        cluster.put(Service.resource, Self.service)
        try await running(kernel, flows) { syncer in
            try await wait { kernel.ruleset == expected([]) }
            cluster.put(EndpointSlice.resource, Self.slice(["10.244.1.2", "10.244.1.3"]))
            try await wait { kernel.ruleset == expected(["10.244.1.2", "10.244.1.3"]) }
            cluster.put(EndpointSlice.resource, Self.slice(["10.244.1.3"]))
            try await wait { kernel.ruleset == expected(["10.244.1.3"]) }
            try await wait { flows.selectors.contains { $0.replySource == .fixture("10.244.1.2") } }
            #expect(flows.selectors.contains { $0.replySource == .fixture("10.96.0.1") })
            #expect(await syncer.status.isSynced)
        }
        #expect(kernel.ruleset == expected(["10.244.1.3"]), "the rules stay after the proxy")
    }

    @Test func `a restart over right rules commits nothing`() async throws {
        let kernel = MemoryKernel(expected(["10.244.1.2"]))
        cluster.put(Service.resource, Self.service)
        cluster.put(EndpointSlice.resource, Self.slice(["10.244.1.2"]))
        let before = try await kernel.generation()
        try await running(kernel, RecordingFlowCleaner()) { syncer in
            try await wait { await syncer.status.isSynced }
            #expect(await syncer.status.commitCount == 0)
        }
        #expect(try await kernel.generation() == before)
    }

    @Test func `what a stranger removes comes back`() async throws {
        let kernel = MemoryKernel()
        cluster.put(Service.resource, Self.service)
        cluster.put(EndpointSlice.resource, Self.slice(["10.244.1.2"]))
        try await running(kernel, RecordingFlowCleaner()) { syncer in
            try await wait { kernel.ruleset == expected(["10.244.1.2"]) }
            try await wait { await syncer.status.isSynced }
            try kernel.commit(Transaction([.deleteTable(StaticRuleset.identifier(.ipv4))]))
            try await wait { kernel.ruleset == expected(["10.244.1.2"]) }
            try await wait { await syncer.status.repairCount == 1 }
        }
    }

    @Test func `who commits all the time does not keep Services from being served`() async throws {
        let crowded = CrowdedKernel()
        cluster.put(Service.resource, Self.service)
        cluster.put(EndpointSlice.resource, Self.slice(["10.244.1.2"]))
        try await running(crowded, RecordingFlowCleaner()) { syncer in
            try await wait { crowded.kernel.ruleset == expected(["10.244.1.2"]) }
            try await wait { await syncer.status.isSynced }
            #expect(await syncer.status.refusalCount == 0)
        }
    }

    @Test func `a refused commit is tried again from what the kernel holds`() async throws {
        let kernel = ReluctantKernel(refusals: 3)
        cluster.put(Service.resource, Self.service)
        try await running(kernel, RecordingFlowCleaner()) { syncer in
            try await wait { kernel.kernel.ruleset == expected([]) }
            try await wait { await syncer.status.lastError == nil }
        }
    }

    @Test func `a listener hears of an endpoint after the kernel knows it, and of headless Services too`() async throws {
        let kernel = ReluctantKernel(refusals: 3)
        let heard = Mutex<[ServiceEvent]>([])
        cluster.put(Service.resource, Self.service)
        cluster.put(EndpointSlice.resource, Self.slice(["10.244.1.2"]))
        let wanted = expected(["10.244.1.2"])
        let syncer = ProxySyncer(
            listWatch: cluster, applier: kernel, flows: RecordingFlowCleaner(), configuration: configuration, logger: logger
        ) { events in
            #expect(kernel.kernel.ruleset == wanted)
            heard.withLock { $0 += events }
        }
        var headless = Self.service
        headless["metadata"] = ["name": "headless", "namespace": "default"]
        headless["spec"] = ["type": "ClusterIP", "clusterIP": "None"]
        let key = NamespacedName(namespace: "default", name: "headless")
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await syncer.run() }
            try await wait { heard.withLock { $0.count } == 2 }
            cluster.put(Service.resource, headless)
            try await wait {
                heard.withLock { $0.contains { if case .serviceSeen(let one) = $0 { one.key == key } else { false } } }
            }
            group.cancelAll()
            while let result = await group.nextResult() {
                if case .failure(let error) = result, !(error is CancellationError) { throw error }
            }
        }
        let first = heard.withLock { $0.first }
        guard case .servicesListed(let list)? = first else { return #expect(Bool(false), "\(String(describing: first))") }
        #expect(list.map(\.metadata.name) == ["web"])
    }

    @Test func `the node's zone and addresses and the cluster's ranges count as they change`() async throws {
        let kernel = MemoryKernel()
        cluster.put(Service.resource, Self.service)
        cluster.put(EndpointSlice.resource, Self.slice(["10.244.1.2"]))
        func node(_ address: String) -> JSONValue {
            [
                "apiVersion": "v1", "kind": "Node",
                "metadata": ["name": "node1", "labels": ["topology.kubernetes.io/zone": "a"]],
                "spec": ["podCIDRs": ["10.244.1.0/24"]],
                "status": ["addresses": [["type": "InternalIP", "address": .string(address)]]],
            ]
        }
        func expected(_ address: String, ranges: [String] = []) -> Ruleset {
            let facts = ClusterFacts(
                node: NodeFacts(
                    zone: "a", addresses: [.fixture(address)], podCIDRs: [CIDR(parsing: "10.244.1.0/24")].compactMap(\.self)),
                serviceCIDRs: ranges.compactMap { CIDR(parsing: $0) })
            return ruleset(
                [Service(json: Self.service)], [EndpointSlice(json: Self.slice(["10.244.1.2"]))], configuration.with(facts))
        }
        cluster.put(Node.resource, node("192.168.60.1"))
        try await running(kernel, RecordingFlowCleaner()) { syncer in
            try await wait { kernel.ruleset == expected("192.168.60.1") }
            cluster.put(Node.resource, node("192.168.60.2"))
            try await wait { kernel.ruleset == expected("192.168.60.2") }
            cluster.put(
                ServiceCIDR.resource,
                [
                    "apiVersion": "networking.k8s.io/v1", "kind": "ServiceCIDR", "metadata": ["name": "more"],
                    "spec": ["cidrs": ["10.97.0.0/24"]],
                ])
            try await wait { kernel.ruleset == expected("192.168.60.2", ranges: ["10.97.0.0/24"]) }
            #expect(await syncer.status.repairCount == 0, "none of it is damage")
        }
    }

    @Test func `where the kernel knows no owner of a table the rules stand all the same`() async throws {
        let kernel = OldKernel()
        cluster.put(Service.resource, Self.service)
        var configuration = configuration
        configuration.ownsTables = true
        let syncer = ProxySyncer(
            listWatch: cluster, applier: kernel, flows: RecordingFlowCleaner(), configuration: configuration, logger: logger)
        try await syncer.runOnce()
        #expect(kernel.kernel.ruleset == expected([]))
    }

    @Test func `what others commit does not matter while the tables are ours alone`() async throws {
        let kernel = MemoryKernel()
        cluster.put(Service.resource, Self.service)
        var configuration = configuration
        configuration.ownsTables = true
        let syncer = ProxySyncer(
            listWatch: cluster, applier: kernel, flows: RecordingFlowCleaner(), configuration: configuration, logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await syncer.run() }
            try await wait { await syncer.status.isSynced }
            let commits = await syncer.status.commitCount
            try kernel.commit(Transaction([.addTable(TableIdentifier(.ip, "theirs"))]))
            let generation = try await kernel.generation()
            try await wait { await syncer.status.generation == generation }
            #expect(await syncer.status.commitCount == commits)
            #expect(await syncer.status.repairCount == 0)
            group.cancelAll()
            while let result = await group.nextResult() {
                if case .failure(let error) = result, !(error is CancellationError) { throw error }
            }
        }
    }

    @Test func `a problem is told once while it lasts`() {
        var book = ProblemBook<String>(keysMax: 2)
        let told = [
            book.news(of: "a", ["x"]), book.news(of: "a", ["x"]), book.news(of: "a", ["x", "y"]), book.news(of: "a", []),
            book.news(of: "a", ["x"]), book.news(of: "b", ["x"]), book.news(of: "c", ["x"]),
        ]
        #expect(told == [["x"], [], ["y"], [], ["x"], ["x"], []])
        var service = Service.fixture("a", ip: "10.96.0.1", externalIPs: ["300.1.1.1"], sourceRanges: ["10.0.0.0/33"])
        service.metadata.annotations["skiff.dev/weights"] = "?"
        #expect(InputProblems.of(service).count == 3)
        #expect(InputProblems.of(Service.fixture("a", ip: "10.96.0.1")).isEmpty)
        var slice = EndpointSlice.fixture("a", [Endpoint(addresses: ["fd00::1"]), Endpoint(addresses: [])])
        #expect(InputProblems.of(slice).count == 2)
        slice.metadata.labels = [:]
        #expect(InputProblems.of(slice).count == 3)
    }

    @Test func `a file of objects is a source`() async throws {
        let kernel = MemoryKernel()
        let document: JSONValue = ["kind": "List", "items": [Self.service, Self.slice(["10.244.1.2"])]]
        let syncer = ProxySyncer(
            listWatch: StaticListWatch(document: document), applier: kernel, flows: RecordingFlowCleaner(),
            configuration: configuration, logger: logger)
        try await syncer.runOnce()
        #expect(kernel.ruleset == expected(["10.244.1.2"]))
    }
}
