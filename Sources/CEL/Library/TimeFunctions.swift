/// Parts of timestamps and durations.
enum TimeFunctions: FunctionLibrary {
    private static let parts = [
        "getFullYear", "getMonth", "getDayOfYear", "getDayOfMonth", "getDate", "getDayOfWeek", "getHours", "getMinutes",
        "getSeconds", "getMilliseconds",
    ]

    static let declarations =
        parts.map { "timestamp: \($0)() -> int\ntimestamp: \($0)(string) -> int" }.joined(separator: "\n")
        + "\n"
        + ["getHours", "getMinutes", "getSeconds", "getMilliseconds"].map { "duration: \($0)() -> int" }.joined(separator: "\n")

    static func call(
        _ name: String, _ arguments: [CELValue], _ evaluator: Evaluator
    ) throws(EvaluationError) -> CELValue? {
        switch (arguments.first, arguments.dropFirst().first) {
        case (.timestamp(let time), nil): return part(name, of: time.civil()).map { .int(Int64($0)) }
        case (.timestamp(let time), .string(let zone)):
            return part(name, of: time.civil(offset: try offset(zone))).map { .int(Int64($0)) }
        case (.duration(let span), nil): return part(name, of: span).map { .int($0) }
        default: return nil
        }
    }

    private static func part(_ name: String, of time: Civil) -> Int? {
        switch name {
        case "getFullYear": time.year
        case "getMonth": time.month - 1
        case "getDayOfYear": time.dayOfYear
        case "getDayOfMonth": time.day - 1
        case "getDate": time.day
        case "getDayOfWeek": time.weekday
        case "getHours": time.hour
        case "getMinutes": time.minute
        case "getSeconds": time.second
        case "getMilliseconds": time.nanosecond / 1_000_000
        default: nil
        }
    }

    private static func part(_ name: String, of span: CELDuration) -> Int64? {
        switch name {
        case "getHours": span.nanosecondsTotal / 3_600_000_000_000
        case "getMinutes": span.nanosecondsTotal / 60_000_000_000
        case "getSeconds": span.nanosecondsTotal / 1_000_000_000
        case "getMilliseconds": span.nanosecondsTotal / 1_000_000 % 1000
        default: nil
        }
    }

    /// `UTC`, `+02:00`, `-08:30`; names of places need tables that this module has not.
    private static func offset(_ zone: String) throws(EvaluationError) -> Int {
        if ["UTC", "", "GMT", "Etc/UTC", "Etc/GMT"].contains(zone) { return 0 }
        let isNegative = zone.hasPrefix("-")
        let text = isNegative || zone.hasPrefix("+") ? String(zone.dropFirst()) : zone
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let hours = Int(parts[0]), let minutes = Int(parts[1]), (0..<24).contains(hours),
            (0..<60).contains(minutes)
        else { throw EvaluationError("unknown time zone \(zone)") }
        return (isNegative ? -1 : 1) * (hours * 3600 + minutes * 60)
    }
}
