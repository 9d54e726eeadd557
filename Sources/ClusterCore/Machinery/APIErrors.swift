package import API

/// Refusals, worded as upstream words them.
///
/// - SeeAlso: Kubernetes 1.36 `apimachinery/pkg/api/errors/errors.go`.
package enum APIErrors {
    package static func notFound(_ resource: GroupVersionResource, _ name: String) -> Status {
        Status(
            code: 404, reason: "NotFound", message: "\(resource.groupResource) \"\(name)\" not found",
            details: details(resource, name))
    }

    /// For a path that names no resource.
    package static let unknownPath = Status(
        code: 404, reason: "NotFound", message: "the server could not find the requested resource", details: Status.Details())

    package static func alreadyExists(_ resource: GroupVersionResource, _ name: String) -> Status {
        Status(
            code: 409, reason: "AlreadyExists", message: "\(resource.groupResource) \"\(name)\" already exists",
            details: details(resource, name))
    }

    package static func conflict(_ resource: GroupVersionResource, _ name: String, _ why: String = modified) -> Status {
        Status(
            code: 409, reason: "Conflict",
            message: "Operation cannot be fulfilled on \(resource.groupResource) \"\(name)\": \(why)",
            details: details(resource, name))
    }

    package static let modified =
        "the object has been modified; please apply your changes to the latest version and try again"

    /// A precondition of a delete or update that the object does not meet.
    package static func preconditionFailed(
        _ resource: GroupVersionResource, _ name: String, field: String, expected: String, found: String
    ) -> Status {
        let word = field == "uid" ? "UID" : "ResourceVersion"
        return conflict(
            resource, name,
            "Precondition failed: \(word) in precondition: \(expected), \(word) in object meta: \(found)")
    }

    package static func invalid(_ kind: GroupVersionKind, _ name: String, _ errors: [FieldError]) -> Status {
        let groupKind = kind.group.isEmpty ? kind.kind : "\(kind.kind).\(kind.group)"
        var seen: Set<String> = []
        let messages = errors.map(\.description).filter { seen.insert($0).inserted }
        let list = messages.count == 1 ? messages[0] : "[\(messages.joined(separator: ", "))]"
        return Status(
            code: 422, reason: "Invalid",
            message: "\(groupKind) \"\(name)\" is invalid" + (messages.isEmpty ? "" : ": \(list)"),
            details: Status.Details(
                name: name, group: kind.group, kind: kind.kind,
                causes: errors.map { Status.Cause(reason: $0.reason.rawValue, message: $0.body, field: $0.field) }))
    }

    package static func badRequest(_ message: String) -> Status {
        Status(code: 400, reason: "BadRequest", message: message)
    }

    package static func methodNotSupported(_ resource: GroupVersionResource, _ action: String) -> Status {
        Status(
            code: 405, reason: "MethodNotAllowed",
            message: "\(action) is not supported on resources of kind \"\(resource.groupResource)\"",
            details: Status.Details(group: resource.group, kind: resource.resource))
    }

    /// For a method that the path does not take at all.
    package static let methodNotAllowed = Status(
        code: 405, reason: "MethodNotAllowed", message: "the server does not allow this method on the requested resource",
        details: Status.Details())

    /// - Parameter name: Empty for a collection.
    package static func forbidden(_ resource: GroupVersionResource, _ name: String, _ why: String) -> Status {
        let subject = name.isEmpty ? resource.groupResource : "\(resource.groupResource) \"\(name)\""
        return Status(
            code: 403, reason: "Forbidden", message: "\(subject) is forbidden: \(why)", details: details(resource, name))
    }

    package static let unauthorized = Status(code: 401, reason: "Unauthorized", message: "Unauthorized")

    /// The revision asked for is gone.
    package static func expired(_ message: String) -> Status { Status(code: 410, reason: "Expired", message: message) }

    package static let expiredWatch = expired("The resourceVersion for the provided watch is too old.")
    package static let expiredContinue = expired(
        "The provided continue parameter is too old to display a consistent list result. You can start a new list without the "
            + "continue parameter.")

    package static func requestEntityTooLarge(limit: Int) -> Status {
        Status(code: 413, reason: "RequestEntityTooLarge", message: "Request entity too large: limit is \(limit)")
    }

    package static func unsupportedMediaType(accepted: [String] = bodyMediaTypes) -> Status {
        Status(
            code: 415, reason: "UnsupportedMediaType",
            message: "the body of the request was in an unknown format - accepted media types include: "
                + accepted.joined(separator: ", "))
    }

    package static let bodyMediaTypes = [
        "application/json", "application/yaml", "application/vnd.kubernetes.protobuf",
    ]
    package static let patchMediaTypes = [
        "application/json-patch+json", "application/merge-patch+json", "application/strategic-merge-patch+json",
        "application/apply-patch+yaml",
    ]

    package static func notAcceptable(accepted: [String]) -> Status {
        Status(
            code: 406, reason: "NotAcceptable",
            message: "only the following media types are accepted: " + accepted.joined(separator: ", "))
    }

    package static func timeout(_ message: String, retryAfterSeconds: Int = 0) -> Status {
        Status(
            code: 504, reason: "Timeout", message: "Timeout: \(message)",
            details: Status.Details(retryAfterSeconds: retryAfterSeconds))
    }

    /// A read at a revision that the server has not reached.
    package static func tooLargeResourceVersion(requested: UInt64, current: UInt64) -> Status {
        Status(
            code: 504, reason: "Timeout",
            message: "Timeout: Too large resource version: \(requested), current: \(current)",
            details: Status.Details(
                causes: [Status.Cause(reason: "ResourceVersionTooLarge", message: "Too large resource version")],
                retryAfterSeconds: 1))
    }

    package static func serviceUnavailable(_ message: String) -> Status {
        Status(code: 503, reason: "ServiceUnavailable", message: message)
    }

    package static func internalError(_ message: String) -> Status {
        Status(
            code: 500, reason: "InternalError", message: "Internal error occurred: \(message)",
            details: Status.Details(causes: [Status.Cause(reason: "", message: message)]))
    }

    private static func details(_ resource: GroupVersionResource, _ name: String) -> Status.Details {
        Status.Details(name: name, group: resource.group, kind: resource.resource)
    }
}
