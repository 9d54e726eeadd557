package import API
package import JSON
import Machinery

/// One write on its way through admission.
package struct AdmissionRequest: Sendable {
    package enum Operation: String, Hashable, Sendable {
        case create = "CREATE"
        case update = "UPDATE"
        case delete = "DELETE"
        case connect = "CONNECT"
    }

    package let operation: Operation
    package let kind: KindDefinition
    /// Empty: the object itself.
    package let subresource: String
    /// The namespace is empty for kinds without one.
    package let key: NamespacedName
    package let user: User
    package let isDryRun: Bool
    /// As it will be stored, or the body of a subresource such as `binding`; null for a delete.
    package var object: JSONValue
    /// As it is stored now; nil for a create.
    package let old: JSONValue?
    /// What the answer tells the client in `Warning` headers.
    package var warnings: [String] = []
    /// What steps leave for the audit log, `pod-security.kubernetes.io/audit-violations` and the like.
    package var auditAnnotations: [String: String] = [:]
    /// The name that refusals show; nil: the object's.
    var displayName: String?

    package init(
        _ operation: Operation, _ kind: KindDefinition, subresource: String = "", key: NamespacedName, user: User,
        isDryRun: Bool = false, object: JSONValue, old: JSONValue? = nil
    ) {
        self.operation = operation
        self.kind = kind
        self.subresource = subresource
        self.key = key
        self.user = user
        self.isDryRun = isDryRun
        self.object = object
        self.old = old
    }

    package var resource: GroupVersionResource { kind.gvr }
    package var namespace: String { key.namespace }

    /// Whether this writes an object of `resource` itself, not one of its subresources.
    package func writes(_ resource: GroupVersionResource, _ operations: Operation...) -> Bool {
        kind.gvr == resource && subresource.isEmpty && operations.contains(operation)
    }

    /// A refusal with status 403, about this object.
    ///
    /// - SeeAlso: Kubernetes 1.36 `apiserver/pkg/admission/errors.go`, `NewForbidden`.
    package func forbidden(_ why: String) -> Status {
        var name = displayName ?? key.name
        if name.isEmpty { name = object["metadata"]?["name"]?.string ?? "" }
        if name.isEmpty { name = object["metadata"]?["generateName"]?.string ?? "" }
        return APIErrors.forbidden(kind.gvr, name.isEmpty ? "Unknown" : name, why)
    }
}
