import GRPC
import Synchronization

/// Whether a write may be sent, after a member has failed.
///
/// A member that has not noticed yet that the leader is gone sends it every write, where it is lost; etcd answers such a write only when
/// its own limit is over (7 s with its usual timing). So after a failure writes wait until a read has shown that there is a leader.
struct LeaderDoubt {
    typealias Waiter = CheckedContinuation<Void, Never>

    /// Times that a member has failed, and how many of them lie before the last answer of the cluster as a whole.
    private(set) var failures = 0
    private var settled = 0
    private var isAsking = false
    private var waiting: [Waiter] = []

    mutating func memberFailed() { failures += 1 }

    enum Turn: Hashable {
        case send, ask, wait
    }

    /// What a write is to do now. Who is told to ask says later what came of it.
    mutating func writeComes() -> Turn {
        guard failures > settled else { return .send }
        guard !isAsking else { return .wait }
        isAsking = true
        return .ask
    }

    /// False: the asking is over, look again.
    mutating func waits(_ waiter: Waiter) -> Bool {
        guard isAsking else { return false }
        waiting.append(waiter)
        return true
    }

    /// The result is who is to look again.
    ///
    /// - Parameter failures: How many there were when the read began that was answered; nil: none was.
    mutating func asked(answeredAfter failures: Int?) -> [Waiter] {
        if let failures { settled = failures }
        isAsking = false
        defer { waiting = [] }
        return waiting
    }
}

extension EtcdCluster {
    private static let askTimeout: Duration = .seconds(1)
    private static let askInterval: Duration = .milliseconds(50)

    /// Returns when there is no doubt that the cluster has a leader.
    ///
    /// - Throws: What the last member said, once a call would have been given up.
    func awaitLeader() async throws(GRPCError) {
        let deadline = environment.monotonic() + callTimeout
        while true {
            switch doubt.withLock({ $0.writeComes() }) {
            case .send: return
            case .wait:
                await withCheckedContinuation { waiter in
                    if !doubt.withLock({ $0.waits(waiter) }) { waiter.resume() }
                }
                guard environment.monotonic() < deadline else {
                    throw GRPCError(.unavailable, "no leader", isUnsent: true)
                }
            case .ask:
                let result = await askForLeader(until: deadline)
                let waiting = doubt.withLock { $0.asked(answeredAfter: try? result.get()) }
                for waiter in waiting { waiter.resume() }
                _ = try result.get()
            }
        }
    }

    /// The failures that were known when the read began that was answered.
    private func askForLeader(until deadline: Duration) async -> Result<Int, GRPCError> {
        let read = RangeRequest(key: EtcdKeys.compaction, countOnly: true).bytes
        while true {
            let failures = doubt.withLock { $0.failures }
            let index = preferred.withLock { $0 }
            do throws(GRPCError) {
                // Linearizable: only a leader that most members follow can answer.
                _ = try await members[index].client.call(path: Method.range.path, message: read, timeout: Self.askTimeout)
                return .success(failures)
            } catch {
                guard error.concernsMember, environment.monotonic() < deadline else {
                    // Nothing of the write itself was sent.
                    return .failure(GRPCError(error.code, error.message, isUnsent: true))
                }
                moveOn(from: index)
            }
            guard (try? await environment.sleep(Self.askInterval)) != nil else {
                return .failure(GRPCError(.cancelled, "context canceled", isUnsent: true))
            }
        }
    }

    /// Prefers the member that leads: it passes no write on to another, and when it dies its connection says so at once.
    func preferLeader() async {
        guard members.count > 1 else { return }
        let leader = await withTaskGroup(of: Int?.self) { group -> Int? in
            for index in members.indices {
                group.addTask {
                    guard let status = await self.status(of: index, timeout: Self.askTimeout) else { return nil }
                    return status.isLeader ? index : nil
                }
            }
            for await case let index? in group {
                group.cancelAll()
                return index
            }
            return nil
        }
        if let leader { preferred.withLock { $0 = leader } }
    }

    /// Nil when the member does not answer.
    func status(of member: Int, timeout: Duration) async -> MemberStatus? {
        guard let bytes = try? await members[member].client.call(path: Method.status.path, message: [], timeout: timeout) else {
            return nil
        }
        return MemberStatus(bytes)
    }
}
