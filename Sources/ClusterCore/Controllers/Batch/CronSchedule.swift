package import API

/// The five fields of a cron line as sets of numbers; answers when it is next due.
///
/// Times are those of a clock that is `offset` seconds ahead of UTC; zones that change their offset ask anew.
/// - SeeAlso: Kubernetes 1.36 `pkg/controller/cronjob/cronjob_controllerv2.go`, which uses `robfig/cron` v3.
package struct CronSchedule: Hashable, Sendable {
    /// Bit n: n is in the set.
    private var minutes: UInt64
    private var hours: UInt64
    private var days: UInt64
    private var months: UInt64
    private var weekdays: UInt64
    /// A day must fit both sets when one of them is `*`, either of them otherwise.
    private var bothDays: Bool
    /// Seconds between two times of `@every`; nil for the five fields.
    private var interval: Int64?

    private static let yearsMax = 5

    /// Nil for text that is no schedule.
    package init?(parsing text: String) {
        let named = [
            "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *", "@weekly": "0 0 * * 0",
            "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@hourly": "0 * * * *",
        ]
        if text.hasPrefix("@every ") {
            guard let seconds = Self.duration(String(text.dropFirst(7))), seconds > 0 else { return nil }
            self.init(minutes: 0, hours: 0, days: 0, months: 0, weekdays: 0, bothDays: true, interval: seconds)
            return
        }
        let fields = (named[text] ?? text).split(whereSeparator: \.isWhitespace).map(String.init)
        guard fields.count == 5, let minutes = Self.set(fields[0], 0...59), let hours = Self.set(fields[1], 0...23),
            let days = Self.set(fields[2], 1...31), let months = Self.set(fields[3], 1...12, names: Self.monthNames),
            let weekdays = Self.set(fields[4], 0...6, names: Self.weekdayNames)
        else { return nil }
        let isAny = { (field: String) in field.hasPrefix("*") || field.hasPrefix("?") }
        self.init(
            minutes: minutes, hours: hours, days: days, months: months, weekdays: weekdays,
            bothDays: isAny(fields[2]) || isAny(fields[4]), interval: nil)
    }

    private init(
        minutes: UInt64, hours: UInt64, days: UInt64, months: UInt64, weekdays: UInt64, bothDays: Bool, interval: Int64?
    ) {
        self.minutes = minutes
        self.hours = hours
        self.days = days
        self.months = months
        self.weekdays = weekdays
        self.bothDays = bothDays
        self.interval = interval
    }

    /// The first time after `time`; nil when none comes within five years.
    ///
    /// - Parameter zone: Seconds ahead of UTC at an instant.
    package func next(after time: Timestamp, zone: (Timestamp) -> Int64 = { _ in 0 }) -> Timestamp? {
        if let interval { return Timestamp(seconds: time.seconds + interval) }
        var candidate = time.seconds - time.seconds % 60 + 60
        let end = candidate + Int64(Self.yearsMax) * 366 * 86400
        while candidate < end {
            let local = candidate + zone(Timestamp(seconds: candidate))
            let day = CivilDay(epochSeconds: local)
            let minuteOfDay = (local - day.epochSeconds) / 60
            if months >> UInt64(day.month) & 1 == 0 || !fits(day) {
                candidate += day.epochSeconds + 86400 - local
            } else if hours >> UInt64(minuteOfDay / 60) & 1 == 0 {
                candidate += (60 - minuteOfDay % 60) * 60
            } else if minutes >> UInt64(minuteOfDay % 60) & 1 == 0 {
                candidate += 60
            } else {
                return Timestamp(seconds: candidate)
            }
        }
        return nil
    }

    private func fits(_ day: CivilDay) -> Bool {
        let inMonth = days >> UInt64(day.day) & 1 == 1
        let inWeek = weekdays >> UInt64(day.weekday) & 1 == 1
        return bothDays ? inMonth && inWeek : inMonth || inWeek
    }

    // MARK: Reading

    private static let monthNames = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ].enumerated().reduce(into: [String: Int]()) { $0[$1.element] = $1.offset + 1 }
    private static let weekdayNames = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"].enumerated()
        .reduce(into: [String: Int]()) { $0[$1.element] = $1.offset }

    private static func set(_ field: String, _ bounds: ClosedRange<Int>, names: [String: Int] = [:]) -> UInt64? {
        var bits: UInt64 = 0
        for part in field.split(separator: ",", omittingEmptySubsequences: false) {
            guard let more = range(String(part), bounds, names) else { return nil }
            bits |= more
        }
        return bits
    }

    /// `*`, `5`, `1-5`, `*/15`, `10-30/5`, `5/15` (to the end).
    private static func range(_ text: String, _ bounds: ClosedRange<Int>, _ names: [String: Int]) -> UInt64? {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard (1...2).contains(parts.count) else { return nil }
        func number(_ text: String) -> Int? {
            if let named = names[text.lowercased()] { return named }
            guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
            return Int(text)
        }
        var low = bounds.lowerBound
        var high = bounds.upperBound
        if parts[0] != "*", parts[0] != "?" {
            let ends = parts[0].split(separator: "-", omittingEmptySubsequences: false).map(String.init)
            guard (1...2).contains(ends.count), let first = number(ends[0]) else { return nil }
            low = first
            if ends.count == 2 {
                guard let last = number(ends[1]) else { return nil }
                high = last
            } else if parts.count == 1 {
                high = low
            }
        }
        var step = 1
        if parts.count == 2 {
            guard let given = number(parts[1]), given > 0 else { return nil }
            step = given
        }
        guard low >= bounds.lowerBound, high <= bounds.upperBound, low <= high else { return nil }
        return stride(from: low, through: high, by: step).reduce(0) { $0 | 1 << UInt64($1) }
    }

    /// Go's `1h30m`, in whole seconds.
    private static func duration(_ text: String) -> Int64? {
        let units: [Character: Int64] = ["h": 3600, "m": 60, "s": 1]
        var total: Int64 = 0
        var digits = ""
        for character in text {
            if character.isASCII, character.isNumber {
                digits.append(character)
            } else {
                guard let unit = units[character], let amount = Int64(digits) else { return nil }
                total += amount * unit
                digits = ""
            }
        }
        return digits.isEmpty && !text.isEmpty ? total : nil
    }
}

/// A day of the calendar.
struct CivilDay {
    /// Of its midnight, on the same clock that it was made from.
    let epochSeconds: Int64
    let month: Int
    let day: Int
    /// Zero: Sunday.
    let weekday: Int

    /// The era arithmetic of Howard Hinnant's `civil_from_days`.
    init(epochSeconds seconds: Int64) {
        let days = Int64((Double(seconds) / 86400).rounded(.down))
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        epochSeconds = days * 86400
        day = Int(dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
        month = Int(shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9)
        weekday = Int(((days + 4) % 7 + 7) % 7)
    }
}
