/// Decides when a component that ended starts again.
///
/// Time is a `Duration` since any fixed moment; the machine owns no timer.
package struct RestartStateMachine: Hashable, Sendable {
    package enum State: Hashable, Sendable {
        /// Not wanted.
        case stopped
        /// To be started once `at` comes.
        case waiting(at: Duration)
        case running(pid: Int32, since: Duration)
        /// Asked to end; killed once `deadline` comes.
        case stopping(pid: Int32, deadline: Duration)
    }

    package enum Action: Hashable, Sendable {
        case start
        case kill(pid: Int32)
        /// Nothing before this moment.
        case wake(at: Duration)
        case nothing
    }

    package static let delayMin: Duration = .milliseconds(100)
    package static let delayMax: Duration = .seconds(10)
    /// A component that ran this long had started well: its next end is a first one.
    package static let settled: Duration = .seconds(20)

    package private(set) var state: State = .stopped
    /// Ends in a row since it last ran well.
    package private(set) var failures = 0
    package private(set) var restarts = 0

    package init() {}

    package mutating func wanted(at now: Duration) {
        guard state == .stopped else { return }
        failures = 0
        state = .waiting(at: now)
    }

    package mutating func started(pid: Int32, at now: Duration) { state = .running(pid: pid, since: now) }

    package mutating func startFailed(at now: Duration) { waitLonger(at: now) }

    /// The component is not wanted any more; it has until `deadline` to end by itself.
    /// - Returns: The process to ask, nil when none runs.
    package mutating func unwanted(deadline: Duration) -> Int32? {
        switch state {
        case .running(let pid, _):
            state = .stopping(pid: pid, deadline: deadline)
            return pid
        case .stopping(let pid, let earlier):
            state = .stopping(pid: pid, deadline: min(earlier, deadline))
            return pid
        case .waiting, .stopped:
            state = .stopped
            return nil
        }
    }

    package mutating func exited(at now: Duration) {
        switch state {
        case .running(_, let since):
            if now - since >= Self.settled { failures = 0 }
            restarts += 1
            waitLonger(at: now)
        case .stopping, .stopped, .waiting: state = .stopped
        }
    }

    package func due(at now: Duration) -> Action {
        switch state {
        case .waiting(let at): at <= now ? .start : .wake(at: at)
        case .stopping(let pid, let deadline): deadline <= now ? .kill(pid: pid) : .wake(at: deadline)
        case .running, .stopped: .nothing
        }
    }

    package var pid: Int32? {
        switch state {
        case .running(let pid, _), .stopping(let pid, _): pid
        case .stopped, .waiting: nil
        }
    }

    private mutating func waitLonger(at now: Duration) {
        let delay = Self.delayMin * (1 << min(failures, 10))
        failures += 1
        state = .waiting(at: now + min(delay, Self.delayMax))
    }
}
