/// An instant in UTC as the API writes it: RFC 3339, whole seconds (`Time`) or microseconds (`MicroTime`).
package struct Timestamp: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Since 1970-01-01T00:00:00Z.
    package var seconds: Int64
    /// 0..<1,000,000,000.
    package var nanoseconds: Int32

    package init(seconds: Int64, nanoseconds: Int32 = 0) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    package static func < (left: Timestamp, right: Timestamp) -> Bool {
        (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
    }

    /// `2026-11-21T08:00:00Z`.
    package var description: String { Self.print(seconds: seconds) + "Z" }

    /// `2026-11-21T08:00:00.123456Z`, the form of Lease and Event times.
    package var microDescription: String {
        Self.print(seconds: seconds) + "." + Self.padded(Int64(nanoseconds / 1000), 6) + "Z"
    }

    package func adding(_ duration: Duration) -> Timestamp {
        let (whole, atto) = duration.components
        var seconds = self.seconds + whole
        var nanos = Int64(nanoseconds) + atto / 1_000_000_000
        if nanos >= 1_000_000_000 { (seconds, nanos) = (seconds + 1, nanos - 1_000_000_000) }
        if nanos < 0 { (seconds, nanos) = (seconds - 1, nanos + 1_000_000_000) }
        return Timestamp(seconds: seconds, nanoseconds: Int32(nanos))
    }

    /// From `earlier` to here; negative when `earlier` is later.
    package func duration(since earlier: Timestamp) -> Duration {
        .seconds(seconds - earlier.seconds) + .nanoseconds(Int64(nanoseconds - earlier.nanoseconds))
    }

    /// Reads RFC 3339 with any fraction and offset; nil for anything else.
    package init?(parsing text: String) {
        let bytes = Array(text.utf8)
        func number(_ range: Range<Int>) -> Int64? {
            guard range.upperBound <= bytes.count else { return nil }
            var value: Int64 = 0
            for byte in bytes[range] {
                guard (0x30...0x39).contains(byte) else { return nil }
                value = value * 10 + Int64(byte - 0x30)
            }
            return value
        }
        guard bytes.count >= 20, bytes[4] == 0x2d, bytes[7] == 0x2d, bytes[10] | 0x20 == 0x74, bytes[13] == 0x3a,
            bytes[16] == 0x3a, let year = number(0..<4), let month = number(5..<7), let day = number(8..<10),
            let hour = number(11..<13), let minute = number(14..<16), let second = number(17..<19),
            (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second <= 60
        else { return nil }
        var position = 19
        var nanos: Int64 = 0
        if bytes[position] == 0x2e {
            position += 1
            var scale: Int64 = 100_000_000
            let start = position
            while position < bytes.count, (0x30...0x39).contains(bytes[position]) {
                nanos += Int64(bytes[position] - 0x30) * scale
                scale /= 10
                position += 1
            }
            guard position > start else { return nil }
        }
        guard position < bytes.count else { return nil }
        var offset: Int64 = 0
        if bytes[position] | 0x20 == 0x7a {
            guard position + 1 == bytes.count else { return nil }
        } else {
            guard bytes[position] == 0x2b || bytes[position] == 0x2d, position + 6 == bytes.count,
                bytes[position + 3] == 0x3a, let hours = number(position + 1..<position + 3),
                let minutes = number(position + 4..<position + 6)
            else { return nil }
            offset = (hours * 60 + minutes) * 60 * (bytes[position] == 0x2b ? 1 : -1)
        }
        let days = Self.days(year: year, month: month, day: day)
        seconds = days * 86400 + hour * 3600 + minute * 60 + second - offset
        nanoseconds = Int32(nanos)
    }

    /// Days since the epoch in the proleptic Gregorian calendar (the era arithmetic of Howard Hinnant's `days_from_civil`).
    private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let year = month <= 2 ? year - 1 : year
        let era = (year >= 0 ? year : year - 399) / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func print(seconds: Int64) -> String {
        let day = CivilDay(epochSeconds: seconds)
        let rest = seconds - day.epochSeconds
        return padded(day.year, 4) + "-" + padded(Int64(day.month), 2) + "-" + padded(Int64(day.day), 2) + "T"
            + padded(rest / 3600, 2) + ":"
            + padded(rest / 60 % 60, 2) + ":" + padded(rest % 60, 2)
    }

    private static func padded(_ value: Int64, _ width: Int) -> String {
        let text = String(value)
        return String(repeating: "0", count: max(0, width - text.count)) + text
    }
}
