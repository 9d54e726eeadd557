import Synchronization

/// How far the server is in its life, as its health checks tell it.
package final class ServerLifecycle: Sendable {
    private struct State {
        var finishedHooks: Set<Hook> = []
        var isShuttingDown = false
    }

    /// Work after the start that must be done before the server is ready.
    package enum Hook: String, Hashable, Sendable, CaseIterable {
        case systemNamespaces = "poststarthook/start-system-namespaces-controller"
        case roles = "poststarthook/rbac/bootstrap-roles"
    }

    private let state = Mutex(State())

    package init() {}

    package func finish(_ hook: Hook) { state.withLock { _ = $0.finishedHooks.insert(hook) } }
    /// Makes `/readyz` fail, so that clients go elsewhere while the server ends.
    package func beginShutdown() { state.withLock { $0.isShuttingDown = true } }

    func isFinished(_ hook: Hook) -> Bool { state.withLock { $0.finishedHooks.contains(hook) } }
    var isShuttingDown: Bool { state.withLock(\.isShuttingDown) }
}
