import Logging
import Store

extension EtcdStore {
    /// etcd's leases do it.
    package func runExpiry(sleep: @Sendable (Duration) async throws -> Void) async throws {}

    func readCompaction() async throws(StoreError) {
        let found = try await call(.range, RangeRequest(key: EtcdKeys.compaction).bytes, RangeResponse.init).values.first
        if let number = found.flatMap({ Int64(String(decoding: $0.value, as: UTF8.self)) }) {
            fanout.noteCompaction(Revision(number))
        }
    }

    /// Compacts what was current one interval ago; of several servers, upstream's among them, one does it each time.
    ///
    /// - SeeAlso: Kubernetes 1.36 `apiserver/pkg/storage/etcd3/compact.go`.
    package func runCompaction(sleep: @Sendable (Duration) async throws -> Void) async throws {
        var turn: Int64 = 0
        var revision: Int64 = 0
        while true {
            try await sleep(CompactionSchedule.retention)
            do throws(StoreError) {
                (turn, revision) = try await compact(turn: turn, revision)
            } catch {
                logger.warning("could not compact etcd", metadata: ["reason": "\(error)"])
            }
        }
    }

    /// Compacts through `revision` when nobody else has taken this turn; the result is the next turn and its revision.
    func compact(turn: Int64, _ revision: Int64) async throws(StoreError) -> (turn: Int64, revision: Int64) {
        let mark = Transaction(
            key: EtcdKeys.compaction, condition: .version(turn), operation: .put(Array("\(revision)".utf8), lease: 0))
        let answer = try await call(.transaction, mark.bytes, TransactionResponse.init)
        guard answer.succeeded else { return (answer.found?.version ?? 0, answer.header.revision) }
        if revision > 0 { try await compact(through: Revision(revision)) }
        return (turn + 1, answer.header.revision)
    }
}
