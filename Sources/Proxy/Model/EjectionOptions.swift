/// When an endpoint of a Service that fails repeatedly gets no new connections for a while. Off without the annotation.
package struct EjectionOptions: Hashable, Sendable {
    /// `on` (the defaults), `off`, or any of `failures=5,within=60s,for=30s,max-percent=50`.
    package static let annotation = "skiff.dev/ejection"

    /// So many attempts in a row failed, none answered in between...
    package var failures = 5
    /// ...and all of them began within so many seconds.
    package var withinSeconds = 60
    /// For so many seconds, the first time.
    package var seconds = 30
    /// At most this part of a port's endpoints, rounded down; one always may be ejected, and one always remains.
    package var percentMax = 50

    package static let failuresRange = 1...100
    package static let withinRange = 1...3600
    package static let secondsRange = 1...3600
    package static let percentRange = 1...100

    package init() {}

    /// What an annotation says: nil for `off`.
    ///
    /// - Throws: `Unreadable` for a word or a number that is none of these.
    package static func parse(_ text: String) throws(Unreadable) -> EjectionOptions? {
        let words = text.filter { !$0.isWhitespace }
        if words.isEmpty || words == "off" { return nil }
        var options = EjectionOptions()
        if words == "on" { return options }
        for entry in words.split(separator: ",", omittingEmptySubsequences: false) {
            let parts = entry.split(separator: "=", omittingEmptySubsequences: false)
            guard parts.count == 2 else { throw Unreadable() }
            switch parts[0] {
            case "failures": options.failures = try number(parts[1], in: failuresRange)
            case "within": options.withinSeconds = try number(seconds(parts[1]), in: withinRange)
            case "for": options.seconds = try number(seconds(parts[1]), in: secondsRange)
            case "max-percent": options.percentMax = try number(parts[1], in: percentRange)
            default: throw Unreadable()
            }
        }
        return options
    }

    package struct Unreadable: Error {}

    private static func seconds(_ text: Substring) -> Substring { text.hasSuffix("s") ? text.dropLast() : text }

    private static func number(_ text: Substring, in range: ClosedRange<Int>) throws(Unreadable) -> Int {
        guard let number = Int(text), range.contains(number) else { throw Unreadable() }
        return number
    }
}

/// Why an endpoint of a Service gets no new connections at the moment, and for how long.
package struct Ejection: Hashable, Sendable {
    package enum Reason: String, Hashable, Sendable, CaseIterable {
        /// It answered with a reset.
        case refused
        /// Nothing answered in time.
        case silent = "no-answer"
    }

    /// Of the last failed attempt.
    package var reason: Reason
    /// Attempts that failed in a row.
    package var failures: Int
    /// From the moment that the change was taken, rounded up.
    package var seconds: Int

    package init(_ reason: Reason, failures: Int, seconds: Int) {
        self.reason = reason
        self.failures = failures
        self.seconds = seconds
    }

    /// As it stands beside the element in the kernel: `5 attempts failed, the last one refused`.
    package var text: String {
        let last = reason == .refused ? "refused" : "not answered"
        return failures == 1 ? "1 attempt \(last)" : "\(failures) attempts failed, the last one \(last)"
    }
}
