import Glibc
import Store
import Synchronization
import Testing

@testable import EtcdStore

/// Three members, and what becomes of writes when the one that leads is killed.
@Suite(.serialized, .enabled(if: EtcdProcess.isInstalled, "needs etcd")) struct EtcdLeaderTests {
    @Test func `writes go to the leader, and none that comes after its death is lost on the way to it`() async throws {
        let members = try (0..<3).map { _ in try EtcdProcess() }
        let children = Mutex(try members.indices.map { try members[$0].start(more: arguments($0, members)) })
        defer {
            for (member, child) in zip(members, children.withLock(\.self)) {
                member.stop(child)
                member.remove()
            }
        }
        try await EtcdProcess.running(try await EtcdProcess.open(members.map(\.url).joined(separator: ","))) { store in
            // Members that get no processor time elect again and again, and then may lose a write whatever its client does.
            var lost: [String] = []
            for round in 0..<3 {
                lost = try await writesLost(round, members, children, store)
                if lost.isEmpty { break }
            }
            #expect(lost == [])
        }
    }

    /// Kills the leader and writes at once; the result is what was said of writes that were sent to a leader that was gone.
    private func writesLost(
        _ round: Int, _ members: [EtcdProcess], _ children: borrowing Mutex<[pid_t]>, _ store: EtcdStore
    ) async throws -> [String] {
        let leader = try await leader(store.cluster)
        // Nobody tells a client of a dead process but the end of its connection.
        members[leader].stop(children.withLock { $0[leader] })
        let refusals = Refusals()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<32 { group.addTask { try await made("/\(round)/\(number)", in: store, refusals) } }
            try await group.waitForAll()
        }
        for number in 0..<32 {
            let found = try await insisting(refusals) { () async throws(StoreError) in
                try await store.get("/\(round)/\(number)")
            }
            #expect(found != nil)
        }
        let again = try members[leader].start(more: arguments(leader, members))
        children.withLock { $0[leader] = again }
        try await answers(members[leader])
        return refusals.texts.withLock { texts in
            texts.filter { $0.contains("timed out") || $0.contains("deadline exceeded") }
        }
    }

    @Test func `a doubt lets nobody send until one has asked, and the others go with it`() {
        var doubt = LeaderDoubt()
        #expect(doubt.writeComes() == .send)
        doubt.memberFailed()
        #expect(doubt.writeComes() == .ask)
        #expect(doubt.writeComes() == .wait)
        // Who asked in vain leaves the doubt to the next.
        #expect(doubt.asked(answeredAfter: nil).isEmpty)
        #expect(doubt.writeComes() == .ask)
        // A member that fails during the read may be the leader that answered it.
        let failures = doubt.failures
        doubt.memberFailed()
        _ = doubt.asked(answeredAfter: failures)
        #expect(doubt.writeComes() == .ask)
        _ = doubt.asked(answeredAfter: doubt.failures)
        #expect(doubt.writeComes() == .send)
    }

    /// What the store has said to who was refused.
    private final class Refusals: Sendable {
        let texts = Mutex<[String]>([])
    }

    private func arguments(_ index: Int, _ members: [EtcdProcess]) -> [String] {
        let cluster = members.enumerated().map { "m\($0.offset)=http://127.0.0.1:\($0.element.peerPort)" }
        // etcd's own timing: the time in which nobody knows that the leader is gone is long enough to be met.
        return [
            "--name=m\(index)", "--initial-cluster=\(cluster.joined(separator: ","))", "--heartbeat-interval=100",
            "--election-timeout=1000",
        ]
    }

    /// The member that leads, once the store has found it.
    private func leader(_ cluster: EtcdCluster) async throws -> Int {
        for _ in 0..<1200 {
            let preferred = cluster.preferred.withLock { $0 }
            if await cluster.status(of: preferred, timeout: .seconds(5))?.isLeader ?? false { return preferred }
            try await ContinuousClock().sleep(for: .milliseconds(50))
        }
        throw EtcdProcess.Failure()
    }

    /// Waits until a member that was started again takes part, so that the next death leaves a majority.
    private func answers(_ member: EtcdProcess) async throws {
        let store = try await EtcdProcess.open(member.url)
        await store.close()
    }

    /// A write that was cut off may have been made: then its key exists.
    private func made(_ key: String, in store: EtcdStore, _ refusals: Refusals) async throws {
        for _ in 0..<1200 {
            do throws(StoreError) {
                _ = try await store.create(key, [1])
                return
            } catch {
                if error == .keyExists(key) { return }
                refusals.texts.withLock { $0.append("\(error)") }
            }
            try await ContinuousClock().sleep(for: .milliseconds(50))
        }
        throw EtcdProcess.Failure()
    }

    private func insisting<Result>(
        _ refusals: Refusals, _ body: () async throws(StoreError) -> Result
    ) async throws -> Result {
        for _ in 0..<1200 {
            do throws(StoreError) {
                return try await body()
            } catch {
                refusals.texts.withLock { $0.append("\(error)") }
            }
            try await ContinuousClock().sleep(for: .milliseconds(50))
        }
        throw EtcdProcess.Failure()
    }
}
