/// Decides when kube-proxy's rules are taken away: once ours stand, and it does not run any more.
///
/// Both may stand beside each other for as long as it takes: of two nat chains the first one that translates a connection decides, and both
/// send it to the same endpoints. Rules that come back were written by a kube-proxy that this process cannot see: they are told, and
/// taken away again later and later.
package struct TakeOverStateMachine: Sendable {
    package enum Action: Hashable, Sendable {
        case lookAgain(after: Duration)
        case remove
    }

    /// What was found.
    package struct Sight: Hashable, Sendable {
        /// Our own rules were written.
        package var isSynced: Bool
        /// There is something of kube-proxy's.
        package var hasLeftovers: Bool
        /// How we know that a kube-proxy runs; nil: no sign of one.
        package var running: String?

        package init(isSynced: Bool, hasLeftovers: Bool, running: String? = nil) {
            self.isSynced = isSynced
            self.hasLeftovers = hasLeftovers
            self.running = running
        }
    }

    package static let soon = Duration.seconds(1)
    package static let whileRunning = Duration.seconds(5)
    package static let idle = Duration.seconds(60)
    package static let backOffMax = Duration.seconds(3600)

    private var removals = 0
    /// To be waited before what came back is removed.
    private var patience = Duration.zero
    private var told: String?

    package init() {}

    /// - Returns: What to do, and what an operator must be told, once.
    package mutating func looked(_ sight: Sight) -> (action: Action, news: String?) {
        guard sight.isSynced else { return (.lookAgain(after: Self.soon), nil) }
        guard sight.hasLeftovers else {
            told = nil
            return (.lookAgain(after: Self.idle), nil)
        }
        if let running = sight.running {
            return (.lookAgain(after: Self.whileRunning), tell("a kube-proxy runs on this node: \(running)"))
        }
        if patience > .zero {
            patience -= min(patience, Self.idle)
            return (.lookAgain(after: Self.idle), tell("rules of kube-proxy came back: one runs that cannot be seen from here"))
        }
        return (.remove, nil)
    }

    package mutating func removed() {
        removals += 1
        patience = min(Self.backOffMax, Self.idle * (1 << min(removals - 1, 6)))
        told = nil
    }

    /// - Parameter reason: In words; a table that belongs to a program that runs, for one.
    package mutating func removalFailed(_ reason: String) -> (action: Action, news: String?) {
        (.lookAgain(after: Self.whileRunning), tell(reason))
    }

    private mutating func tell(_ news: String) -> String? {
        defer { told = news }
        return told == news ? nil : news
    }
}
