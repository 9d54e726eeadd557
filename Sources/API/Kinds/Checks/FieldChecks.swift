import JSON

/// Checks that many kinds share, worded as upstream words them.
///
/// - SeeAlso: Kubernetes 1.36 `apimachinery/pkg/api/validation`, `pkg/apis/core/validation/validation.go`.
enum FieldChecks {
    static let isImmutable = "field is immutable"
    static let isNegative = "must be greater than or equal to 0"

    /// Each named member that is a number below zero.
    static func nonNegative(_ object: JSONValue?, _ names: [String], _ path: FieldPath) -> [FieldError] {
        names.compactMap { name in
            guard let value = object?[name]?.int, value < 0 else { return nil }
            return .invalid(path(name), .int(value), isNegative)
        }
    }

    /// Nothing when both are equal; null counts as absent.
    static func immutable(_ new: JSONValue?, _ old: JSONValue?, _ path: FieldPath) -> [FieldError] {
        let (now, was) = (new ?? .null, old ?? .null)
        return now == was ? [] : [.invalid(path, now.isNull ? "null" : now, isImmutable)]
    }

    static func immutable(_ new: JSONValue?, _ old: JSONValue?, fields: [String], _ path: FieldPath) -> [FieldError] {
        fields.flatMap { immutable(new?[$0], old?[$0], path($0)) }
    }

    /// One error per message about one text.
    static func invalid(_ path: FieldPath, _ value: String, _ messages: [String]) -> [FieldError] {
        messages.map { .invalid(path, .string(value), $0) }
    }

    /// Messages about a member that may be absent.
    static func optional(
        _ object: JSONValue?, _ name: String, _ path: FieldPath, _ check: (String) -> [String]
    ) -> [FieldError] {
        guard let text = object?[name]?.string, !text.isEmpty else { return [] }
        return invalid(path(name), text, check(text))
    }

    /// An empty member is required, another is checked.
    static func required(
        _ object: JSONValue?, _ name: String, _ path: FieldPath, _ detail: String = "",
        _ check: (String) -> [String] = { _ in [] }
    ) -> [FieldError] {
        let text = object?.text(name) ?? ""
        return text.isEmpty ? [.required(path(name), detail)] : invalid(path(name), text, check(text))
    }

    /// A member that must have one of a few values; absent and empty are fine.
    static func oneOf(_ object: JSONValue?, _ name: String, _ values: [String], _ path: FieldPath) -> [FieldError] {
        guard let value = object?[name], !value.isNull, let text = value.string, !values.contains(text) else { return [] }
        return [unsupported(path(name), value, values)]
    }

    /// A member that must be there and have one of a few values.
    static func requiredOneOf(_ object: JSONValue?, _ name: String, _ values: [String], _ path: FieldPath) -> [FieldError] {
        let text = object?.text(name) ?? ""
        if text.isEmpty { return [.required(path(name))] }
        return values.contains(text) ? [] : [unsupported(path(name), .string(text), values)]
    }

    /// The supported values in the order given, where upstream does not sort them.
    static func unsupported(_ path: FieldPath, _ value: JSONValue, _ values: [String]) -> FieldError {
        let list = values.map { "\"\($0)\"" }.joined(separator: ", ")
        return FieldError(.notSupported, path, value: value, "supported values: \(list)")
    }

    /// A count that went down.
    static func notDecremented(_ new: JSONValue, _ old: JSONValue, _ name: String, _ path: FieldPath) -> [FieldError] {
        guard let before = old["status"]?[name]?.int, (new["status"]?[name]?.int ?? 0) < before else { return [] }
        return [.invalid(path(name), .int(new["status"]?[name]?.int ?? 0), "cannot be decremented")]
    }

    /// `metadata.name` of a subresource's owner, `metadata.labels` of a template: a map printed in order of its keys.
    static func sorted(_ map: JSONValue?) -> JSONValue {
        guard let members = map?.object?.members else { return .null }
        return .object(JSONObject(members.sorted { $0.key < $1.key }))
    }
}

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
        case .int(let number): number < 0 ? [.invalid(path, .int(Int64(number)), FieldChecks.isNegative)] : []
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

/// `metav1.Condition` lists.
///
/// - SeeAlso: Kubernetes 1.36 `apimachinery/pkg/apis/meta/v1/validation/validation.go`, `ValidateConditions`.
enum ConditionChecks {
    static let statuses = ["False", "True", "Unknown"]
    private static let reasonRule =
        "a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters or "
        + "'_,:', and must end with an alphanumeric character or '_' (e.g. 'my_name',  or 'MY_NAME',  or 'MyName',  or "
        + "'ReasonA,ReasonB',  or 'ReasonA:ReasonB', regex used for validation is "
        + "'[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?')"

    static func validate(_ conditions: [JSONValue], _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        var seen: Set<String> = []
        for (index, condition) in conditions.enumerated() {
            let type = condition.text("type")
            if !seen.insert(type).inserted { errors.append(.duplicate(path[index]("type"), .string(type))) }
            errors += one(condition, path[index])
        }
        return errors
    }

    private static func one(_ condition: JSONValue, _ path: FieldPath) -> [FieldError] {
        var errors = FieldChecks.invalid(
            path("type"), condition.text("type"), NameValidation.qualifiedName(condition.text("type")))
        if !statuses.contains(condition.text("status")) {
            errors.append(FieldChecks.unsupported(path("status"), .string(condition.text("status")), statuses))
        }
        errors += FieldChecks.nonNegative(condition, ["observedGeneration"], path)
        if !condition.has("lastTransitionTime") { errors.append(.required(path("lastTransitionTime"), "must be set")) }
        let reason = condition.text("reason")
        if reason.isEmpty {
            errors.append(.required(path("reason"), "must be set"))
        } else {
            if !isReason(reason) { errors.append(.invalid(path("reason"), .string(reason), reasonRule)) }
            if reason.utf8.count > 1024 { errors.append(.tooLong(path("reason"), bytesMax: 1024)) }
        }
        if condition.text("message").utf8.count > 32 * 1024 { errors.append(.tooLong(path("message"), bytesMax: 32 * 1024)) }
        return errors
    }

    private static func isReason(_ text: String) -> Bool {
        func isLetter(_ byte: UInt8) -> Bool { (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte) }
        func isWord(_ byte: UInt8) -> Bool { isLetter(byte) || (0x30...0x39).contains(byte) || byte == 0x5f }
        let bytes = text.utf8
        guard let first = bytes.first, let last = bytes.last, isLetter(first), isWord(last) else { return false }
        return bytes.allSatisfy { isWord($0) || $0 == 0x2c || $0 == 0x3a }
    }

    static func isTrue(_ object: JSONValue, _ type: String) -> Bool {
        (object["status"]?.elements("conditions") ?? []).contains { $0.text("type") == type && $0.text("status") == "True" }
    }
}
