import API

/// A rule for every year to come: `CET-1CEST,M3.5.0,M10.5.0/3`.
///
/// - SeeAlso: POSIX.1-2024, Base Definitions, 8.3, `TZ`; RFC 9636, section 3.3.1.
struct PosixTimeZone: Hashable, Sendable {
    private enum Day: Hashable, Sendable {
        /// 1...365; the 29th of February does not count.
        case julian(Int)
        /// 0...365
        case ordinal(Int)
        /// `week` 5: the last one.
        case weekday(month: Int, week: Int, weekday: Int)
    }

    private struct Change: Hashable, Sendable {
        var day: Day
        /// Local time, seconds; may lie outside of the day.
        var seconds: Int64
    }

    private let standard: Int64
    private let summer: (offset: Int64, begin: Change, end: Change)?

    /// Nil for a text that is no such rule.
    init?(_ text: String) {
        var parser = Parser(text)
        guard parser.name(), let west = parser.time() else { return nil }
        standard = -west
        guard !parser.isAtEnd else {
            summer = nil
            return
        }
        guard parser.name() else { return nil }
        let offset = parser.isAtComma ? standard + 3600 : parser.time().map { -$0 }
        guard let offset, let begin = parser.change(), let end = parser.change(), parser.isAtEnd else { return nil }
        summer = (offset, begin, end)
    }

    /// Seconds ahead of UTC.
    func offset(at time: Int64) -> Int64 {
        guard let summer else { return standard }
        let year = CivilDay(epochSeconds: time + standard).year
        let begin = Self.seconds(summer.begin, year) - standard
        let end = Self.seconds(summer.end, year) - summer.offset
        let isSummer = begin < end ? time >= begin && time < end : time >= begin || time < end
        return isSummer ? summer.offset : standard
    }

    static func == (left: PosixTimeZone, right: PosixTimeZone) -> Bool {
        left.standard == right.standard && left.summer?.offset == right.summer?.offset
            && left.summer?.begin == right.summer?.begin && left.summer?.end == right.summer?.end
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(standard)
        hasher.combine(summer?.offset)
    }

    /// The change's local time, as seconds on the clock of that zone.
    private static func seconds(_ change: Change, _ year: Int64) -> Int64 {
        let day: Int64
        switch change.day {
        case .ordinal(let number): day = start(ofYear: year) + Int64(number)
        case .julian(let number):
            day = start(ofYear: year) + Int64(number) - 1 + (isLeap(year) && number > 59 ? 1 : 0)
        case .weekday(let month, let week, let weekday):
            let first = start(ofYear: year, month: month)
            let firstWeekday = Int64(CivilDay(epochSeconds: first * 86400).weekday)
            var found = first + (Int64(weekday) - firstWeekday + 7) % 7 + Int64(week - 1) * 7
            let next = month == 12 ? start(ofYear: year + 1) : start(ofYear: year, month: month + 1)
            while found >= next { found -= 7 }
            day = found
        }
        return day * 86400 + change.seconds
    }

    private static func isLeap(_ year: Int64) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }

    /// Days since the epoch.
    private static func start(ofYear year: Int64, month: Int = 1) -> Int64 {
        let before = year - 1
        var days = 365 * (year - 1970) + (before / 4 - before / 100 + before / 400) - (1969 / 4 - 1969 / 100 + 1969 / 400)
        for passed in 1..<max(1, month) {
            days += passed == 2 ? (isLeap(year) ? 29 : 28) : [4, 6, 9, 11].contains(passed) ? 30 : 31
        }
        return days
    }

    private struct Parser {
        private var rest: Substring.UTF8View

        init(_ text: String) { rest = Substring(text).utf8 }

        var isAtEnd: Bool { rest.isEmpty }
        var isAtComma: Bool { rest.first == UInt8(ascii: ",") }

        private mutating func take(_ byte: UInt8) -> Bool {
            guard rest.first == byte else { return false }
            rest.removeFirst()
            return true
        }

        /// Three letters or more, or anything between angle brackets.
        mutating func name() -> Bool {
            if take(UInt8(ascii: "<")) {
                rest = rest.drop { $0 != UInt8(ascii: ">") }
                return take(UInt8(ascii: ">"))
            }
            let letters = rest.prefix { (0x41...0x5a).contains($0) || (0x61...0x7a).contains($0) }
            rest = rest.dropFirst(letters.count)
            return letters.count >= 3
        }

        private mutating func number() -> Int64? {
            let digits = rest.prefix { (0x30...0x39).contains($0) }
            guard (1...4).contains(digits.count) else { return nil }
            rest = rest.dropFirst(digits.count)
            return Int64(String(Substring(digits)))
        }

        /// `[+-]hh[:mm[:ss]]` in seconds.
        mutating func time() -> Int64? {
            let sign: Int64 = take(UInt8(ascii: "-")) ? -1 : 1
            if sign == 1 { _ = take(UInt8(ascii: "+")) }
            guard var seconds = number().map({ $0 * 3600 }) else { return nil }
            for unit in [60, 1] as [Int64] where take(UInt8(ascii: ":")) {
                guard let part = number() else { return nil }
                seconds += part * unit
            }
            return sign * seconds
        }

        /// `,M3.5.0/2`
        mutating func change() -> Change? {
            guard take(UInt8(ascii: ",")), let day = day() else { return nil }
            guard take(UInt8(ascii: "/")) else { return Change(day: day, seconds: 7200) }
            return time().map { Change(day: day, seconds: $0) }
        }

        private mutating func day() -> Day? {
            if take(UInt8(ascii: "J")) { return number().map { .julian(Int($0)) } }
            guard take(UInt8(ascii: "M")) else { return number().map { .ordinal(Int($0)) } }
            guard let month = number(), take(UInt8(ascii: ".")), let week = number(), take(UInt8(ascii: ".")),
                let weekday = number(), (1...12).contains(month), (1...5).contains(week), (0...6).contains(weekday)
            else { return nil }
            return .weekday(month: Int(month), week: Int(week), weekday: Int(weekday))
        }
    }
}
