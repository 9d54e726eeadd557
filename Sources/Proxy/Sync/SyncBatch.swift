/// What one sync takes from the inbox.
struct SyncBatch: Sendable {
    var changes: [ServiceChange]
    /// Services in all.
    var serviceCount: Int
    /// Nil: as before.
    var facts: ClusterFacts?
}
