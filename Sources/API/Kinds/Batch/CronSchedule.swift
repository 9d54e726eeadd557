/// A CronJob's schedule: five fields, or a word such as `@hourly`.
///
/// Times are kept as sets of bits, one for each value a field may take.
/// - SeeAlso: `github.com/robfig/cron/v3` `parser.go`, which Kubernetes 1.36 reads schedules with.
package struct CronSchedule: Hashable, Sendable {
    /// Why a text is no schedule, in upstream's words.
    package struct Problem: Error, Hashable, Sendable, CustomStringConvertible {
        package var description: String
    }

    /// Values of one field, and whether it was `*`.
    package struct Field: Hashable, Sendable {
        package var bits: UInt64 = 0
        package var isAny = false

        package func contains(_ value: Int) -> Bool { bits & (1 << UInt64(value)) != 0 }
    }

    package enum Kind: Hashable, Sendable {
        case fields(minute: Field, hour: Field, dayOfMonth: Field, month: Field, dayOfWeek: Field)
        /// `@every 1h30m`, rounded to whole seconds, at least one.
        case every(seconds: Int64)
    }

    package var kind: Kind
    /// From `TZ=` or `CRON_TZ=` at the head; nil without.
    package var timeZone: String?

    struct Bounds {
        var min: Int
        var max: Int
        var names: [String: Int] = [:]
    }

    static let minutes = Bounds(min: 0, max: 59)
    static let hours = Bounds(min: 0, max: 23)
    static let daysOfMonth = Bounds(min: 1, max: 31)
    static let months = Bounds(
        min: 1, max: 12,
        names: [
            "jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11,
            "dec": 12,
        ])
    static let daysOfWeek = Bounds(
        min: 0, max: 6, names: ["sun": 0, "mon": 1, "tue": 2, "wed": 3, "thu": 4, "fri": 5, "sat": 6])

    package init(parsing text: String) throws(Problem) {
        guard !text.isEmpty else { throw Problem(description: "empty spec string") }
        var rest = text
        if text.hasPrefix("TZ=") || text.hasPrefix("CRON_TZ=") {
            guard let space = text.firstIndex(of: " "), let equal = text.firstIndex(of: "=") else {
                throw Problem(description: "invalid schedule format: runtime error: slice bounds out of range [:-1]")
            }
            let zone = String(text[text.index(after: equal)..<space])
            guard zone == "Local" || TimeZoneName.isKnown(zone) else {
                throw Problem(description: "provided bad location \(zone): unknown time zone \(zone)")
            }
            timeZone = zone
            rest = String(text[space...].drop { $0 == " " })
        }
        if rest.hasPrefix("@") {
            kind = try Self.descriptor(rest)
            return
        }
        let fields = rest.split(whereSeparator: \.isWhitespace).map(String.init)
        guard fields.count == 5 else {
            throw Problem(
                description: "expected exactly 5 fields, found \(fields.count): [\(fields.joined(separator: " "))]")
        }
        kind = .fields(
            minute: try Self.field(fields[0], Self.minutes), hour: try Self.field(fields[1], Self.hours),
            dayOfMonth: try Self.field(fields[2], Self.daysOfMonth), month: try Self.field(fields[3], Self.months),
            dayOfWeek: try Self.field(fields[4], Self.daysOfWeek))
    }

    private static let words = [
        "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *", "@weekly": "0 0 * * 0",
        "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@hourly": "0 * * * *",
    ]

    private static func descriptor(_ text: String) throws(Problem) -> Kind {
        if let fields = words[text] { return try CronSchedule(parsing: fields).kind }
        let every = "@every "
        guard text.hasPrefix(every) else { throw Problem(description: "unrecognized descriptor: \(text)") }
        let amount = String(text.dropFirst(every.count))
        guard let seconds = GoDuration.seconds(parsing: amount) else {
            throw Problem(description: "failed to parse duration \(text): time: invalid duration \"\(amount)\"")
        }
        return .every(seconds: max(1, Int64(seconds)))
    }

    private static func field(_ text: String, _ bounds: Bounds) throws(Problem) -> Field {
        var field = Field()
        for expression in text.split(separator: ",") {
            let part = try range(String(expression), bounds)
            field.bits |= part.bits
            field.isAny = field.isAny || part.isAny
        }
        return field
    }

    /// `number`, `number-number`, `*`, each with or without `/step`.
    private static func range(_ text: String, _ bounds: Bounds) throws(Problem) -> Field {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let limits = parts[0].split(separator: "-", omittingEmptySubsequences: false).map(String.init)
        var field = Field()
        var (start, end, step) = (bounds.min, bounds.max, 1)
        if limits[0] == "*" || limits[0] == "?" {
            field.isAny = true
        } else {
            start = try number(limits[0], bounds.names)
            switch limits.count {
            case 1: end = start
            case 2: end = try number(limits[1], bounds.names)
            default: throw Problem(description: "too many hyphens: \(text)")
            }
        }
        switch parts.count {
        case 1: break
        case 2:
            step = try number(parts[1], [:])
            if limits.count == 1 { end = bounds.max }
            if step > 1 { field.isAny = false }
        default: throw Problem(description: "too many slashes: \(text)")
        }
        if start < bounds.min {
            throw Problem(description: "beginning of range (\(start)) below minimum (\(bounds.min)): \(text)")
        }
        if end > bounds.max { throw Problem(description: "end of range (\(end)) above maximum (\(bounds.max)): \(text)") }
        if start > end {
            throw Problem(description: "beginning of range (\(start)) beyond end of range (\(end)): \(text)")
        }
        if step == 0 { throw Problem(description: "step of range should be a positive number: \(text)") }
        for value in stride(from: start, through: end, by: step) { field.bits |= 1 << UInt64(value) }
        return field
    }

    private static func number(_ text: String, _ names: [String: Int]) throws(Problem) -> Int {
        if let known = names[text.lowercased()] { return known }
        guard let number = Int(text) else {
            throw Problem(
                description: "failed to parse int from \(text): strconv.Atoi: parsing \"\(text)\": invalid syntax")
        }
        guard number >= 0 else { throw Problem(description: "negative number (\(number)) not allowed: \(text)") }
        return number
    }
}

/// Durations as Go writes them: `1h30m`, `1.5s`, `-3ms`.
enum GoDuration {
    private static let units: [(name: String, seconds: Double)] = [
        ("ns", 1e-9), ("us", 1e-6), ("µs", 1e-6), ("ms", 1e-3), ("s", 1), ("m", 60), ("h", 3600),
    ]

    /// Nil when the text is no duration.
    static func seconds(parsing text: String) -> Double? {
        var rest = Substring(text)
        var sign = 1.0
        if rest.first == "-" || rest.first == "+" { sign = rest.removeFirst() == "-" ? -1 : 1 }
        if rest == "0" { return 0 }
        if rest.isEmpty { return nil }
        var total = 0.0
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
            guard let amount = Double(digits), !digits.isEmpty else { return nil }
            rest = rest.dropFirst(digits.count)
            let word = rest.prefix { !($0.isASCII && ($0.isNumber || $0 == ".")) }
            guard let unit = units.first(where: { $0.name == word }) else { return nil }
            total += amount * unit.seconds
            rest = rest.dropFirst(word.count)
        }
        return sign * total
    }
}
