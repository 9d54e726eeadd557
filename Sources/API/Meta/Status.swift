package import JSON

/// `metav1.Status`: what the server answers when it refuses, and to some deletions.
///
/// - SeeAlso: Kubernetes 1.36 `apimachinery/pkg/api/errors/errors.go`.
package struct Status: Error, Hashable, Sendable, CustomStringConvertible {
    package struct Cause: Hashable, Sendable {
        /// `FieldValueInvalid`, `FieldValueRequired`, ...
        package var reason: String
        package var message: String
        /// `spec.ports[0].port`.
        package var field: String

        package init(reason: String, message: String, field: String = "") {
            self.reason = reason
            self.message = message
            self.field = field
        }
    }

    package struct Details: Hashable, Sendable {
        package var name: String
        package var group: String
        /// Resource (plural) or kind, as upstream gives it for this error.
        package var kind: String
        package var uid: String
        package var causes: [Cause]
        package var retryAfterSeconds: Int

        package init(
            name: String = "", group: String = "", kind: String = "", uid: String = "", causes: [Cause] = [],
            retryAfterSeconds: Int = 0
        ) {
            self.name = name
            self.group = group
            self.kind = kind
            self.uid = uid
            self.causes = causes
            self.retryAfterSeconds = retryAfterSeconds
        }
    }

    /// HTTP status code.
    package var code: Int
    /// `NotFound`, `Conflict`, ...; empty for success.
    package var reason: String
    package var message: String
    package var details: Details?

    package init(code: Int, reason: String, message: String, details: Details? = nil) {
        self.code = code
        self.reason = reason
        self.message = message
        self.details = details
    }

    /// For logs: `409 Conflict: ...`.
    package var description: String { "\(code) \(reason): \(message)" }

    package var isSuccess: Bool { code < 400 }
    package var isNotFound: Bool { reason == "NotFound" }
    package var isAlreadyExists: Bool { reason == "AlreadyExists" }
    package var isConflict: Bool { reason == "Conflict" }
    /// The revision asked for is no longer, or not yet, known: list again.
    package var isExpired: Bool { reason == "Expired" || reason == "Gone" }

    package init(json: JSONValue) {
        code = Int(json["code"]?.int ?? 0)
        reason = json["reason"]?.string ?? ""
        message = json["message"]?.string ?? ""
        if let found = json["details"] {
            details = Details(
                name: found["name"]?.string ?? "", group: found["group"]?.string ?? "", kind: found["kind"]?.string ?? "",
                uid: found["uid"]?.string ?? "",
                causes: (found["causes"]?.array ?? []).map {
                    Cause(
                        reason: $0["reason"]?.string ?? "", message: $0["message"]?.string ?? "",
                        field: $0["field"]?.string ?? "")
                },
                retryAfterSeconds: Int(found["retryAfterSeconds"]?.int ?? 0))
        }
    }

    package var json: JSONValue {
        var result: JSONValue = [
            "kind": "Status", "apiVersion": "v1", "metadata": [:], "status": .string(isSuccess ? "Success" : "Failure"),
        ]
        if !message.isEmpty { result["message"] = .string(message) }
        if !reason.isEmpty { result["reason"] = .string(reason) }
        if let details { result["details"] = details.json }
        result["code"] = .int(Int64(code))
        return result
    }
}

extension Status.Details {
    fileprivate var json: JSONValue {
        var result: JSONValue = [:]
        if !name.isEmpty { result["name"] = .string(name) }
        if !group.isEmpty { result["group"] = .string(group) }
        if !kind.isEmpty { result["kind"] = .string(kind) }
        if !uid.isEmpty { result["uid"] = .string(uid) }
        if !causes.isEmpty {
            result["causes"] = .array(
                causes.map { cause in
                    var one: JSONValue = [:]
                    if !cause.reason.isEmpty { one["reason"] = .string(cause.reason) }
                    if !cause.message.isEmpty { one["message"] = .string(cause.message) }
                    if !cause.field.isEmpty { one["field"] = .string(cause.field) }
                    return one
                })
        }
        if retryAfterSeconds > 0 { result["retryAfterSeconds"] = .int(Int64(retryAfterSeconds)) }
        return result
    }
}
