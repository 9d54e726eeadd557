import API
import CRI

/// What the runtime holds for one pod at one moment.
struct PodObservation: Hashable, Sendable {
    /// Newest first.
    var sandboxes: [PodSandbox]
    /// Addresses of the newest sandbox; empty for the node's network.
    var addresses: [String]
    /// Every container, newest first.
    var containers: [ObservedContainer]

    static let nothing = PodObservation(sandboxes: [], addresses: [], containers: [])

    var isEmpty: Bool { sandboxes.isEmpty && containers.isEmpty }
    var sandbox: PodSandbox? { sandboxes.first }
    var readySandbox: PodSandbox? { sandbox.flatMap { $0.isReady ? $0 : nil } }
    var running: [ObservedContainer] { containers.filter { $0.status.state == .running } }

    /// The newest container of a name, in any sandbox.
    func latest(_ name: String) -> ObservedContainer? { containers.first { $0.status.name == name } }

    /// The one before the newest.
    func previous(_ name: String) -> ObservedContainer? { containers.lazy.filter { $0.status.name == name }.dropFirst().first }
}

/// A container and the sandbox it belongs to.
struct ObservedContainer: Hashable, Sendable {
    var sandbox: String
    var status: RuntimeContainerStatus
    /// What the container wrote to its termination message file, if it has ended.
    var terminationMessage = ""

    var id: String { status.id }
    var isRunning: Bool { status.state == .running }
    var hasEnded: Bool { status.state == .exited || status.state == .unknown }
}

extension Timestamp {
    /// From the runtime's nanoseconds; nil for zero.
    init?(runtimeNanoseconds nanos: Int64) {
        guard nanos > 0 else { return nil }
        self.init(seconds: nanos / 1_000_000_000, nanoseconds: Int32(nanos % 1_000_000_000))
    }
}
