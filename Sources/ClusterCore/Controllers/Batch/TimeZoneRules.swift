package import API

/// How far a time zone is ahead of UTC, at any instant. Read from a file of the time zone database. Pure.
///
/// - SeeAlso: RFC 9636 (TZif, versions 2 to 4); POSIX.1-2024, `TZ`.
package struct TimeZoneRules: Hashable, Sendable {
    /// From when on an offset holds, in order.
    private let transitions: [(at: Int64, offset: Int64)]
    /// Before the first transition.
    private let firstOffset: Int64
    /// Behind the last transition; nil: the last one holds for ever.
    private let rule: PosixTimeZone?

    /// Nil for bytes that are no such file.
    package init?(_ bytes: [UInt8]) {
        var reader = Reader(bytes)
        guard let old = reader.header(), old.version >= UInt8(ascii: "2"), reader.skip(old.bodyBytes(timeBytes: 4)),
            let header = reader.header()
        else { return nil }
        var times: [Int64] = []
        for _ in 0..<header.times {
            guard let time = reader.integer(8) else { return nil }
            times.append(time)
        }
        var kinds: [Int] = []
        for _ in 0..<header.times {
            guard let kind = reader.integer(1) else { return nil }
            kinds.append(Int(kind & 0xff))
        }
        var offsets: [Int64] = []
        for _ in 0..<header.types {
            guard let offset = reader.integer(4), reader.skip(2) else { return nil }
            offsets.append(offset)
        }
        guard let first = offsets.first, kinds.allSatisfy(offsets.indices.contains),
            reader.skip(header.characters + header.leaps * 12 + header.standards + header.universals)
        else { return nil }
        firstOffset = first
        transitions = zip(times, kinds).map { ($0, offsets[$1]) }
        rule = PosixTimeZone(reader.line())
    }

    /// Seconds ahead of UTC.
    package func offset(at time: Timestamp) -> Int64 {
        if let last = transitions.last, time.seconds >= last.at { return rule?.offset(at: time.seconds) ?? last.offset }
        if transitions.isEmpty { return rule?.offset(at: time.seconds) ?? firstOffset }
        var (low, high) = (0, transitions.count)
        while low < high {
            let middle = (low + high) / 2
            if transitions[middle].at <= time.seconds { low = middle + 1 } else { high = middle }
        }
        return low == 0 ? firstOffset : transitions[low - 1].offset
    }

    package static func == (left: TimeZoneRules, right: TimeZoneRules) -> Bool {
        left.firstOffset == right.firstOffset && left.rule == right.rule
            && left.transitions.elementsEqual(right.transitions) { $0 == $1 }
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(transitions.count)
        hasher.combine(rule)
    }

    private struct Header {
        var version: UInt8
        var universals: Int
        var standards: Int
        var leaps: Int
        var times: Int
        var types: Int
        var characters: Int

        func bodyBytes(timeBytes: Int) -> Int {
            times * (timeBytes + 1) + types * 6 + characters + leaps * (timeBytes + 4) + standards + universals
        }
    }

    private struct Reader {
        private static let countMax: Int64 = 100_000
        private let bytes: [UInt8]
        private var position = 0

        init(_ bytes: [UInt8]) { self.bytes = bytes }

        mutating func header() -> Header? {
            guard bytes[position...].starts(with: Array("TZif".utf8)), bytes.count >= position + 44 else { return nil }
            let version = bytes[position + 4]
            position += 20
            var counts: [Int] = []
            for _ in 0..<6 {
                guard let count = integer(4), (0...Self.countMax).contains(count) else { return nil }
                counts.append(Int(count))
            }
            return Header(
                version: version, universals: counts[0], standards: counts[1], leaps: counts[2], times: counts[3],
                types: counts[4], characters: counts[5])
        }

        mutating func skip(_ count: Int) -> Bool {
            guard bytes.count - position >= count else { return false }
            position += count
            return true
        }

        /// Big-endian and signed.
        mutating func integer(_ width: Int) -> Int64? {
            guard bytes.count - position >= width else { return nil }
            var value: Int64 = bytes[position] & 0x80 != 0 ? -1 : 0
            for byte in bytes[position..<position + width] { value = value << 8 | Int64(byte) }
            position += width
            return value
        }

        /// The text between two line ends.
        func line() -> String {
            guard position < bytes.count, bytes[position] == 0x0a else { return "" }
            return String(decoding: bytes[(position + 1)...].prefix { $0 != 0x0a }, as: UTF8.self)
        }
    }
}
