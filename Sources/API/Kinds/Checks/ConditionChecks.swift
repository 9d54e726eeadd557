import JSON

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
        var errors = FieldCheck.invalid(
            path("type"), condition.text("type"), NameValidation.qualifiedName(condition.text("type")))
        if !statuses.contains(condition.text("status")) {
            errors.append(FieldError.notSupported(path("status"), .string(condition.text("status")), inOrder: statuses))
        }
        errors += FieldCheck.nonNegative(condition, ["observedGeneration"], path)
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
