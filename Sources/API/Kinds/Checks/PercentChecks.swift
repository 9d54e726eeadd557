import JSON

/// Numbers that may also be percentages.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/apis/apps/validation/validation.go`, `ValidatePositiveIntOrPercent`.
enum PercentChecks {
    private static let rule =
        "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', "
        + "regex used for validation is '[0-9]+%')"

    static func positive(_ value: JSONValue?, _ path: FieldPath) -> [FieldError] {
        switch IntOrString(json: value) {
        case .string(let text): percent(value) == nil ? [.invalid(path, .string(text), rule)] : []
        case .int(let number): number < 0 ? [.invalid(path, .int(Int64(number)), FieldCheck.negative)] : []
        case nil: []
        }
    }

    static func notAboveHundred(_ value: JSONValue?, _ path: FieldPath) -> [FieldError] {
        guard let percent = percent(value), percent > 100 else { return [] }
        return [.invalid(path, value, "must not be greater than 100%")]
    }

    static func percent(_ value: JSONValue?) -> Int? {
        guard let text = value?.string, text.hasSuffix("%"), text.count > 1 else { return nil }
        let digits = text.dropLast()
        return digits.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(digits) : nil
    }

    /// The number, or the percentage as a number; zero for anything else.
    static func number(_ value: JSONValue?) -> Int {
        if let percent = percent(value) { return percent }
        if case .int(let number)? = IntOrString(json: value) { return Int(number) }
        return Int(value?.string ?? "") ?? 0
    }
}
