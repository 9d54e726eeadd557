/// A point in time with nanoseconds, years 1 to 9999.
package struct CELTimestamp: Hashable, Comparable, Sendable {
    /// Since 1970-01-01T00:00:00Z.
    package var seconds: Int64
    /// 0..<1_000_000_000
    package var nanoseconds: Int32

    static let secondsMin: Int64 = -62_135_596_800
    static let secondsMax: Int64 = 253_402_300_799

    package init(seconds: Int64, nanoseconds: Int32 = 0) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    package static func < (left: CELTimestamp, right: CELTimestamp) -> Bool {
        (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
    }

    /// `2024-05-01T10:20:30.5Z`, RFC 3339.
    package init?(_ text: String) {
        var reader = DigitReader(text)
        guard let year = reader.number(4), reader.take("-"), let month = reader.number(2), reader.take("-"),
            let day = reader.number(2), reader.take("T") || reader.take("t"), let hour = reader.number(2), reader.take(":"),
            let minute = reader.number(2), reader.take(":"), let second = reader.number(2), hour < 24, minute < 60, second < 60,
            Civil.isValid(year: year, month: month, day: day)
        else { return nil }
        var nanoseconds = 0
        if reader.take(".") {
            guard let fraction = reader.fraction() else { return nil }
            nanoseconds = fraction
        }
        guard let zone = reader.zone(), reader.isAtEnd else { return nil }
        let days = Civil.days(year: year, month: month, day: day)
        seconds = Int64(days * 86_400 + hour * 3600 + minute * 60 + second - zone)
        self.nanoseconds = Int32(nanoseconds)
        guard isInRange else { return nil }
    }

    /// `2024-05-01`
    init?(date text: String) {
        var reader = DigitReader(text)
        guard let year = reader.number(4), reader.take("-"), let month = reader.number(2), reader.take("-"),
            let day = reader.number(2), reader.isAtEnd, Civil.isValid(year: year, month: month, day: day)
        else { return nil }
        self.init(seconds: Int64(Civil.days(year: year, month: month, day: day) * 86_400))
    }

    var isInRange: Bool { (Self.secondsMin...Self.secondsMax).contains(seconds) }

    /// Nil beyond the years that a timestamp can name.
    func adding(_ duration: CELDuration) -> CELTimestamp? {
        let (added, rest) = duration.nanosecondsTotal.quotientAndRemainder(dividingBy: 1_000_000_000)
        var seconds = self.seconds + added
        var nanoseconds = Int64(self.nanoseconds) + rest
        if nanoseconds < 0 {
            nanoseconds += 1_000_000_000
            seconds -= 1
        } else if nanoseconds >= 1_000_000_000 {
            nanoseconds -= 1_000_000_000
            seconds += 1
        }
        let result = CELTimestamp(seconds: seconds, nanoseconds: Int32(nanoseconds))
        return result.isInRange ? result : nil
    }

    /// Nil when 292 years are not enough.
    func since(_ other: CELTimestamp) -> CELDuration? {
        let (product, overflow) = (seconds - other.seconds).multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, overflows) = product.addingReportingOverflow(Int64(nanoseconds) - Int64(other.nanoseconds))
        return overflow || overflows ? nil : CELDuration(nanoseconds: sum)
    }

    /// - Parameter offset: Of the time zone, in seconds east of Greenwich.
    func civil(offset: Int = 0) -> Civil { Civil(seconds: Int(seconds) + offset, nanoseconds: Int(nanoseconds)) }
}

extension CELTimestamp: CustomStringConvertible {
    package var description: String {
        let civil = civil()
        func pad(_ number: Int, _ width: Int) -> String {
            let text = String(number)
            return String(repeating: "0", count: max(0, width - text.count)) + text
        }
        var text =
            "\(pad(civil.year, 4))-\(pad(civil.month, 2))-\(pad(civil.day, 2))T\(pad(civil.hour, 2)):\(pad(civil.minute, 2)):"
            + pad(civil.second, 2)
        if nanoseconds > 0 {
            var fraction = pad(Int(nanoseconds), 9)
            while fraction.hasSuffix("0") { fraction.removeLast() }
            text += "." + fraction
        }
        return text + "Z"
    }
}

/// A day and a time of day.
struct Civil {
    var year: Int
    var month: Int
    var day: Int
    var hour: Int
    var minute: Int
    var second: Int
    var nanosecond: Int
    /// Sunday is zero.
    var weekday: Int
    /// From zero.
    var dayOfYear: Int

    init(seconds: Int, nanoseconds: Int) {
        let days = seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400
        let rest = seconds - days * 86_400
        (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60)
        nanosecond = nanoseconds
        weekday = ((days + 4) % 7 + 7) % 7
        // Howard Hinnant, "chrono-compatible low-level date algorithms", civil_from_days.
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayFromMarch = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayFromMarch + 2) / 153
        day = dayFromMarch - (153 * monthFromMarch + 2) / 5 + 1
        month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        dayOfYear = days - Self.days(year: year, month: 1, day: 1)
    }

    /// Since 1970-01-01.
    static func days(year: Int, month: Int, day: Int) -> Int {
        let year = month <= 2 ? year - 1 : year
        let era = (year >= 0 ? year : year - 399) / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    static func isValid(year: Int, month: Int, day: Int) -> Bool {
        guard (1...12).contains(month), day >= 1 else { return false }
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        return day <= lengths[month - 1]
    }
}

/// Reads numbers of fixed width.
struct DigitReader {
    private var rest: Substring.UTF8View

    init(_ text: String) { rest = Substring(text).utf8 }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard rest.first == UInt8(ascii: character) else { return false }
        rest.removeFirst()
        return true
    }

    mutating func number(_ width: Int) -> Int? {
        var result = 0
        for _ in 0..<width {
            guard let byte = rest.first, (0x30...0x39).contains(byte) else { return nil }
            result = result * 10 + Int(byte - 0x30)
            rest.removeFirst()
        }
        return result
    }

    /// Digits behind a point, as nanoseconds.
    mutating func fraction() -> Int? {
        var result = 0
        var count = 0
        while let byte = rest.first, (0x30...0x39).contains(byte) {
            if count < 9 { result = result * 10 + Int(byte - 0x30) }
            count += 1
            rest.removeFirst()
        }
        guard count > 0 else { return nil }
        for _ in min(count, 9)..<9 { result *= 10 }
        return result
    }

    /// `Z`, `+02:00`: seconds east of Greenwich.
    mutating func zone() -> Int? {
        if take("Z") || take("z") { return 0 }
        let sign = take("+") ? 1 : take("-") ? -1 : 0
        guard sign != 0, let hours = number(2), take(":"), let minutes = number(2), hours < 24, minutes < 60 else { return nil }
        return sign * (hours * 3600 + minutes * 60)
    }
}
