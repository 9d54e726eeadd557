/// What the proxy can say about itself, for health checks and `skiff status`.
package struct ProxyStatus: Hashable, Sendable {
    /// Services and endpoints were listed, and the rules stand for them.
    package var isSynced = false
    /// When the rules were last found or made equal to what is wanted.
    package var lastSync: ContinuousClock.Instant?
    /// Since when a change waits that is not yet written; nil when none does.
    package var pendingSince: ContinuousClock.Instant?
    /// The kernel's number of the ruleset after the last sync.
    package var generation: UInt32 = 0
    package var serviceCount = 0
    /// Elements in all tables.
    package var elementCount = 0
    /// Commits so far.
    /// Syncs that compared everything.
    package var fullSyncCount = 0
    package var commitCount = 0
    /// Times that somebody else's change to our tables was undone.
    package var repairCount = 0
    /// Times that the kernel refused a change.
    package var refusalCount = 0
    /// The last refusal, down to the operation and the element; nil after a success.
    package var lastError: String?

    package init() {}
}
