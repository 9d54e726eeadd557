import JSON

/// Lists and names of the device kinds.
///
/// - SeeAlso: Kubernetes 1.36 `pkg/apis/resource/validation/validation.go`.
enum DeviceChecks {
    static let poolNameBytesMax = 253
    private static let identifierBytesMax = 32
    private static let identifierRule =
        "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_' "
        + "(e.g. 'my_name',  or 'MY_NAME',  or 'MyName', regex used for validation is '[A-Za-z_][A-Za-z0-9_]*')"
    private static let rawBytesMax = 10 * 1024

    /// Too many elements end the check; else each is checked, then all are compared.
    ///
    /// - Parameter key: What must differ; nil when elements may be equal.
    static func list(
        _ values: [JSONValue], max: Int?, _ path: FieldPath, key: ((JSONValue) -> JSONValue)? = nil,
        _ check: (JSONValue, FieldPath) -> [FieldError]
    ) -> [FieldError] {
        if let max, values.count > max { return [.tooMany(path, count: values.count, max: max)] }
        var errors = values.enumerated().flatMap { check($1, path[$0]) }
        guard let key else { return errors }
        var seen: Set<JSONValue> = []
        for (index, value) in values.enumerated() where !seen.insert(key(value)).inserted {
            errors.append(.duplicate(path[index], key(value)))
        }
        return errors
    }

    static func label(_ text: String, _ path: FieldPath) -> [FieldError] {
        FieldCheck.invalid(path, text, NameValidation.dns1123Label(text))
    }

    static func poolName(_ name: String, _ path: FieldPath) -> [FieldError] {
        if name.isEmpty { return [.required(path)] }
        var errors: [FieldError] = []
        if name.utf8.count > poolNameBytesMax { errors.append(.tooLong(path, bytesMax: poolNameBytesMax)) }
        for part in name.split(separator: "/", omittingEmptySubsequences: false).map(String.init) {
            errors += FieldCheck.invalid(path, part, NameValidation.dns1123Subdomain(part))
        }
        return errors
    }

    static func identifier(_ text: String, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        if text.utf8.count > identifierBytesMax { errors.append(.tooLong(path, bytesMax: identifierBytesMax)) }
        func isLetter(_ byte: UInt8) -> Bool { (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte) || byte == 0x5f }
        let isFine =
            text.utf8.first.map(isLetter) ?? false
            && text.utf8.allSatisfy { isLetter($0) || (0x30...0x39).contains($0) }
        return isFine ? errors : errors + [.invalid(path, .string(text), identifierRule)]
    }

    /// `domain/name` or `name`.
    static func qualified(_ name: String, _ path: FieldPath, needsDomain: Bool = false) -> [FieldError] {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        var errors: [FieldError] = []
        switch parts.count {
        case 1: errors += identifier(parts[0], path)
        case 2:
            errors +=
                parts[0].isEmpty ? [.invalid(path, "", "the domain must not be empty")] : DomainChecks.driver(parts[0], path)
            errors += parts[1].isEmpty ? [.invalid(path, "", "the name must not be empty")] : identifier(parts[1], path)
        default: errors.append(.invalid(path, .string(name), "must not contain more than one slash"))
        }
        if needsDomain, parts.count < 2 {
            errors.append(
                .invalid(
                    path, .string(name), "a fully qualified name must be a domain and a name separated by a slash"))
        }
        return errors
    }

    /// Something for a driver, which must be an object.
    static func raw(_ value: JSONValue?, _ path: FieldPath, isStored: Bool = false) -> [FieldError] {
        guard let value, !value.isNull else { return [.required(path)] }
        if !isStored, JSONWriter.write(value).count > rawBytesMax { return [.tooLong(path, bytesMax: rawBytesMax)] }
        return value.object == nil ? [.invalid(path, "<value omitted>", "must be a valid JSON object")] : []
    }

    private static let effects = ["NoExecute", "NoSchedule", "None"]

    static func taint(_ taint: JSONValue, _ path: FieldPath) -> [FieldError] {
        FieldCheck.invalid(path("key"), taint.text("key"), NameValidation.qualifiedName(taint.text("key")))
            + FieldCheck.optional(taint, "value", path, NameValidation.labelValue)
            + FieldCheck.requiredOneOf(taint, "effect", effects, path)
    }

    static func toleration(_ toleration: JSONValue, _ path: FieldPath) -> [FieldError] {
        var errors = FieldCheck.optional(toleration, "key", path, NameValidation.qualifiedName)
        let value = toleration.text("value")
        switch toleration.text("operator") {
        case "Exists":
            if !value.isEmpty {
                errors.append(.invalid(path("value"), .string(value), "must be empty for operator `Exists`"))
            }
        case "Equal": errors += FieldCheck.invalid(path("value"), value, NameValidation.labelValue(value))
        case "": errors.append(.required(path("operator")))
        case let other: errors.append(FieldError.notSupported(path("operator"), .string(other), inOrder: ["Equal", "Exists"]))
        }
        return errors + FieldCheck.oneOf(toleration, "effect", effects + [""], path)
    }

    private static let bindingConditionsMax = 4

    static func binding(_ object: JSONValue, _ path: FieldPath) -> [FieldError] {
        let names = ["bindingConditions", "bindingFailureConditions"]
        func condition(_ value: JSONValue, _ path: FieldPath) -> [FieldError] {
            FieldCheck.invalid(path, value.string ?? "", NameValidation.qualifiedName(value.string ?? ""))
        }
        var errors = names.flatMap { list(object.elements($0), max: bindingConditionsMax, path($0), key: { $0 }, condition) }
        let (wanted, failures) = (object.elements(names[0]), object.elements(names[1]))
        for (index, failure) in failures.enumerated() where wanted.contains(failure) {
            errors.append(
                .invalid(
                    path(names[1])[index], failure, "bindingFailureConditions must not overlap with bindingConditions"))
        }
        if wanted.isEmpty, !failures.isEmpty {
            errors.append(
                .invalid(path(names[0]), .null, "bindingConditions are required to use bindingFailureConditions"))
        }
        if failures.isEmpty, !wanted.isEmpty {
            errors.append(
                .invalid(path(names[1]), .null, "bindingFailureConditions are required to use bindingConditions"))
        }
        return errors
    }

    static func nodeSelector(_ selector: JSONValue, _ path: FieldPath) -> [FieldError] {
        let terms = selector.elements("nodeSelectorTerms")
        let at = path("nodeSelectorTerms")
        if terms.isEmpty { return [.required(at, "must have at least one node selector term")] }
        var errors: [FieldError] = []
        for (index, term) in terms.enumerated() {
            for list in ["matchExpressions", "matchFields"] {
                for (position, requirement) in term.elements(list).enumerated() {
                    errors += self.requirement(requirement, at[index](list)[position])
                }
            }
        }
        return errors
    }

    private static func requirement(_ requirement: JSONValue, _ path: FieldPath) -> [FieldError] {
        let key = requirement.text("key")
        return NodeRequirementCheck.values(requirement, path)
            + FieldCheck.invalid(path("key"), key, NameValidation.qualifiedName(key))
    }
}
