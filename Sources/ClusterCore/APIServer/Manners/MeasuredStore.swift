import Store

/// A store that counts what it is asked and how long that takes.
final class MeasuredStore: Store {
    private let store: any Store
    private let metrics: ServerMetrics
    private let monotonic: @Sendable () -> Duration

    init(_ store: any Store, _ metrics: ServerMetrics, monotonic: @escaping @Sendable () -> Duration) {
        self.store = store
        self.metrics = metrics
        self.monotonic = monotonic
    }

    /// `pods` or `apps/deployments`: the part of a key that names the resource.
    private static func type(_ key: String) -> String {
        let parts = key.split(separator: "/").dropFirst()
        guard let first = parts.first else { return "" }
        guard first.contains(".") || ["apps", "batch", "policy", "autoscaling"].contains(first), parts.count > 1 else {
            return String(first)
        }
        return parts.prefix(2).joined(separator: "/")
    }

    private func measured<Result>(
        _ operation: String, _ key: String, _ body: () async throws(StoreError) -> Result
    ) async throws(StoreError) -> Result {
        let start = monotonic()
        do throws(StoreError) {
            let result = try await body()
            metrics.storeOperation(operation, type: Self.type(key), monotonic() - start, failed: false)
            return result
        } catch {
            metrics.storeOperation(operation, type: Self.type(key), monotonic() - start, failed: true)
            throw error
        }
    }

    func create(
        _ key: String, _ value: [UInt8], expiresAfter: Duration?
    ) async throws(StoreError) -> Revision {
        try await measured("create", key) { () async throws(StoreError) in
            try await store.create(key, value, expiresAfter: expiresAfter)
        }
    }

    func update(
        _ key: String, _ value: [UInt8], expected: Revision, expiresAfter: Duration?
    ) async throws(StoreError) -> Revision {
        try await measured("update", key) { () async throws(StoreError) in
            try await store.update(key, value, expected: expected, expiresAfter: expiresAfter)
        }
    }

    func delete(_ key: String, expected: Revision?) async throws(StoreError) -> Revision {
        try await measured("delete", key) { () async throws(StoreError) in
            try await store.delete(key, expected: expected)
        }
    }

    func get(_ key: String) async throws(StoreError) -> StoredValue? {
        try await measured("get", key) { () async throws(StoreError) in try await store.get(key) }
    }

    func range(_ range: KeyRange) async throws(StoreError) -> RangeResult {
        try await measured("list", range.prefix) { () async throws(StoreError) in try await store.range(range) }
    }

    func events(
        prefix: String, after: Revision, through: Revision, limit: Int
    ) async throws(StoreError) -> [StoreEvent] {
        try await store.events(prefix: prefix, after: after, through: through, limit: limit)
    }

    func observe(
        prefix: String, after: Revision, _ deliver: @escaping @Sendable ([StoreEvent]) -> Void
    ) async throws(StoreError) -> StoreObservation {
        try await store.observe(prefix: prefix, after: after, deliver)
    }

    func compact(through revision: Revision) async throws(StoreError) { try await store.compact(through: revision) }

    func synchronize() async throws(StoreError) { try await store.synchronize() }
    func run() async throws { try await store.run() }

    func runCompaction(sleep: @Sendable (Duration) async throws -> Void) async throws {
        try await store.runCompaction(sleep: sleep)
    }

    func runExpiry(sleep: @Sendable (Duration) async throws -> Void) async throws {
        try await store.runExpiry(sleep: sleep)
    }

    var isShared: Bool { store.isShared }
    var keepsUpstreamForm: Bool { store.keepsUpstreamForm }
    var currentRevision: Revision { store.currentRevision }
    var compactedRevision: Revision { store.compactedRevision }

    func close() async { await store.close() }
}
