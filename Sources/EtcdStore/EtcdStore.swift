import GRPC
package import Logging
package import Store
import Synchronization

/// The store in an etcd v3 cluster: keys and values lie there as upstream's API server keeps them, and other servers may write
/// to the same cluster at the same time.
///
/// One watch over all keys feeds every observer; a write of this process returns when that watch has brought it.
package final class EtcdStore: Store {
    let cluster: EtcdCluster
    let fanout: EventFanout
    let logger: Logger
    let environment: EtcdEnvironment
    private let leases = LeasePool()
    private let pageKeys: Mutex<Int>
    /// The linearizable read that callers of `synchronize` share, and those who came too late for it.
    let readers = Mutex(SynchronizationState())

    /// A write waits this long for the watch to bring it; then it is answered all the same, for it is durable.
    static let deliveryLimit: Duration = .seconds(5)

    /// Connects, and refuses a cluster that is too old.
    package static func open(
        _ configuration: EtcdConfiguration, environment: EtcdEnvironment, logger: Logger = Logger(label: "store")
    ) async throws(StoreError) -> EtcdStore {
        let cluster = EtcdCluster(configuration, environment, logger: logger)
        do throws(StoreError) {
            let version = try await cluster.version()
            guard EtcdVersion.isKnown(version) else { throw .unsupportedServer(found: version, needed: EtcdVersion.oldest) }
            let revision = try await cluster.currentRevision()
            await cluster.preferLeader()
            let store = EtcdStore(configuration, cluster, at: revision, environment, logger)
            try await store.readCompaction()
            return store
        } catch {
            await cluster.shutdown()
            throw error
        }
    }

    private init(
        _ configuration: EtcdConfiguration, _ cluster: EtcdCluster, at revision: Revision, _ environment: EtcdEnvironment,
        _ logger: Logger
    ) {
        self.cluster = cluster
        self.environment = environment
        self.logger = logger
        fanout = EventFanout(position: revision)
        pageKeys = Mutex(configuration.pageKeysMax)
    }

    package var isShared: Bool { true }
    package var keepsUpstreamForm: Bool { true }
    package var currentRevision: Revision { fanout.position }
    package var compactedRevision: Revision { fanout.compacted }

    package func create(_ key: String, _ value: [UInt8], expiresAfter: Duration?) async throws(StoreError) -> Revision {
        let lease = try await lease(expiresAfter)
        let answer = try await transact(
            Transaction(key: Array(key.utf8), condition: .modRevision(0), operation: .put(value, lease: lease)))
        guard answer.succeeded else { throw .keyExists(key) }
        return Revision(answer.header.revision)
    }

    package func update(
        _ key: String, _ value: [UInt8], expected: Revision, expiresAfter: Duration?
    ) async throws(StoreError) -> Revision {
        let lease = try await lease(expiresAfter)
        let answer = try await transact(
            Transaction(
                key: Array(key.utf8), condition: .modRevision(expected.value), operation: .put(value, lease: lease)))
        return try revision(of: answer, key)
    }

    package func delete(_ key: String, expected: Revision?) async throws(StoreError) -> Revision {
        let condition = expected.map { Transaction.Condition.modRevision($0.value) } ?? .exists
        let answer = try await transact(Transaction(key: Array(key.utf8), condition: condition, operation: .delete))
        return try revision(of: answer, key)
    }

    private func revision(of answer: TransactionResponse, _ key: String) throws(StoreError) -> Revision {
        if answer.succeeded { return Revision(answer.header.revision) }
        guard let found = answer.found else { throw .keyNotFound(key) }
        throw .revisionMismatch(key: key, actual: Revision(found.modRevision))
    }

    /// Returns when the watch has brought everything that the answer speaks of, also when that is another server's write.
    private func transact(_ transaction: Transaction) async throws(StoreError) -> TransactionResponse {
        let answer = try await call(.transaction, transaction.bytes, TransactionResponse.init)
        await wait(for: Revision(answer.header.revision))
        return answer
    }

    func wait(for revision: Revision) async {
        let deadline = environment.monotonic() + Self.deliveryLimit
        if await !fanout.reach(revision, deadline: deadline) {
            logger.warning("the watch is behind", metadata: ["revision": "\(revision)"])
        }
    }

    private func lease(_ timeToLive: Duration?) async throws(StoreError) -> Int64 {
        guard let timeToLive else { return 0 }
        let now = environment.monotonic()
        if let known = leases.reusable(timeToLive, now: now) { return known }
        let seconds = (timeToLive + LeasePool.reuse(timeToLive)).components.seconds
        let granted = try await call(
            .leaseGrant, SmallMessages.leaseGrant(seconds: max(1, seconds)), SmallMessages.leaseIdentifier)
        leases.granted(granted, timeToLive, now: now)
        return granted
    }

    package func get(_ key: String) async throws(StoreError) -> StoredValue? {
        try await call(.range, RangeRequest(key: Array(key.utf8)).bytes, RangeResponse.init).values.first.map(StoredValue.init)
    }

    package func range(_ range: KeyRange) async throws(StoreError) -> RangeResult {
        var result = RangeResult(values: [], revision: range.revision ?? Revision(0), remaining: 0)
        var after = range.after
        while true {
            let keys = pageKeys.withLock { $0 }
            let (start, end) = EtcdKeys.range(prefix: range.prefix, after: after)
            let wanted = range.limit.map { $0 - result.values.count } ?? Int.max
            let request = RangeRequest(
                key: start, end: end, limit: Int64(min(wanted, keys)), revision: result.revision.value)
            let page: RangeResponse
            do throws(StoreError) {
                page = try await call(.range, request.bytes, RangeResponse.init)
            } catch {
                guard error == .tooLarge, keys > 1 else { throw error }
                pageKeys.withLock { $0 = max(1, keys / 2) }
                continue
            }
            if result.revision.value == 0 { result.revision = Revision(page.header.revision) }
            result.values += page.values.map(StoredValue.init)
            result.remaining = Int(page.count) - page.values.count
            if result.remaining <= 0 || page.values.isEmpty || result.values.count >= range.limit ?? Int.max { return result }
            after = result.values.last?.key
        }
    }

    package func compact(through revision: Revision) async throws(StoreError) {
        do throws(StoreError) {
            _ = try await call(.compact, SmallMessages.compaction(revision.value)) { _ in }
        } catch {
            // Another server was faster.
            guard case .compacted = error else { throw error }
        }
        fanout.noteCompaction(revision)
    }

    package func close() async {
        fanout.close()
        await cluster.shutdown()
    }

    func call<Answer>(
        _ method: EtcdCluster.Method, _ message: [UInt8], _ decode: (ArraySlice<UInt8>) throws(FieldReader.Malformed) -> Answer
    ) async throws(StoreError) -> Answer {
        try await cluster.call(method, message, current: fanout.position, compacted: fanout.compacted, decode)
    }
}

