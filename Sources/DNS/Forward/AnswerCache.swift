/// An answer that can be given again.
package struct StoredAnswer: Hashable, Sendable {
    package var code: ResponseCode
    package var answers: [Record]
    package var authorities: [Record]
    /// Seconds, within the cache's bounds; zero: not to be kept.
    package var lifetime: UInt32

    /// How long a client may keep what is out of date.
    ///
    /// - SeeAlso: RFC 8767 section 4.
    package static let staleSeconds: UInt32 = 30

    /// There is nothing of the kind asked for.
    package var isDenial: Bool { code == .nameError || (code == .noError && answers.isEmpty) }

    /// Nil for a failure: those are not kept.
    ///
    /// - SeeAlso: RFC 2308 section 5: a denial lives as long as its SOA record and that record's last field allow.
    package init?(_ answer: ServerAnswer, limits: CacheLimits) {
        guard answer.code == .noError || answer.code == .nameError else { return nil }
        code = answer.code
        lifetime = 0
        answers = answer.answers
        authorities = answer.authorities
        if !isDenial {
            lifetime = min(answers.map(\.ttl).min() ?? 0, limits.successSeconds)
        } else if let authority = authorities.first(where: { $0.type == .soa }), authority.data.count >= 22 {
            let minimum = authority.data.suffix(4).reduce(0) { $0 << 8 | UInt32($1) }
            lifetime = min(authority.ttl, minimum, limits.denialSeconds)
        } else {
            lifetime = min(limits.denialSecondsWithoutAuthority, limits.denialSeconds)
        }
    }
}

/// How much is kept, and for how long at most.
package struct CacheLimits: Hashable, Sendable {
    /// Of each sort, answers and denials.
    package var entries: Int
    package var successSeconds: UInt32
    package var denialSeconds: UInt32
    package var denialSecondsWithoutAuthority: UInt32 = 5
    /// How long after its time an answer may stand in for servers that do not answer.
    package var staleSeconds: UInt32
    /// Of one answer; larger ones are not kept.
    package var answerBytes: Int

    package init(
        entries: Int = 9984, successSeconds: UInt32 = 3600, denialSeconds: UInt32 = 30, staleSeconds: UInt32 = 3600,
        answerBytes: Int = 16384
    ) {
        self.entries = entries
        self.successSeconds = successSeconds
        self.denialSeconds = denialSeconds
        self.staleSeconds = staleSeconds
        self.answerBytes = answerBytes
    }
}

/// Answers of other servers. Each sort has room for so many; the one that was not asked for the longest makes way.
package struct AnswerCache: Sendable {
    package struct Hit: Sendable {
        package var answer: StoredAnswer
        /// Seconds since it came.
        package var age: UInt32
        package var isStale: Bool
    }

    private struct Entry: Sendable {
        var key: AnswerKey
        var answer: StoredAnswer
        /// Seconds on the owner's clock.
        var since: UInt64
        var newer: Int32
        var older: Int32
    }

    /// One sort: a table and a list from the newest use to the oldest.
    private struct Shelf: Sendable {
        var places: [AnswerKey: Int32] = [:]
        var entries: [Entry] = []
        var newest: Int32 = -1
        var oldest: Int32 = -1
        var evictions = 0

        mutating func unlink(_ index: Int32) {
            let entry = entries[Int(index)]
            if entry.newer >= 0 { entries[Int(entry.newer)].older = entry.older } else { newest = entry.older }
            if entry.older >= 0 { entries[Int(entry.older)].newer = entry.newer } else { oldest = entry.newer }
        }

        mutating func linkNewest(_ index: Int32) {
            entries[Int(index)].newer = -1
            entries[Int(index)].older = newest
            if newest >= 0 { entries[Int(newest)].newer = index }
            newest = index
            if oldest < 0 { oldest = index }
        }

        mutating func use(_ index: Int32) {
            guard newest != index else { return }
            unlink(index)
            linkNewest(index)
        }

        mutating func store(_ key: AnswerKey, _ answer: StoredAnswer, at now: UInt64, entriesMax: Int) {
            if let known = places[key] {
                entries[Int(known)].answer = answer
                entries[Int(known)].since = now
                return use(known)
            }
            let entry = Entry(key: key, answer: answer, since: now, newer: -1, older: -1)
            let index: Int32
            if entries.count < entriesMax {
                index = Int32(entries.count)
                entries.append(entry)
            } else {
                index = oldest
                places[entries[Int(index)].key] = nil
                unlink(index)
                evictions += 1
                entries[Int(index)] = entry
            }
            places[key] = index
            linkNewest(index)
        }

        /// Makes an entry count no more; its place is taken first when room is needed.
        mutating func expire(_ key: AnswerKey) {
            if let known = places[key] { entries[Int(known)].answer.lifetime = 0 }
        }
    }

    private let limits: CacheLimits
    private var successes = Shelf()
    private var denials = Shelf()

    package init(_ limits: CacheLimits) { self.limits = limits }

    package struct Counts: Hashable, Sendable {
        var successes: Int
        var denials: Int
        var successEvictions: Int
        var denialEvictions: Int
    }

    package var counts: Counts {
        Counts(
            successes: successes.places.count, denials: denials.places.count, successEvictions: successes.evictions,
            denialEvictions: denials.evictions)
    }

    package var successCount: Int { successes.places.count }
    package var denialCount: Int { denials.places.count }

    /// - Parameters:
    ///   - now: Seconds on a clock that only goes forward.
    ///   - isLast: Nobody can be asked: an answer whose time is over is better than none.
    package mutating func find(_ key: AnswerKey, at now: UInt64, isLast: Bool = false) -> Hit? {
        if let hit = Self.find(key, in: &successes, at: now, staleSeconds: isLast ? limits.staleSeconds : 0) { return hit }
        return Self.find(key, in: &denials, at: now, staleSeconds: 0)
    }

    private static func find(_ key: AnswerKey, in shelf: inout Shelf, at now: UInt64, staleSeconds: UInt32) -> Hit? {
        guard let index = shelf.places[key] else { return nil }
        let entry = shelf.entries[Int(index)]
        let age = now - min(now, entry.since)
        let isStale = age >= UInt64(entry.answer.lifetime)
        guard !isStale || age < UInt64(entry.answer.lifetime) + UInt64(staleSeconds) else { return nil }
        shelf.use(index)
        return Hit(answer: entry.answer, age: UInt32(clamping: age), isStale: isStale)
    }

    package mutating func store(_ key: AnswerKey, _ answer: StoredAnswer, at now: UInt64) {
        guard answer.lifetime > 0, limits.entries > 0 else { return }
        let bytes = (answer.answers + answer.authorities).reduce(0) { $0 + $1.owner.wire.count + $1.data.count }
        guard bytes <= limits.answerBytes else { return }
        if answer.isDenial {
            // What was there is gone: not even a failure may bring it back.
            successes.expire(key)
            denials.store(key, answer, at: now, entriesMax: limits.entries)
        } else {
            denials.expire(key)
            successes.store(key, answer, at: now, entriesMax: limits.entries)
        }
    }
}
