/// Decides what may be forgotten: what was already superseded some time ago.
///
/// Owns no timer; `tick` is called about once per interval. After a start the first ticks only take note.
package struct CompactionSchedule: Sendable {
    /// What was current at the last ticks, the oldest first.
    private var noted: [Revision] = []

    package init() {}

    /// How long history is kept at least, as upstream's API server keeps it.
    package static let retention: Duration = .seconds(300)
    /// Between ticks; history is kept for so much longer at most.
    package static let interval: Duration = .seconds(60)
    static let ticksKept = 5

    /// - Returns: The revision to compact through, nil when there is nothing to do.
    package mutating func tick(current: Revision) -> Revision? {
        noted.append(current)
        return noted.count > Self.ticksKept ? noted.removeFirst() : nil
    }
}

extension Store {
    /// Compacts what one process wrote for itself; `sleep` waits one interval.
    package func runCompaction(sleep: @Sendable (Duration) async throws -> Void) async throws {
        var schedule = CompactionSchedule()
        while true {
            if let revision = schedule.tick(current: currentRevision) { try? await compact(through: revision) }
            try await sleep(CompactionSchedule.interval)
        }
    }
}
