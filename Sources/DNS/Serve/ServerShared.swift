import API
import Glibc
import Logging
import NetworkTypes
import Synchronization

/// What the serving threads have in common.
final class ServerShared: Sendable {
    let responder: Responder
    let builder: ReplyBuilder
    let board: ModelBoard
    let forwarder: Forwarder
    let log: QueryLog
    let isStopping = Atomic(false)
    /// Nobody else has the sockets: what waits in them at the end is lost with them.
    let ownsSockets: Bool
    let logger: Logger

    init(
        responder: Responder, board: ModelBoard, forwarder: Forwarder, log: QueryLog, ownsSockets: Bool, logger: Logger
    ) {
        self.ownsSockets = ownsSockets
        self.responder = responder
        builder = ReplyBuilder(responder)
        self.board = board
        self.forwarder = forwarder
        self.log = log
        self.logger = logger
    }

    /// Answers from the cache or at once with a failure; nil: the forwarding thread has taken the question over.
    func settle(
        _ waiter: ForwardTable.Waiter, _ buffer: UnsafeMutableRawBufferPointer, _ writer: inout MessageWriter
    ) -> (bytes: Int, code: ResponseCode, source: AnswerSource)? {
        let (hit, target) = forwarder.cached(waiter.job)
        if let hit {
            if case .completion = waiter.job.purpose { forwarder.metrics.completed() }
            let (bytes, code) = builder.write(
                waiter.job, hit.answer, target: target, age: hit.age, isStale: hit.isStale, into: buffer, &writer)
            return (bytes, code, AnswerSource(waiter.job.purpose, isCached: true))
        }
        if target < waiter.job.targets.count {
            var waiter = waiter
            waiter.target = target
            if forwarder.submit(waiter) { return nil }
        }
        let (bytes, code) = builder.writeFailure(waiter.job, into: buffer, &writer)
        return (bytes, code, AnswerSource(failed: waiter.job.purpose))
    }
}

/// One line per question, when somebody wants to see them.
package final class QueryLog: Sendable {
    private let isWanted: Atomic<Bool>
    private let logger: Logger

    init(isOn: Bool, logger: Logger) {
        isWanted = Atomic(isOn)
        self.logger = logger
    }

    package var isOn: Bool { isWanted.load(ordering: .relaxed) }

    /// Returns whether it is on afterwards.
    package func toggle() -> Bool {
        let now = !isOn
        isWanted.store(now, ordering: .relaxed)
        return now
    }

    func answered(_ request: Request, _ client: Client, _ model: DNSModel, _ code: ResponseCode, nanoseconds: UInt64) {
        logger.info(
            "query",
            metadata: [
                "client": "\(client.address)", "pod": "\(model.pods.name(client.address)?.description ?? "-")",
                "proto": client.transport == .udp ? "udp" : "tcp", "name": "\(request.name.name)", "type": "\(request.type)",
                "rcode": "\(code)", "duration": "\(Duration.nanoseconds(Int64(clamping: nanoseconds)))",
            ])
    }

    func forwarded(_ job: ForwardJob, _ client: Client, _ model: DNSModel) {
        logger.info(
            "query",
            metadata: [
                "client": "\(client.address)", "pod": "\(model.pods.name(client.address)?.description ?? "-")",
                "proto": client.transport == .udp ? "udp" : "tcp", "name": "\(job.name)", "type": "\(job.type)",
                "asks": "\(job.targets.map(\.description).joined(separator: " "))",
            ])
    }

    func settled(_ waiter: ForwardTable.Waiter, _ code: ResponseCode, nanoseconds: UInt64) {
        logger.info(
            "forwarded",
            metadata: [
                "client": "\(waiter.client)", "name": "\(waiter.job.name)", "type": "\(waiter.job.type)", "rcode": "\(code)",
                "duration": "\(Duration.nanoseconds(Int64(clamping: nanoseconds)))",
            ])
    }
}
