import Logging
import NFTables
import Netfilter
import Policy
import Synchronization

/// Hands what the kernel reports about denied packets to the policies' journal.
final class DeniedPacketReader: Sendable {
    private static let patienceMilliseconds: Int32 = 500
    /// Bunches of reports that wait; further ones are dropped.
    private static let waitingMax = 256

    private let log: PacketLog
    private let isStopped = Atomic(false)

    /// Opened in the namespace of the calling thread.
    init(group: UInt16) throws(ApplyError) { log = try PacketLog(group: group) }

    /// Reads until cancelled.
    func run(_ syncer: PolicySyncer) async throws {
        let (packets, continuation) = AsyncStream.makeStream(
            of: [LoggedPacket].self, bufferingPolicy: .bufferingOldest(Self.waitingMax))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { [self] in
                try await withTaskCancellationHandler {
                    try await BlockingWork.run { [self] in
                        while !isStopped.load(ordering: .relaxed) {
                            let found = try log.receive(timeoutMilliseconds: Self.patienceMilliseconds)
                            if !found.isEmpty { continuation.yield(found) }
                        }
                    }
                } onCancel: {
                    isStopped.store(true, ordering: .relaxed)
                }
            }
            group.addTask {
                for await bunch in packets { await syncer.packetsReported(bunch.map { ($0.prefix, $0.payload) }) }
            }
            try await group.next()
            group.cancelAll()
        }
    }
}