extension EtcdCluster {
    func call<Answer>(
        _ method: Method, _ message: [UInt8], current: Revision = Revision(0), compacted: Revision = Revision(0),
        _ decode: (ArraySlice<UInt8>) throws(FieldReader.Malformed) -> Answer
    ) async throws(StoreError) -> Answer {
        let bytes: ArraySlice<UInt8>
        do throws(GRPCError) {
            bytes = try await call(method, message)
        } catch {
            throw StoreError(error, cluster: description, current: current, compacted: compacted)
        }
        do throws(FieldReader.Malformed) {
            return try decode(bytes)
        } catch {
            throw .failed(code: 0, message: "etcd at \(description): unreadable answer to \(method.path)")
        }
    }

    func version() async throws(StoreError) -> String { try await call(.status, [], MemberStatus.init(_:)).version }

    /// Linearizable: not older than any write that anybody was told of.
    func currentRevision() async throws(StoreError) -> Revision {
        let request = RangeRequest(key: EtcdKeys.compaction, countOnly: true)
        return Revision(try await call(.range, request.bytes, RangeResponse.init).header.revision)
    }
}

/// Which servers we know how to talk to.
enum EtcdVersion {
    static let oldest = "3.4.0"

    static func isKnown(_ version: String) -> Bool {
        let parts = version.split(separator: ".").prefix(2).compactMap { Int($0) }
        return parts.count == 2 && (parts[0], parts[1]) >= (3, 4)
    }
}

/// Time, as the store is given it.
package struct EtcdEnvironment: Sendable {
    /// Never steps back.
    package var monotonic: @Sendable () -> Duration
    /// Throws when the task is cancelled.
    package var sleep: @Sendable (Duration) async throws -> Void

    package init(
        monotonic: @escaping @Sendable () -> Duration, sleep: @escaping @Sendable (Duration) async throws -> Void
    ) {
        self.monotonic = monotonic
        self.sleep = sleep
    }
}
