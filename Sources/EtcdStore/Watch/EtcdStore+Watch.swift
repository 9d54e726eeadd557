import GRPC
import Logging
package import Store
import Synchronization

extension EtcdStore {
    private static let probeInterval: Duration = .seconds(1)
    private static let probeTimeout: Duration = .seconds(3)
    /// Also how long a write may wait for its event after a new leader was found.
    private static let backoffMax: Duration = .milliseconds(200)

    /// Follows the cluster for as long as the task runs; nothing is observed and no write returns soon without it.
    ///
    /// - Throws: `compacted` when history was forgotten that this process had not seen, `historyWentBack` when the cluster is not
    ///   the one it was: whoever runs this must begin again with everything read anew.
    package func run() async throws {
        defer { fanout.close() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            let current = WatchedMember()
            group.addTask { try await self.follow(current) }
            group.addTask { try await self.keepAwake(current) }
            try await group.next()
            group.cancelAll()
        }
    }

    private func follow(_ current: WatchedMember) async throws {
        var backoff: Duration = .milliseconds(50)
        var failures = 0
        while true {
            let before = fanout.position
            do throws(StoreError) {
                try await watchOnce(current)
            } catch {
                if error.endsFollowing { throw error }
                // Once per loss: it is tried again several times a second.
                logger.log(
                    level: failures == 0 ? .warning : .debug, "lost the watch on etcd",
                    metadata: ["reason": "\(error)", "revision": "\(fanout.position)"])
            }
            try Task.checkCancellation()
            failures = fanout.position > before ? 0 : failures + 1
            backoff = failures == 0 ? .milliseconds(50) : min(backoff * 2, Self.backoffMax)
            try await environment.sleep(backoff)
        }
    }

    /// One watch from where we are until it ends.
    private func watchOnce(_ current: WatchedMember) async throws(StoreError) {
        let start = fanout.position
        try await read(from: start, current) { response, events throws(StoreError) in
            if response.isCreated, response.header.revision < start.value {
                throw .historyWentBack(seen: start, found: Revision(response.header.revision))
            }
            guard let last = events.last else { return true }
            for event in events where event.key.utf8.elementsEqual(EtcdKeys.compaction) {
                if let number = event.value.flatMap({ Int64(String(decoding: $0, as: UTF8.self)) }) {
                    fanout.noteCompaction(Revision(number))
                }
            }
            fanout.publish(events, through: last.revision)
            return true
        }
    }

    /// Reads a watch that begins after `revision`; `take` gets whole revisions in order and says whether to go on.
    private func read(
        from revision: Revision, _ current: WatchedMember?,
        _ take: (WatchResponse, [StoreEvent]) throws(StoreError) -> Bool
    ) async throws(StoreError) {
        func failure(_ error: GRPCError) -> StoreError {
            StoreError(error, cluster: cluster.description, current: fanout.position, compacted: fanout.compacted)
        }
        let stream: GRPCStream
        let member: Int
        do throws(GRPCError) {
            (stream, member) = try await cluster.watch(from: revision.next)
        } catch {
            throw failure(error)
        }
        current?.set(member)
        defer { stream.cancel() }
        var pending: [StoreEvent] = []
        do {
            for try await message in stream.messages {
                let response = try WatchResponse(message[...])
                if response.isCanceled { throw cancellation(response, member) }
                pending += response.events.map(StoreEvent.init)
                if response.isFragment { continue }
                let events = pending
                pending = []
                guard try take(response, events) else { return }
            }
        } catch let error as StoreError {
            throw error
        } catch let error as GRPCError {
            if error.code == .unavailable { cluster.moveOn(from: member) }
            throw failure(error)
        } catch {
            throw .failed(code: 0, message: "etcd at \(cluster.description): unreadable watch")
        }
        throw .unavailable("etcd at \(cluster.description) ended the watch")
    }

    private func cancellation(_ response: WatchResponse, _ member: Int) -> StoreError {
        if response.compactRevision != 0 {
            fanout.noteCompaction(Revision(response.compactRevision))
            return .compacted(Revision(response.compactRevision))
        }
        if response.cancelReason.contains("permission denied") {
            return .denied(
                "etcd at \(cluster.description) does not let this server watch all keys (\(response.cancelReason)): give its user"
                    + " the root role")
        }
        cluster.moveOn(from: member)
        return .unavailable("etcd at \(cluster.description) cancelled the watch: \(response.cancelReason)")
    }

    /// Finds out when a member that is relied on is silent because it is gone, and lets go who waits too long.
    private func keepAwake(_ current: WatchedMember) async throws {
        while true {
            try await environment.sleep(Self.probeInterval)
            fanout.expire(now: environment.monotonic())
            let preferred = cluster.preferred.withLock { $0 }
            if let member = current.get(), member != preferred { await cluster.probe(member, timeout: Self.probeTimeout) }
            // Another one leads by now, or does not know yet that it does.
            if let status = await cluster.probe(preferred, timeout: Self.probeTimeout), !status.isLeader {
                await cluster.preferLeader()
            }
        }
    }

    package func events(
        prefix: String, after: Revision, through: Revision, limit: Int
    ) async throws(StoreError) -> [StoreEvent] {
        guard after >= compactedRevision else { throw .compacted(compactedRevision) }
        let end = min(through, fanout.position)
        var found: [StoreEvent] = []
        guard after < end, limit > 0 else { return [] }
        try await read(from: after, nil) { _, events in
            for event in events where event.revision <= end && event.key.utf8.starts(with: prefix.utf8) {
                if found.count < limit { found.append(event) }
            }
            return found.count < limit && (events.last?.revision ?? after) < end
        }
        return found
    }

    package func observe(
        prefix: String, after: Revision, _ deliver: @escaping @Sendable ([StoreEvent]) -> Void
    ) async throws(StoreError) -> StoreObservation {
        let observer = FanoutObserver(prefix: prefix, after: after, deliver)
        let (observation, position) = fanout.attach(observer)
        do throws(StoreError) {
            observer.begin(with: try await events(prefix: prefix, after: after, through: position, limit: Int.max))
        } catch {
            observation.cancel()
            throw error
        }
        return observation
    }
}

extension StoreError {
    /// Trying again would not help.
    fileprivate var endsFollowing: Bool {
        switch self {
        case .compacted, .historyWentBack: true
        default: false
        }
    }
}
