package import JSON

/// The checks that every kind repeats. Each gives the errors of one field, none when it is fine.
package enum FieldCheck {
    /// - Parameter rule: Messages for a text, such as `NameValidation.dns1123Label`.
    package static func text(_ text: String, _ path: FieldPath, _ rule: (String) -> [String]) -> [FieldError] {
        rule(text).map { .invalid(path, .string(text), $0) }
    }

    /// As `text`, but nothing is wrong with an empty text.
    package static func optionalText(_ text: String, _ path: FieldPath, _ rule: (String) -> [String]) -> [FieldError] {
        text.isEmpty ? [] : Self.text(text, path, rule)
    }

    /// As `text`, but an empty text is missing.
    package static func requiredText(_ text: String, _ path: FieldPath, _ rule: (String) -> [String]) -> [FieldError] {
        text.isEmpty ? [.required(path)] : Self.text(text, path, rule)
    }

    /// Each of `fields` must hold a text that is not empty.
    package static func required(_ object: JSONValue, _ fields: String..., at path: FieldPath) -> [FieldError] {
        fields.filter { object.text($0).isEmpty }.map { .required(path($0)) }
    }

    package static let negative = "must be greater than or equal to 0"
    package static let notPositive = "must be greater than zero"
    package static let immutable = "field is immutable"

    /// Nothing is wrong with an absent number.
    package static func nonNegative(_ value: Int64?, _ path: FieldPath) -> [FieldError] {
        guard let value, value < 0 else { return [] }
        return [.invalid(path, .int(value), negative)]
    }

    package static func range(_ value: Int64?, _ range: ClosedRange<Int64>, _ path: FieldPath) -> [FieldError] {
        guard let value, !range.contains(value) else { return [] }
        return [.invalid(path, .int(value), inclusive(range))]
    }

    package static func inclusive(_ range: ClosedRange<Int64>) -> String {
        "must be between \(range.lowerBound) and \(range.upperBound), inclusive"
    }

    /// One of `values`, which the message lists as given; an empty text is missing.
    package static func choice(_ text: String, _ values: [String], _ path: FieldPath) -> [FieldError] {
        text.isEmpty ? [.required(path)] : optionalChoice(text, values, path)
    }

    /// As `choice`, but nothing is wrong with an absent member.
    package static func optionalChoice(_ text: String?, _ values: [String], _ path: FieldPath) -> [FieldError] {
        guard let text, !values.contains(text) else { return [] }
        return [.notSupported(path, .string(text), inOrder: values)]
    }

    package static func unchanged(_ new: JSONValue?, _ old: JSONValue?, _ path: FieldPath) -> [FieldError] {
        let (new, old) = (new ?? .null, old ?? .null)
        return new == old ? [] : [.invalid(path, new.isNull ? "null" : new, immutable)]
    }
}

extension [FieldError] {
    /// The same errors, each once, in the order of the first.
    package var unique: [FieldError] {
        var seen: Set<FieldError> = []
        return filter { seen.insert($0).inserted }
    }
}
