import API

/// Turns single results of one probe into its verdict.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/kubelet/prober/worker.go`, `doProbe`.
struct ProbeStateMachine: Hashable, Sendable {
    enum Kind: String, Hashable, Sendable {
        case startup = "Startup"
        case readiness = "Readiness"
        case liveness = "Liveness"
    }

    enum Result: Hashable, Sendable { case success, failure }

    let kind: Kind
    private let successThreshold: Int64
    private let failureThreshold: Int64
    private var lastResult: Result?
    private var count: Int64 = 0
    /// Nil: not decided yet.
    private(set) var verdict: Result?

    init(kind: Kind, probe: Probe) {
        self.kind = kind
        successThreshold = probe.successThreshold
        failureThreshold = probe.failureThreshold
        // Before the first decision a container counts as alive and as not ready.
        verdict = kind == .liveness ? .success : kind == .readiness ? .failure : nil
    }

    /// Returns true when the verdict is another one than before.
    mutating func completed(_ result: Result) -> Bool {
        if lastResult == result {
            count += 1
        } else {
            lastResult = result
            count = 1
        }
        guard count >= (result == .success ? successThreshold : failureThreshold), verdict != result else { return false }
        verdict = result
        return true
    }

    /// A startup probe that has succeeded is done; one that has failed waits for the restart, as liveness does.
    var isDone: Bool {
        switch kind {
        case .startup: verdict != nil
        case .liveness: verdict == .failure
        case .readiness: false
        }
    }
}
