package import JSON

/// What tables print in their cells.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/printers/internalversion/printers.go`.
package enum Cells {
    package static func name(_ object: JSONValue) -> JSONValue { object["metadata"]?["name"] ?? "" }

    package static func age(_ object: JSONValue, now: Timestamp) -> JSONValue {
        .string(age(of: object["metadata"]?["creationTimestamp"], now: now))
    }

    /// `<unknown>` for a time that is absent.
    static func age(of time: JSONValue?, now: Timestamp) -> String {
        guard let time = time?.string.flatMap(Timestamp.init(parsing:)) else { return "<unknown>" }
        return HumanDuration.print(seconds: now.seconds - time.seconds)
    }

    /// `<none>` for what is absent or empty.
    static func text(_ value: JSONValue?) -> JSONValue {
        guard let text = value?.string, !text.isEmpty else { return "<none>" }
        return .string(text)
    }

    /// Labels as `a=b,c=d` in order of key, `<none>` when there are none.
    static func labels(_ value: JSONValue?) -> JSONValue {
        let labels = value?.object?.strings ?? [:]
        if labels.isEmpty { return "<none>" }
        return .string(labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ","))
    }

    /// A `metav1.LabelSelector` as `kubectl` prints it.
    static func selector(_ value: JSONValue?) -> JSONValue {
        guard let value, !value.isNull else { return "<none>" }
        let text = LabelSelector(json: value).description
        return .string(text.isEmpty ? "<none>" : text)
    }

    static func count(_ value: JSONValue?) -> JSONValue { .int(value?.int ?? 0) }

    /// Names and images of the containers of a pod template, each joined by commas.
    static func containers(_ podSpec: JSONValue?) -> (names: JSONValue, images: JSONValue) {
        let containers = podSpec?["containers"]?.array ?? []
        func joined(_ field: String) -> JSONValue {
            .string(containers.map { $0[field]?.string ?? "" }.joined(separator: ","))
        }
        return (joined("name"), joined("image"))
    }
}

/// A span of time in the two largest units that matter.
///
/// - SeeAlso: Kubernetes 1.36 `apimachinery/pkg/util/duration/duration.go`, `HumanDuration`.
package enum HumanDuration {
    package static func print(seconds: Int64) -> String {
        if seconds < -1 { return "<invalid>" }
        if seconds < 0 { return "0s" }
        if seconds < 120 { return "\(seconds)s" }
        let minutes = seconds / 60
        if minutes < 10 { return pair(minutes, "m", seconds % 60, "s") }
        if minutes < 180 { return "\(minutes)m" }
        let hours = seconds / 3600
        if hours < 8 { return pair(hours, "h", minutes % 60, "m") }
        if hours < 48 { return "\(hours)h" }
        if hours < 192 { return pair(hours / 24, "d", hours % 24, "h") }
        if hours < 24 * 365 * 2 { return "\(hours / 24)d" }
        if hours < 24 * 365 * 8 { return pair(hours / 24 / 365, "y", hours / 24 % 365, "d") }
        return "\(hours / 24 / 365)y"
    }

    private static func pair(_ large: Int64, _ largeUnit: String, _ small: Int64, _ smallUnit: String) -> String {
        small == 0 ? "\(large)\(largeUnit)" : "\(large)\(largeUnit)\(small)\(smallUnit)"
    }
}
