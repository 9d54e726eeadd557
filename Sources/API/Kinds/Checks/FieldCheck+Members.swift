import JSON

/// The same checks for members of an object, worded as upstream words them.
///
/// - SeeAlso: Kubernetes 1.36 `apimachinery/pkg/api/validation`, `pkg/apis/core/validation/validation.go`.
extension FieldCheck {
    /// Each named member that is a number below zero.
    static func nonNegative(_ object: JSONValue?, _ names: [String], _ path: FieldPath) -> [FieldError] {
        names.flatMap { nonNegative(object?[$0]?.int, path($0)) }
    }

    static func unchanged(_ new: JSONValue?, _ old: JSONValue?, fields: [String], _ path: FieldPath) -> [FieldError] {
        fields.flatMap { unchanged(new?[$0], old?[$0], path($0)) }
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
        optionalChoice(object?[name]?.string, values, path(name))
    }

    /// A member that must be there and have one of a few values.
    static func requiredOneOf(_ object: JSONValue?, _ name: String, _ values: [String], _ path: FieldPath) -> [FieldError] {
        choice(object?.text(name) ?? "", values, path(name))
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
