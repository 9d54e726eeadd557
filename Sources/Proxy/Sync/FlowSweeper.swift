import ControlLoop
import Logging
import NFTables
import NetworkTypes
import Synchronization

/// Forgets flows that a commit made stale, beside the syncs: a walk through a large connection table must not hold up rules.
final class FlowSweeper: Sendable {
    /// Selectors that wait; further ones are dropped and logged, their flows end by themselves.
    static let selectorsMax = 100_000

    private let flows: any FlowCleaner
    private let logger: Logger
    private let recorder: ProxyRecorder?
    private let signal = WakeSignal()
    private let waiting = Mutex<Set<FlowSelector>>([])

    init(flows: any FlowCleaner, logger: Logger, recorder: ProxyRecorder?) {
        self.flows = flows
        self.logger = logger
        self.recorder = recorder
    }

    func add(_ selectors: [FlowSelector]) {
        guard !selectors.isEmpty else { return }
        let isFull = waiting.withLock { waiting in
            for selector in selectors {
                if waiting.count >= Self.selectorsMax { return true }
                waiting.insert(selector)
            }
            return false
        }
        if isFull { logger.error("too many stale flows to forget", metadata: ["count": "\(selectors.count)"]) }
        signal.wake()
    }

    /// Returns only by cancellation.
    func run() async throws {
        while true {
            await signal.wait()
            try Task.checkCancellation()
            await sweep()
        }
    }

    /// A flow that stays is an annoyance, not an error of the rules: it is logged, and the sync counts as done.
    func sweep() async {
        let selectors = waiting.withLock { waiting in
            defer { waiting = [] }
            return waiting
        }
        guard !selectors.isEmpty else { return }
        let start = ContinuousClock.now
        do throws(ApplyError) {
            try await flows.deleteFlows(Array(selectors))
            for family in Set(selectors.map(\.replySource.family)) { recorder?.flowsCleaned(family, duration: .now - start) }
            logger.debug("deleted stale flows", metadata: ["selectors": "\(selectors.count)"])
        } catch {
            logger.error("stale flows not deleted", metadata: ["error": "\(error)", "errno": "\(error.errno)"])
        }
    }
}
