package import JSON

/// One thing that is wrong with one field, worded as upstream words it.
///
/// - SeeAlso: Kubernetes 1.36 `apimachinery/pkg/util/validation/field/errors.go`.
package struct FieldError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Reason: String, Hashable, Sendable {
        case notFound = "FieldValueNotFound"
        case required = "FieldValueRequired"
        case duplicate = "FieldValueDuplicate"
        case invalid = "FieldValueInvalid"
        case notSupported = "FieldValueNotSupported"
        case forbidden = "FieldValueForbidden"
        case tooLong = "FieldValueTooLong"
        case tooMany = "FieldValueTooMany"
        case typeInvalid = "FieldValueTypeInvalid"
        case internalError = "InternalError"

        var words: String {
            switch self {
            case .notFound: "Not found"
            case .required: "Required value"
            case .duplicate: "Duplicate value"
            case .invalid, .typeInvalid: "Invalid value"
            case .notSupported: "Unsupported value"
            case .forbidden: "Forbidden"
            case .tooLong: "Too long"
            case .tooMany: "Too many"
            case .internalError: "Internal error"
            }
        }
    }

    package var reason: Reason
    /// `spec.containers[0].image`.
    package var field: String
    /// What was found; nil where upstream does not print it.
    package var value: JSONValue?
    package var detail: String

    package init(_ reason: Reason, _ field: FieldPath, value: JSONValue? = nil, _ detail: String = "") {
        self.reason = reason
        self.field = field.description
        self.value = value
        self.detail = detail
    }

    package static func required(_ field: FieldPath, _ detail: String = "") -> FieldError {
        FieldError(.required, field, detail)
    }

    package static func invalid(_ field: FieldPath, _ value: JSONValue?, _ detail: String) -> FieldError {
        FieldError(.invalid, field, value: value ?? "", detail)
    }

    package static func duplicate(_ field: FieldPath, _ value: JSONValue) -> FieldError {
        FieldError(.duplicate, field, value: value)
    }

    package static func forbidden(_ field: FieldPath, _ detail: String) -> FieldError { FieldError(.forbidden, field, detail) }

    package static func tooLong(_ field: FieldPath, bytesMax: Int) -> FieldError {
        FieldError(.tooLong, field, "may not be more than \(bytesMax) bytes")
    }

    package static func tooMany(_ field: FieldPath, count: Int, max: Int) -> FieldError {
        FieldError(
            .tooMany, field, value: .int(Int64(count)), "must have at most \(max) \(max == 1 ? "item" : "items")")
    }

    /// Values are listed in order of text, as upstream lists them.
    package static func notSupported(_ field: FieldPath, _ value: JSONValue, supported: [String]) -> FieldError {
        let list = supported.sorted().map { "\"\($0)\"" }.joined(separator: ", ")
        return FieldError(.notSupported, field, value: value, supported.isEmpty ? "" : "supported values: \(list)")
    }

    /// Values are listed as given, for upstream's lists that are not in order of text.
    package static func notSupported(_ field: FieldPath, _ value: JSONValue, inOrder supported: [String]) -> FieldError {
        let list = supported.map { "\"\($0)\"" }.joined(separator: ", ")
        return FieldError(.notSupported, field, value: value, supported.isEmpty ? "" : "supported values: \(list)")
    }

    package static func notFound(_ field: FieldPath, _ value: JSONValue, _ detail: String = "") -> FieldError {
        FieldError(.notFound, field, value: value, detail)
    }

    /// The text without the field: what a `Status` cause carries.
    package var body: String {
        var text = reason.words
        switch reason {
        case .required, .forbidden, .tooLong, .internalError: break
        default:
            if let value { text += ": " + Self.quoted(value) }
        }
        if !detail.isEmpty { text += ": " + detail }
        return text
    }

    package var description: String { "\(field): \(body)" }

    private static func quoted(_ value: JSONValue) -> String { JSONWriter.text(value) }
}

/// Where a field stands, built from the root downwards.
package struct FieldPath: Hashable, Sendable, CustomStringConvertible {
    package let description: String

    package init(_ root: String = "") { description = root }

    /// Below a member: `spec` -> `spec.replicas`.
    package func callAsFunction(_ name: String) -> FieldPath {
        FieldPath(description.isEmpty ? name : "\(description).\(name)")
    }

    package subscript(index: Int) -> FieldPath { FieldPath("\(description)[\(index)]") }

    /// Below a key of a map: `labels[app]`.
    package func key(_ key: String) -> FieldPath { FieldPath("\(description)[\(key)]") }
}
