package import Logging
import Synchronization

/// The store on disk: an SQLite file in WAL mode with full synchronisation, one writing thread and one reading thread.
///
/// Writers that wait at the same moment share one transaction (group commit), so durability costs one `fsync` per group.
package final class SQLiteStore: Store {
    private enum Job: Sendable {
        case write(StoreWrite, CheckedContinuation<Result<Revision, StoreError>, Never>)
        case observe(
            prefix: String, after: Revision, deliver: @Sendable ([StoreEvent]) -> Void,
            CheckedContinuation<Result<StoreObservation, StoreError>, Never>)
        case compact(Revision, CheckedContinuation<Result<Void, StoreError>, Never>)
        /// The result says whether there is more to do.
        case expire(now: Int64, CheckedContinuation<Result<Bool, StoreError>, Never>)
    }

    private struct Positions {
        var current: Revision
        var compacted: Revision
    }

    /// Writes in one transaction at most.
    private static let groupWritesMax = 512

    private let jobs = BlockingQueue<Job>()
    private let reads = BlockingQueue<@Sendable (LogQueries) -> Void>()
    private let hub = WatchHub()
    private let positions: Mutex<Positions>
    private let finished: EventBuffer<Never>
    private let now: @Sendable () -> Int64

    /// Opens or creates the file.
    ///
    /// - Parameters:
    ///   - pageCountMax: The largest size of the file in pages of 4 KiB; nil: the disk's size.
    ///   - renames: Applied once to a file that still has its keys in the places of version 1.
    ///   - now: Unix seconds, for keys that go by themselves.
    package init(
        path: String, pageCountMax: Int? = nil, renames: [KeyRename] = [],
        now: @escaping @Sendable () -> Int64 = StoreClock.seconds, logger: Logger = Logger(label: "store")
    ) throws(StoreError) {
        self.now = now
        let lock = try FileLock(path: path)
        let connection = try SQLiteConnection(path: path, readOnly: false)
        try Schema.configureWriter(connection, pageCountMax: pageCountMax)
        try Schema.prepare(connection, renames: renames)
        let writer = try LogWriter(connection, path: path)
        positions = Mutex(Positions(current: writer.revision, compacted: writer.compacted))
        finished = EventBuffer(countMax: 1)
        let reader = try SQLiteConnection(path: path, readOnly: true)
        try Schema.configureReader(reader)
        // SAFETY: each connection is used only on the thread it is handed to here.
        nonisolated(unsafe) let ownedWriter = (writer, connection)
        nonisolated(unsafe) let ownedReader = reader
        let readerEnded = BlockingQueue<Void>()
        startThread { [jobs, hub, finished, weak self] in
            let (writer, connection) = ownedWriter
            while let group = jobs.take(countMax: Self.groupWritesMax) {
                Self.perform(group, writer, connection, hub, logger) { positions in
                    self?.positions.withLock { $0 = positions }
                }
            }
            // The lock goes last: whoever has it next finds no connection of ours on the file.
            _ = readerEnded.take(countMax: 1)
            connection.close()
            lock.release()
            finished.close()
        }
        startThread { [reads] in
            while let group = reads.take(countMax: 16) {
                for read in group { read(LogQueries(connection: ownedReader)) }
            }
            ownedReader.close()
            _ = readerEnded.append(())
        }
    }

    deinit {
        jobs.close()
        reads.close()
    }

    package var currentRevision: Revision { positions.withLock(\.current) }
    package var compactedRevision: Revision { positions.withLock(\.compacted) }

    package func create(
        _ key: String, _ value: [UInt8], expiresAfter: Duration?
    ) async throws(StoreError) -> Revision {
        let endsAt = expiresAfter == nil ? nil : ExpirySweep.end(now: now(), expiresAfter)
        return try await write(StoreWrite(key: key, kind: .create(value, endsAt: endsAt)))
    }

    package func update(
        _ key: String, _ value: [UInt8], expected: Revision, expiresAfter: Duration?
    ) async throws(StoreError) -> Revision {
        let endsAt = expiresAfter == nil ? nil : ExpirySweep.end(now: now(), expiresAfter)
        return try await write(StoreWrite(key: key, kind: .update(value, expected: expected, endsAt: endsAt)))
    }

    package func runExpiry(sleep: @Sendable (Duration) async throws -> Void) async throws {
        while true {
            while (try? await expire()) == true {}
            try await sleep(ExpirySweep.interval)
        }
    }

    /// Removes one step of the keys whose time is over; true when there may be more.
    func expire() async throws(StoreError) -> Bool {
        let now = now()
        return try await submit { .expire(now: now, $0) }
    }

    package func delete(_ key: String, expected: Revision?) async throws(StoreError) -> Revision {
        try await write(StoreWrite(key: key, kind: .delete(expected: expected)))
    }

    private func write(_ write: StoreWrite) async throws(StoreError) -> Revision {
        try await submit { .write(write, $0) }
    }

    package func observe(
        prefix: String, after: Revision, _ deliver: @escaping @Sendable ([StoreEvent]) -> Void
    ) async throws(StoreError) -> StoreObservation {
        try await submit { .observe(prefix: prefix, after: after, deliver: deliver, $0) }
    }

    package func compact(through revision: Revision) async throws(StoreError) {
        let current = currentRevision
        guard revision <= current else { throw StoreError.futureRevision(current: current) }
        try await submit { .compact(revision, $0) } as Void
    }

    private func submit<Value: Sendable>(
        _ job: (CheckedContinuation<Result<Value, StoreError>, Never>) -> Job
    ) async throws(StoreError) -> Value {
        let result = await withCheckedContinuation { continuation in
            if !jobs.append(job(continuation)) { continuation.resume(returning: .failure(.closed)) }
        }
        return try result.get()
    }

    package func get(_ key: String) async throws(StoreError) -> StoredValue? {
        try await read { queries throws(StoreError) in try queries.current(key) }
    }

    package func range(_ range: KeyRange) async throws(StoreError) -> RangeResult {
        try await read { queries throws(StoreError) in try queries.range(range) }
    }

    package func events(
        prefix: String, after: Revision, through: Revision, limit: Int
    ) async throws(StoreError) -> [StoreEvent] {
        try await read { queries throws(StoreError) in
            try queries.events(prefix: prefix, after: after, through: through, limit: limit)
        }
    }

    private func read<Value: Sendable>(
        _ body: @escaping @Sendable (LogQueries) throws(StoreError) -> Value
    ) async throws(StoreError) -> Value {
        let result: Result<Value, StoreError> = await withCheckedContinuation { continuation in
            let accepted = reads.append { queries in
                do throws(StoreError) {
                    continuation.resume(returning: .success(try body(queries)))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
            if !accepted { continuation.resume(returning: .failure(.closed)) }
        }
        return try result.get()
    }

    package func close() async {
        jobs.close()
        reads.close()
        _ = await finished.next()
        hub.detachAll()
    }
}

// What the writing thread does.
extension SQLiteStore {
    private static func perform(
        _ group: [Job], _ writer: LogWriter, _ connection: SQLiteConnection, _ hub: WatchHub, _ logger: Logger,
        report: (Positions) -> Void
    ) {
        var writes: [(StoreWrite, CheckedContinuation<Result<Revision, StoreError>, Never>)] = []
        func flush() {
            commit(writes, writer, hub, logger, report: report)
            writes = []
        }
        for job in group {
            switch job {
            case .write(let write, let continuation): writes.append((write, continuation))
            case .observe(let prefix, let after, let deliver, let continuation):
                flush()
                continuation.resume(returning: attach(prefix, after, deliver, writer, connection, hub))
            case .compact(let revision, let continuation):
                flush()
                continuation.resume(returning: compact(through: revision, writer, report: report))
            case .expire(let now, let continuation):
                flush()
                continuation.resume(returning: expire(now, writer, hub, report: report))
            }
        }
        flush()
    }

    /// One transaction for all; a write that fails its own condition fails alone, a failed commit fails every one.
    private static func commit(
        _ writes: [(StoreWrite, CheckedContinuation<Result<Revision, StoreError>, Never>)], _ writer: LogWriter,
        _ hub: WatchHub, _ logger: Logger, report: (Positions) -> Void
    ) {
        guard !writes.isEmpty else { return }
        var results: [Result<Revision, StoreError>] = []
        var events: [StoreEvent] = []
        do throws(StoreError) {
            try writer.begin()
            for (write, _) in writes {
                do throws(StoreError) {
                    let event = try writer.apply(write)
                    events.append(event)
                    results.append(.success(event.revision))
                } catch {
                    guard error.isRefusalOfOneWrite else { throw error }
                    results.append(.failure(error))
                }
            }
            if events.isEmpty { writer.rollback() } else { try writer.commit() }
        } catch {
            writer.rollback()
            logger.error("store refused writes", metadata: ["reason": "\(error)", "writes": "\(writes.count)"])
            for (_, continuation) in writes { continuation.resume(returning: .failure(error)) }
            return
        }
        if !events.isEmpty {
            report(Positions(current: writer.revision, compacted: writer.compacted))
            hub.publish(events)
        }
        for ((_, continuation), result) in zip(writes, results) { continuation.resume(returning: result) }
    }

    private static func expire(
        _ now: Int64, _ writer: LogWriter, _ hub: WatchHub, report: (Positions) -> Void
    ) -> Result<Bool, StoreError> {
        do throws(StoreError) {
            let events = try writer.expireStep(now: now)
            if !events.isEmpty {
                report(Positions(current: writer.revision, compacted: writer.compacted))
                hub.publish(events)
            }
            return .success(events.count == ExpirySweep.step)
        } catch {
            writer.rollback()
            return .failure(error)
        }
    }

    private static func attach(
        _ prefix: String, _ after: Revision, _ deliver: @escaping @Sendable ([StoreEvent]) -> Void, _ writer: LogWriter,
        _ connection: SQLiteConnection, _ hub: WatchHub
    ) -> Result<StoreObservation, StoreError> {
        do throws(StoreError) {
            let old = try LogQueries(connection: connection).events(
                prefix: prefix, after: after, through: writer.revision, limit: Int.max)
            if !old.isEmpty { deliver(old) }
            return .success(hub.attach(prefix: prefix, deliver))
        } catch {
            return .failure(error)
        }
    }

    private static func compact(
        through revision: Revision, _ writer: LogWriter, report: (Positions) -> Void
    ) -> Result<Void, StoreError> {
        do throws(StoreError) {
            while try !writer.compactStep(through: revision) {}
            report(Positions(current: writer.revision, compacted: writer.compacted))
            return .success(())
        } catch {
            return .failure(error)
        }
    }
}

extension StoreError {
    /// The write's own condition did not hold; the others of its transaction are not concerned.
    fileprivate var isRefusalOfOneWrite: Bool {
        switch self {
        case .keyExists, .keyNotFound, .revisionMismatch: true
        default: false
        }
    }
}
