import API
import ControlLoop
import Logging
import NFTables
import NetworkTypes
import Synchronization

/// Follows connections while a Service asks for ejection of endpoints that fail, and has the Services computed again whose endpoints are
/// ejected or come back.
final class EjectionWatch: Sendable {
    /// How often attempts to connect are gone through.
    private static let interval = Duration.milliseconds(250)
    private static let retryInterval = Duration.seconds(10)

    private let state = Mutex(EjectionStateMachine<ContinuousClock.Instant>())
    private let signal = WakeSignal()
    private let recorder: ProxyRecorder?
    private let logger: Logger

    init(recorder: ProxyRecorder?, logger: Logger) {
        self.recorder = recorder
        self.logger = logger
    }

    /// Writes into each change which endpoints are ejected.
    func apply(to changes: inout [ServiceChange], at now: ContinuousClock.Instant) {
        let needsReports = state.withLock { state in
            // Most nodes have no such Service, and say nothing about it.
            if state.isIdle, changes.allSatisfy({ $0.service?.options.ejection == nil }) { return false }
            for index in changes.indices { state.apply(to: &changes[index], at: now) }
            recorder?.ejectionIsAsked(state.ejectedCounts)
            return state.needsReports
        }
        if needsReports { signal.wake() }
    }

    /// - Returns: Services to be computed again.
    func timePassed(to now: ContinuousClock.Instant) -> Set<NamespacedName> {
        let news = state.withLock { state in
            if state.isIdle { return EjectionNews() }
            state.timePassed(to: now)
            return settle(&state, at: now)
        }
        tell(news)
        return news.changed
    }

    private func settle(
        _ state: inout EjectionStateMachine<ContinuousClock.Instant>, at now: ContinuousClock.Instant
    ) -> EjectionNews {
        let news = state.settle(at: now)
        if !news.isEmpty { recorder?.ejectionsChanged(news, ejected: state.ejectedCounts) }
        return news
    }

    /// Returns only by cancellation.
    ///
    /// - Parameter changed: Called with Services to be computed again.
    func run(_ monitor: any ConnectionMonitor, changed: (Set<NamespacedName>) -> Void) async throws {
        var told = Told()
        while true {
            await signal.wait()
            try Task.checkCancellation()
            guard needsReports else { continue }
            do throws(ApplyError) {
                try await monitor.start()
                while needsReports, !Task.isCancelled { try await look(monitor, &told, changed) }
                await monitor.stop()
            } catch {
                await monitor.stop()
                if told.errors.insert(error).inserted {
                    logger.error(
                        "connections not watched, no endpoint is ejected",
                        metadata: ["error": "\(error)", "errno": "\(error.errno)"])
                }
                try await ContinuousClock().sleep(for: Self.retryInterval)
                signal.wake()
            }
            try Task.checkCancellation()
        }
    }

    private var needsReports: Bool { state.withLock { $0.needsReports } }

    /// What was logged before.
    private struct Told {
        var errors: Set<ApplyError> = []
        var isIncomplete = false
    }

    private func look(
        _ monitor: any ConnectionMonitor, _ told: inout Told, _ changed: (Set<NamespacedName>) -> Void
    ) async throws(ApplyError) {
        let reported = try await monitor.news(within: Self.interval)
        if reported.isIncomplete {
            recorder?.connectionsMissed()
            if !told.isIncomplete {
                told.isIncomplete = true
                logger.info("more connections than are watched: ejection goes by a part of them")
            }
        }
        let flows = state.withLock { state in
            let now = ContinuousClock.now
            state.connectionsReported(reported.events, at: now)
            return state.flowsToLookAt(at: now)
        }
        let found = try await monitor.look(at: flows)
        let news = state.withLock { state in
            let now = ContinuousClock.now
            for (flow, found) in zip(flows, found) { state.lookedAt(flow, found: found, at: now) }
            return settle(&state, at: now)
        }
        tell(news)
        if !news.changed.isEmpty { changed(news.changed) }
    }

    private func tell(_ news: EjectionNews) {
        for event in news.events {
            switch event {
            case .ejected(let service, let backend, let ejection):
                logger.info(
                    "endpoint ejected",
                    metadata: [
                        "service": "\(service)", "key": "\(backend.text)", "error": "\(ejection.text)",
                        "duration": "\(ejection.seconds) s",
                    ])
            case .returned(let service, let backend):
                logger.info("endpoint is back", metadata: ["service": "\(service)", "key": "\(backend.text)"])
            case .withheld(let service, let backend, let reason):
                logger.info(
                    "endpoint fails and is not ejected",
                    metadata: ["service": "\(service)", "key": "\(backend.text)", "error": "\(reason.rawValue)"])
            }
        }
    }
}
