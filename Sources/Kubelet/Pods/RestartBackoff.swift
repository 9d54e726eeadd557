import API

/// How long to wait before trying again: 10 s, doubled each time up to 5 min, forgotten after 10 quiet minutes.
///
/// - SeeAlso: Kubernetes 1.36 `client-go/util/flowcontrol/backoff.go`.
struct RestartBackoff: Hashable, Sendable {
    static let initial: Duration = .seconds(10)
    static let maximum: Duration = .seconds(300)

    private struct Entry: Hashable {
        var delay: Duration
        var updatedAt: Timestamp
    }

    private var entries: [String: Entry] = [:]

    /// When a try after the failure at `failure` is allowed; nil: now.
    func blocked(_ key: String, since failure: Timestamp, now: Timestamp) -> Timestamp? {
        guard let entry = entries[key], !isOld(entry, at: failure) else { return nil }
        let end = failure.adding(entry.delay)
        return now < end ? end : nil
    }

    /// As `blocked`, counted from the last try.
    func blockedSinceLastTry(_ key: String, now: Timestamp) -> Timestamp? {
        guard let entry = entries[key] else { return nil }
        return blocked(key, since: entry.updatedAt, now: now)
    }

    mutating func tried(_ key: String, at now: Timestamp) {
        let delay = entries[key].flatMap { isOld($0, at: now) ? nil : min($0.delay * 2, Self.maximum) } ?? Self.initial
        entries[key] = Entry(delay: delay, updatedAt: now)
    }

    mutating func forget(_ key: String) { entries[key] = nil }

    /// The delay that a failure now would cost.
    func delay(_ key: String) -> Duration { entries[key]?.delay ?? Self.initial }

    private func isOld(_ entry: Entry, at time: Timestamp) -> Bool {
        time.duration(since: entry.updatedAt) > Self.maximum * 2
    }
}
