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
    func `writes nothing before everything is listed`(missing: GroupVersionResource) async throws {
        cluster.put(Pod.resource, Self.pod("web", "10.244.1.5"))
        cluster.put(NetworkPolicy.resource, Self.deny)
        let source = Partial(source: cluster, missing: missing, isSilent: true)
        try await running(source) { syncer in
            for _ in 0..<20 { try await ContinuousClock().sleep(for: .milliseconds(2)) }
            #expect(await !syncer.status.isSynced)
        }
        #expect(kernel.ruleset.tables.isEmpty)
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
