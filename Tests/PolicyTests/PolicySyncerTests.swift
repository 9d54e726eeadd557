import API
import ControlLoop
import JSON
import Logging
import NFTables
import NetworkTypes
import Testing

@testable import Policy

@Suite(.timeLimit(.minutes(5))) struct PolicySyncerTests {
    let cluster = MemoryCluster()
    let kernel = MemoryKernel()
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let configuration = PolicyConfiguration(
        nodeName: "node1", podKey: .address, families: [.ipv4], retryInterval: .milliseconds(5), checkInterval: .milliseconds(5))

    static func pod(_ name: String, _ address: String, labels: JSONValue = ["app": "web"]) -> JSONValue {
        [
            "apiVersion": "v1", "kind": "Pod", "metadata": ["name": .string(name), "namespace": "shop", "labels": labels],
            "spec": ["nodeName": "node1"], "status": ["phase": "Running", "podIPs": [["ip": .string(address)]]],
        ]
    }

    static let deny: JSONValue = [
        "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": ["name": "deny", "namespace": "shop"],
        "spec": ["podSelector": [:]],
    ]

    func chain(of address: IPv4Address) -> String? {
        let map = kernel.ruleset.tables[PolicyTable.identifier(.ipv4)]?.sets["pod-ingress"]
        guard case .verdict(let verdict) = map?.elements[ElementKey(KeyBytes(.v4(address)))] else { return nil }
        return verdict.chain
    }

    /// Runs the syncer while `body` does.
    func running(_ listWatch: any ListWatch, _ body: (PolicySyncer) async throws -> Void) async throws {
        let syncer = PolicySyncer(listWatch: listWatch, applier: kernel, configuration: configuration, logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await syncer.run() }
            try await body(syncer)
            group.cancelAll()
            while let result = await group.nextResult() {
                if case .failure(let error) = result, !(error is CancellationError) { throw error }
            }
        }
    }

    func until(_ condition: () async -> Bool) async throws {
        while !(await condition()) { try await ContinuousClock().sleep(for: .milliseconds(2)) }
    }

    @Test func `follows pods, labels and policies`() async throws {
        let address = IPv4Address(10, 244, 1, 5)
        cluster.put(Pod.resource, Self.pod("web", "10.244.1.5"))
        try await running(cluster) { syncer in
            try await until { chain(of: address) == "ingress-open" }
            cluster.put(NetworkPolicy.resource, Self.deny)
            try await until { chain(of: address)?.hasPrefix("ingress-") == true && chain(of: address) != "ingress-open" }
            cluster.remove(NetworkPolicy.resource, name("shop", "deny"))
            try await until { chain(of: address) == "ingress-open" }
            cluster.remove(Pod.resource, name("shop", "web"))
            try await until { chain(of: address) == nil }
            #expect(await syncer.status.isSynced)
        }
    }

    @Test func `puts right what others break, and leaves the rules when it ends`() async throws {
        let address = IPv4Address(10, 244, 1, 5)
        cluster.put(Pod.resource, Self.pod("web", "10.244.1.5"))
        try await running(cluster) { syncer in
            try await until { chain(of: address) != nil }
            try kernel.commit(Transaction([.deleteTable(PolicyTable.identifier(.ipv4))]))
            try await until { chain(of: address) != nil }
            try await until { await syncer.status.repairCount == 1 }
        }
        #expect(chain(of: address) == "ingress-open")
    }

    /// A source that does not know one kind, or never answers for it.
    private struct Partial: ListWatch {
        let source: MemoryCluster
        let missing: GroupVersionResource
        let isSilent: Bool

        func list(_ resource: GroupVersionResource, scope: ListScope) async throws -> ListResult {
            guard resource == missing else { return try await source.list(resource, scope: scope) }
            if isSilent { try await ContinuousClock().sleep(for: .seconds(3600)) }
            throw Status(code: 404, reason: "NotFound", message: "the server could not find the requested resource")
        }

        func watch(_ resource: GroupVersionResource, scope: ListScope, from resourceVersion: String) async throws
            -> AsyncThrowingStream<WatchEvent, any Error>
        {
            try await source.watch(resource, scope: scope, from: resourceVersion)
        }
    }

    @Test func `a cluster without cluster policies has none`() async throws {
        cluster.put(Pod.resource, Self.pod("web", "10.244.1.5"))
        let source = Partial(source: cluster, missing: ClusterNetworkPolicy.resource, isSilent: false)
        try await running(source) { _ in try await until { chain(of: IPv4Address(10, 244, 1, 5)) != nil } }
    }

    @Test(arguments: [Pod.resource, Namespace.resource, NetworkPolicy.resource, ClusterNetworkPolicy.resource, Node.resource])
    func `closes a fresh node, and opens nothing before everything is listed`(missing: GroupVersionResource) async throws {
        cluster.put(Pod.resource, Self.pod("web", "10.244.1.5"))
        cluster.put(NetworkPolicy.resource, Self.deny)
        let source = Partial(source: cluster, missing: missing, isSilent: true)
        try await running(source) { syncer in
            try await until { kernel.ruleset.tables[PolicyTable.identifier(.ipv4)] != nil }
            for _ in 0..<20 { try await ContinuousClock().sleep(for: .milliseconds(2)) }
            #expect(await !syncer.status.isSynced)
        }
        let table = try #require(kernel.ruleset.tables[PolicyTable.identifier(.ipv4)])
        var empty = PolicyModel(configuration)
        let closed = empty.desired(.ipv4)
        #expect(table == closed)
    }

    /// An interface of a pod that nobody has programmed has no network, in either direction.
    @Test func `a fresh node's rules drop what pods' interfaces send and receive`() async throws {
        let syncer = PolicySyncer(
            listWatch: cluster, applier: kernel, configuration: PolicyConfiguration(nodeName: "node1"), logger: logger)
        await syncer.closeFreshNode()
        for family in IPFamily.allCases {
            let table = try #require(kernel.ruleset.tables[PolicyTable.identifier(family)])
            let drop = Statement.verdict(.drop)
            #expect(table.chains["forward"]?.rules.contains { $0.statements.contains(drop) } == true)
            #expect(table.chains["ingress"]?.rules.contains { $0.statements.contains(drop) } == true)
            #expect(table.sets["pod-egress"]?.elements.isEmpty == true)
        }
    }

    @Test func `tables that stand are left as they are until everything is listed`() async throws {
        cluster.put(Pod.resource, Self.pod("web", "10.244.1.5"))
        try await running(cluster) { _ in try await until { chain(of: IPv4Address(10, 244, 1, 5)) != nil } }
        let before = kernel.ruleset
        let next = PolicySyncer(listWatch: cluster, applier: kernel, configuration: configuration, logger: logger)
        await next.closeFreshNode()
        #expect(kernel.ruleset == before)
    }

    @Test func `owns its tables where the kernel can`() async throws {
        var owning = configuration
        owning.ownsTables = true
        cluster.put(Pod.resource, Self.pod("web", "10.244.1.5"))
        // What an agent that owned nothing left.
        try await running(cluster) { _ in try await until { chain(of: IPv4Address(10, 244, 1, 5)) != nil } }
        let syncer = PolicySyncer(listWatch: cluster, applier: kernel, configuration: owning, logger: logger)
        try await syncer.runOnce()
        #expect(kernel.ruleset.tables[PolicyTable.identifier(.ipv4)]?.isOwned == true)
        #expect(chain(of: IPv4Address(10, 244, 1, 5)) == "ingress-open")
    }

    /// A kernel before Linux 6.9.
    private struct OldKernel: RulesetApplier {
        let kernel: MemoryKernel

        func apply(_ transaction: Transaction) async throws(ApplyError) {
            let index = transaction.operations.firstIndex { if case .addTable(_, true) = $0 { true } else { false } }
            if let index { throw ApplyError(operation: index, errno: ApplyError.notSupported) }
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

    @Test(arguments: [true, false])
    func `goes without owner where the kernel cannot`(closesFirst: Bool) async throws {
        var owning = configuration
        owning.ownsTables = true
        cluster.put(Pod.resource, Self.pod("web", "10.244.1.5"))
        let syncer = PolicySyncer(
            listWatch: cluster, applier: OldKernel(kernel: kernel), configuration: owning, logger: logger)
        if closesFirst { await syncer.closeFreshNode() }
        try await syncer.runOnce()
        #expect(kernel.ruleset.tables[PolicyTable.identifier(.ipv4)]?.isOwned == false)
        #expect(chain(of: IPv4Address(10, 244, 1, 5)) == "ingress-open")
    }

    @Test func `a policy that cannot be read is in the status and cuts off its pods`() async throws {
        cluster.put(Pod.resource, Self.pod("web", "10.244.1.5"))
        cluster.put(Pod.resource, Self.pod("other", "10.244.1.6", labels: ["app": "other"]))
        var bad = Self.deny
        bad["spec"] = [
            "podSelector": ["matchLabels": ["app": "web"]], "ingress": [["from": [["ipBlock": ["cidr": "nowhere"]]]]],
        ]
        cluster.put(NetworkPolicy.resource, bad)
        try await running(cluster) { syncer in
            try await until { await syncer.status.faultCount == 1 }
            #expect(chain(of: IPv4Address(10, 244, 1, 6)) == "ingress-open")
            let web = try #require(chain(of: IPv4Address(10, 244, 1, 5)))
            #expect(
                kernel.ruleset.tables[PolicyTable.identifier(.ipv4)]?.chains[web]?.rules == [
                    Rule(.verdict(.goto(web + "-denied")))
                ])
        }
    }
}
