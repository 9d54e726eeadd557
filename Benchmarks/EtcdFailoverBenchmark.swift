import EtcdStore
import GRPC
import Glibc
import Logging
import Store
import Synchronization

/// How long writes stop when the leader of an etcd cluster is killed: our store beside a bare client that goes to the next member
/// after each failure. Both write at the same time to the same cluster, so that both meet the same election.
enum EtcdFailoverBenchmark {
    static var names: [String] { EtcdMembers.isInstalled ? ["store/etcd-leader-dies"] : [] }

    private static let rounds = 5
    private static let writers = 4
    private static let pace: Duration = .milliseconds(20)
    private static let value = [UInt8](repeating: 0x61, count: 1000)

    /// When writes were acknowledged, and how many were not.
    private final class Record: Sendable {
        private let state = Mutex<(times: [UInt64], slowest: UInt64, refused: Int)>(([], 0, 0))

        func acknowledged(since begin: UInt64) {
            let now = Harness.wall()
            state.withLock { state in
                state.times.append(now)
                state.slowest = max(state.slowest, now - begin)
            }
        }

        func refused() { state.withLock { $0.refused += 1 } }

        /// - Parameter end: When the writers stopped: no write before it is a gap too.
        func text(end: UInt64) -> String {
            state.withLock { state in
                let times = state.times.sorted() + [end]
                let gap = zip(times, times.dropFirst()).map { $1 - min($0, $1) }.max() ?? 0
                return "none for \(gap / 1_000_000) ms, the slowest took \(state.slowest / 1_000_000) ms, "
                    + "\(state.refused) of \(state.times.count + state.refused) refused"
            }
        }
    }

    static func run(_ name: String) async throws {
        let members = try EtcdMembers()
        let clients = members.ports.map { port in
            GRPCClient(
                configuration: GRPCConfiguration(target: .tcp(host: "127.0.0.1", port: port)), logger: Logger(label: "bare"))
        }
        var logger = Logger(label: "store")
        logger.logLevel = .critical
        let store = try await opened(members, logger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try? await store.run() }
            for round in 0..<rounds {
                let (ours, bare) = (Record(), Record())
                let leader = try await leader(clients)
                let end = try await write(round, to: store, ours, clients, bare) { members.kill(leader) }
                print("\(name): round \(round): ours \(ours.text(end: end)); bare \(bare.text(end: end))")
                try members.start(leader)
                try await answers(clients[leader])
            }
            group.cancelAll()
        }
        await store.close()
        for client in clients { await client.shutdown() }
    }

    private static func opened(_ members: EtcdMembers, _ logger: Logger) async throws -> EtcdStore {
        let environment = EtcdEnvironment(
            monotonic: { .nanoseconds(Int64(Harness.wall())) }, sleep: { try await ContinuousClock().sleep(for: $0) })
        let configuration = try EtcdConfiguration(urls: members.urls)
        for _ in 0..<200 {
            do throws(StoreError) {
                return try await EtcdStore.open(configuration, environment: environment, logger: logger)
            } catch {
                try await ContinuousClock().sleep(for: .milliseconds(50))
            }
        }
        throw EtcdMembers.Failure(what: "the cluster did not come")
    }

    /// The member that says that it leads.
    private static func leader(_ clients: [GRPCClient]) async throws -> Int {
        for _ in 0..<200 {
            for (index, client) in clients.enumerated() {
                let answer = try? await client.call(
                    path: "/etcdserverpb.Maintenance/Status", message: [], timeout: .seconds(1))
                if let status = answer.flatMap({ MemberStatus($0) }), status.isLeader { return index }
            }
            try await ContinuousClock().sleep(for: .milliseconds(50))
        }
        throw EtcdMembers.Failure(what: "no leader")
    }

    /// Waits until a member takes part again, so that the next death leaves a majority.
    private static func answers(_ client: GRPCClient) async throws {
        // `Range` of the key "a".
        let read: [UInt8] = [0x0a, 1, 0x61]
        for _ in 0..<200 {
            if (try? await client.call(path: "/etcdserverpb.KV/Range", message: read, timeout: .seconds(1))) != nil { return }
            try await ContinuousClock().sleep(for: .milliseconds(100))
        }
        throw EtcdMembers.Failure(what: "a member did not come back")
    }

    /// Two seconds of writes, the death of the leader, ten more seconds; the result is the end of them.
    private static func write(
        _ round: Int, to store: EtcdStore, _ ours: Record, _ clients: [GRPCClient], _ bare: Record, _ kill: () -> Void
    ) async throws -> UInt64 {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<writers {
                group.addTask {
                    try await keepWriting(ours) { number in
                        try await store.synchronize()
                        _ = try await store.create("/ours/\(round)/\(writer)/\(number)", value)
                    }
                }
                group.addTask {
                    let member = Mutex(writer)
                    try await keepWriting(bare) { number in
                        let transaction = Transaction(
                            key: Array("/bare/\(round)/\(writer)/\(number)".utf8), condition: .modRevision(0),
                            operation: .put(value, lease: 0))
                        let index = member.withLock { $0 } % clients.count
                        do {
                            _ = try await clients[index].call(
                                path: "/etcdserverpb.KV/Txn", message: transaction.bytes, timeout: .seconds(10))
                        } catch {
                            member.withLock { $0 += 1 }
                            throw error
                        }
                    }
                }
            }
            try await ContinuousClock().sleep(for: .seconds(2))
            kill()
            try await ContinuousClock().sleep(for: .seconds(10))
            let end = Harness.wall()
            group.cancelAll()
            try? await group.waitForAll()
            return end
        }
    }

    private static func keepWriting(_ record: Record, _ body: (Int) async throws -> Void) async throws {
        var number = 0
        while !Task.isCancelled {
            let begin = Harness.wall()
            do {
                try await body(number)
                record.acknowledged(since: begin)
            } catch {
                if !Task.isCancelled { record.refused() }
            }
            number += 1
            try await ContinuousClock().sleep(for: pace)
        }
    }
}
