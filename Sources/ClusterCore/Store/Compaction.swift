/// Decides what may be forgotten: what was already superseded one interval ago.
///
/// Owns no timer; `tick` is called about once per interval. After a start the first tick only takes note.
package struct CompactionSchedule: Sendable {
    private var noted: Revision?

    package init() {}

    /// How long history is kept at least, as upstream's API server keeps it.
    package static let interval: Duration = .seconds(300)

    /// - Returns: The revision to compact through, nil when there is nothing to do.
    package mutating func tick(current: Revision) -> Revision? {
        defer { noted = current }
        return noted
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
