import API
import ControlLoop
import JSON
import Logging
import Synchronization
import Testing

@Suite struct LeaderElectorTests {
    /// Who does the work now; two at once are noted as a fault.
    final class Work: Sendable {
        private struct State {
            var leaders: Set<String> = []
            var overlapped = false
        }

        private let state = Mutex(State())

        var leaders: Set<String> { state.withLock(\.leaders) }
        var overlapped: Bool { state.withLock(\.overlapped) }

        func run(_ name: String, _ time: ManualTime) async throws {
            state.withLock { state in
                state.leaders.insert(name)
                if state.leaders.count > 1 { state.overlapped = true }
            }
            defer { _ = state.withLock { $0.leaders.remove(name) } }
            try await time.sleep(.seconds(1_000_000))
        }
    }

    /// A writer that can be cut off from the cluster.
    struct CuttableWriter: ObjectWriter {
        struct Away: Error {}

        let cluster: MemoryCluster
        let isCut: @Sendable () -> Bool

        private func check() throws { if isCut() { throw Away() } }

        func get(_ resource: GroupVersionResource, _ key: NamespacedName) async throws -> JSONValue {
            try check()
            return try await cluster.get(resource, key)
        }
        func create(_ resource: GroupVersionResource, namespace: String?, _ object: JSONValue) async throws -> JSONValue {
            try check()
            return try await cluster.create(resource, namespace: namespace, object)
        }
        func create(
            _ resource: GroupVersionResource, _ key: NamespacedName, subresource: String, _ object: JSONValue
        ) async throws -> JSONValue { throw Away() }
        func update(
            _ resource: GroupVersionResource, _ key: NamespacedName, _ object: JSONValue, subresource: String?
        ) async throws -> JSONValue {
            try check()
            return try await cluster.update(resource, key, object, subresource: subresource)
        }
        func patch(
            _ resource: GroupVersionResource, _ key: NamespacedName, _ type: PatchType, _ body: JSONValue, subresource: String?
        ) async throws -> JSONValue { throw Away() }
        func delete(_ resource: GroupVersionResource, _ key: NamespacedName, _ options: DeletionOptions) async throws {
            throw Away()
        }
    }

    private final class Switch: Sendable {
        private let value = Mutex(false)
        var isOn: Bool { value.withLock { $0 } }
        func turnOn() { value.withLock { $0 = true } }
    }

    private func elector(_ name: String, _ cluster: MemoryCluster, _ time: ManualTime, _ cut: Switch) -> LeaderElector {
        LeaderElector(
            name: "kube-scheduler", identity: name, writer: CuttableWriter(cluster: cluster) { cut.isOn },
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, now: { time.now() },
            sleep: { try await time.sleep($0) })
    }

    /// Seconds from `start` until somebody else than `old` leads, moving time second by second.
    private func seconds(until new: String, _ work: Work, _ time: ManualTime, candidates: Int) async -> Int {
        for second in 1...60 {
            time.advance(.seconds(1))
            await settle(work, time, candidates: candidates)
            if work.leaders == [new] { return second }
        }
        return 61
    }

    /// Every candidate sleeps between its looks at the lease, and a leader once more, in its work.
    private func settle(_ work: Work, _ time: ManualTime, candidates: Int) async {
        await time.settle { $0 == candidates + work.leaders.count }
    }

    @Test func `one leads; when it is gone the other takes over after the lease has run out`() async throws {
        let (cluster, time, work, cut) = (MemoryCluster(), ManualTime(), Work(), Switch())
        try await withThrowingTaskGroup(of: Void.self) { group in
            let first = elector("a", cluster, time, cut)
            let second = elector("b", cluster, time, cut)
            let (stops, stop) = AsyncStream<Void>.makeStream()
            let (ends, end) = AsyncStream<Void>.makeStream()
            group.addTask {
                defer { end.finish() }
                await withThrowingTaskGroup(of: Void.self) { inner in
                    inner.addTask { try await first.run { try await work.run("a", time) } }
                    for await _ in stops { break }
                    inner.cancelAll()
                }
            }
            await time.settle { $0 == 2 }
            #expect(work.leaders == ["a"])
            group.addTask { try await second.run { try await work.run("b", time) } }
            await settle(work, time, candidates: 2)
            for _ in 0..<30 {
                time.advance(.seconds(1))
                await settle(work, time, candidates: 2)
            }
            #expect(work.leaders == ["a"])
            stop.finish()
            for await _ in ends {}
            let waited = await seconds(until: "b", work, time, candidates: 1)
            #expect((13...18).contains(waited), "\(waited)")
            #expect(!work.overlapped)
            let lease = Lease(
                json: try await cluster.get(Lease.resource, NamespacedName(namespace: "kube-system", name: "kube-scheduler")))
            #expect(lease.holderIdentity == "b" && lease.leaseTransitions == 1 && lease.leaseDurationSeconds == 15)
            group.cancelAll()
        }
    }

    @Test func `a leader that cannot renew stops its work before another may begin`() async throws {
        let (cluster, time, work, cut) = (MemoryCluster(), ManualTime(), Work(), Switch())
        await withThrowingTaskGroup(of: Void.self) { group in
            let first = elector("a", cluster, time, cut)
            let second = elector("b", cluster, time, Switch())
            group.addTask { try await first.run { try await work.run("a", time) } }
            await time.settle { $0 == 2 }
            group.addTask { try await second.run { try await work.run("b", time) } }
            await settle(work, time, candidates: 2)
            #expect(work.leaders == ["a"])
            cut.turnOn()
            var stopped = 0
            for second in 1...14 {
                time.advance(.seconds(1))
                await settle(work, time, candidates: 2)
                if stopped == 0, work.leaders.isEmpty { stopped = second }
            }
            #expect((8...13).contains(stopped), "\(stopped)")
            let waited = await seconds(until: "b", work, time, candidates: 2)
            #expect(waited <= 6, "\(waited)")
            #expect(!work.overlapped)
            group.cancelAll()
        }
    }
}
