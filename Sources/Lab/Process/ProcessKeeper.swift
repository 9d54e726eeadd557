import CLinux
import Glibc
package import Logging

/// Keeps programs running from one thread: starts them, reaps what ended, starts it again after a pause.
///
/// Used by a node's pid 1 and by the cluster's supervisor. Not Sendable on purpose: everything happens in `run`'s loop.
package final class ProcessKeeper {
    /// A program to keep.
    package struct Component {
        package let name: String
        /// How long it may take to end after SIGTERM.
        package let grace: Duration
        /// Makes ready what the program needs and says how to start it; called before each start.
        package let prepare: () throws -> ProcessRequest
        /// Clears away what a run left; called after each end.
        package let cleanUp: () -> Void

        package init(
            name: String, grace: Duration = .seconds(5), cleanUp: @escaping () -> Void = {},
            prepare: @escaping () throws -> ProcessRequest
        ) {
            self.name = name
            self.grace = grace
            self.prepare = prepare
            self.cleanUp = cleanUp
        }
    }

    private struct Kept {
        var component: Component
        var machine = RestartStateMachine()
        var lastError: String?
    }

    /// What `status` tells about one component.
    package struct Report: Hashable, Sendable {
        package var name: String
        package var pid: Int32?
        package var restarts: Int
        package var isWanted: Bool
        package var lastError: String?
    }

    private var kept: [Kept] = []
    private let log: Logger
    private let signals: Int32
    private let start = ContinuousClock.now

    /// Blocks the signals that `run` handles; call it before any thread exists.
    package init(log: Logger) throws(SystemError) {
        self.log = log
        let handled = [SIGCHLD, SIGTERM, SIGINT, SIGHUP]
        signals = skiff_signal_descriptor(handled, Int32(handled.count))
        guard signals >= 0 else { throw SystemError("signalfd", errno: -signals) }
    }

    private var now: Duration { ContinuousClock.now - start }

    package func add(_ component: Component) {
        kept.append(Kept(component: component))
        kept[kept.count - 1].machine.wanted(at: now)
    }

    package func want(_ name: String) {
        guard let index = index(of: name) else { return }
        kept[index].machine.wanted(at: now)
    }

    /// Asks a component to end; `immediately` is a power cut.
    package func stop(_ name: String, immediately: Bool = false) {
        guard let index = index(of: name) else { return }
        let grace = immediately ? .zero : kept[index].component.grace
        guard let pid = kept[index].machine.unwanted(deadline: now + grace) else { return }
        kill(pid, immediately ? SIGKILL : SIGTERM)
    }

    package var reports: [Report] {
        kept.map {
            Report(
                name: $0.component.name, pid: $0.machine.pid, restarts: $0.machine.restarts,
                isWanted: $0.machine.state != .stopped, lastError: $0.lastError)
        }
    }

    package func pid(of name: String) -> Int32? { index(of: name).flatMap { kept[$0].machine.pid } }

    /// Turns the wheel until `until` is true, for callers that must wait in the middle of something.
    package func turn(until done: () -> Bool) {
        while !done() { _ = wait(for: []) }
    }

    /// Runs until a signal asks to end, or `onReadable` says so.
    ///
    /// - Parameters:
    ///   - descriptors: Watched beside the children.
    ///   - onReadable: Called with a readable descriptor; true ends the loop.
    package func run(watching descriptors: [Int32] = [], onReadable: (Int32) -> Bool = { _ in false }) {
        while true {
            let (readable, asksToEnd) = wait(for: descriptors)
            if asksToEnd { return }
            for descriptor in readable where onReadable(descriptor) { return }
        }
    }

    /// Stops every component, last added first, and returns when all are gone.
    package func stopAll() {
        for component in kept.reversed() {
            let name = component.component.name
            stop(name)
            turn { self.pid(of: name) == nil }
        }
    }

    private func index(of name: String) -> Int? { kept.firstIndex { $0.component.name == name } }

    /// Does what is due, then sleeps until something happens.
    private func wait(for descriptors: [Int32]) -> (readable: [Int32], asksToEnd: Bool) {
        let wake = performDue()
        var polls = ([signals] + descriptors).map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        let milliseconds = wake.map { max(0, ($0 - now) / .milliseconds(1)).rounded(.up) }
        guard poll(&polls, nfds_t(polls.count), milliseconds.map { Int32(min($0, 60_000)) } ?? -1) > 0 else {
            return ([], false)
        }
        var asksToEnd = false
        while true {
            let signal = skiff_read_signal(signals)
            guard signal > 0 else { break }
            if signal == SIGTERM || signal == SIGINT { asksToEnd = true }
        }
        reap()
        return (polls.dropFirst().filter { $0.revents != 0 }.map(\.fd), asksToEnd)
    }

    /// - Returns: When the next thing is due.
    private func performDue() -> Duration? {
        var wake: Duration?
        for index in kept.indices {
            switch kept[index].machine.due(at: now) {
            case .start: start(index)
            case .kill(let pid): kill(pid, SIGKILL)
            case .wake, .nothing: break
            }
            if case .wake(let at) = kept[index].machine.due(at: now) { wake = min(at, wake ?? at) }
        }
        return wake
    }

    private func start(_ index: Int) {
        let component = kept[index].component
        do {
            let pid = try component.prepare().start()
            kept[index].machine.started(pid: pid, at: now)
            kept[index].lastError = nil
            log.info("started", metadata: ["component": "\(component.name)", "pid": "\(pid)"])
        } catch {
            kept[index].machine.startFailed(at: now)
            kept[index].lastError = "\(error)"
            log.error("cannot start", metadata: ["component": "\(component.name)", "error": "\(error)"])
            component.cleanUp()
        }
    }

    /// Reaps every child that ended, orphans handed to this process among them.
    private func reap() {
        while true {
            var status: Int32 = 0
            let pid = waitpid(-1, &status, WNOHANG)
            guard pid > 0 else { return }
            guard let index = kept.firstIndex(where: { $0.machine.pid == pid }) else { continue }
            let exit = ProcessExit(waitStatus: status)
            kept[index].machine.exited(at: now)
            let name = kept[index].component.name
            if kept[index].machine.state == .stopped {
                log.info("stopped", metadata: ["component": "\(name)", "exit": "\(exit)"])
            } else {
                kept[index].lastError = "\(exit)"
                log.error("ended, will start again", metadata: ["component": "\(name)", "exit": "\(exit)"])
            }
            kept[index].component.cleanUp()
        }
    }
}
