import API
import HTTP
import JSON
import Machinery

/// The query of a create, update, patch or delete, read and checked.
///
/// - SeeAlso: Kubernetes 1.36 `apimachinery/pkg/apis/meta/v1/validation/validation.go`, `ValidateCreateOptions` and its like.
struct WriteParameters: Hashable, Sendable {
    var isDryRun = false
    var fieldValidation = FieldValidation.warn
    /// As the client gave it; empty for none.
    var fieldManager = ""
    /// Whether an apply takes fields from other managers.
    var forces = false

    /// The kind that refusals name, by verb.
    private static let options = [
        "create": "CreateOptions", "update": "UpdateOptions", "patch": "PatchOptions", "delete": "DeleteOptions",
        "deletecollection": "DeleteOptions",
    ]

    init() {}

    /// Verbs that write nothing take no such parameters.
    init(_ request: HTTPRequest, verb: String) throws(Status) {
        guard let kind = Self.options[verb] else { return }
        var errors: [FieldError] = []
        fieldManager = request.query("fieldManager") ?? ""
        if verb == "patch" { errors += readForce(request) }
        if kind != "DeleteOptions" {
            errors += ManagedFieldsRules.validate(manager: fieldManager, FieldPath("fieldManager"))
        }
        let dryRun = request.queryValues("dryRun").filter { !$0.isEmpty }
        if !dryRun.allSatisfy({ $0 == "All" }) {
            errors.append(.notSupported(FieldPath("dryRun"), JSONValue(dryRun), supported: ["All"]))
        }
        isDryRun = !dryRun.isEmpty
        if let text = request.query("fieldValidation"), !text.isEmpty {
            if let wanted = FieldValidation(rawValue: text) {
                fieldValidation = wanted
            } else {
                errors.append(
                    .notSupported(
                        FieldPath("fieldValidation"), .string(text), supported: ["", "Ignore", "Strict", "Warn"]))
            }
        }
        guard errors.isEmpty else {
            throw APIErrors.invalid(GroupVersionKind(group: "meta.k8s.io", version: "v1", kind: kind), "", errors)
        }
    }

    private mutating func readForce(_ request: HTTPRequest) -> [FieldError] {
        let force = request.queryValues("force").first
        forces = ListOptions.flag(force)
        guard BodyDecoder.mediaType(request.headers["content-type"]) == ApplyConfiguration.mediaType else {
            return force == nil ? [] : [.forbidden(FieldPath("force"), "may not be specified for non-apply patch")]
        }
        return fieldManager.isEmpty ? [.required(FieldPath("fieldManager"), "is required for apply patch")] : []
    }

    /// The name under which a write is booked.
    func manager(_ request: HTTPRequest) -> String {
        fieldManager.isEmpty ? ManagedFieldsRules.manager(userAgent: request.headers["user-agent"] ?? "") : fieldManager
    }
}

extension APIHandler {
    /// Why the user may not create the object of a request that finds none; nil when it may or when the object is there.
    func createRefusal(_ context: RequestContext) -> Status? {
        let isApply = BodyDecoder.mediaType(context.contentType) == ApplyConfiguration.mediaType
        let mayCreate = context.info.verb == "patch" ? isApply : context.kind.rules.allowsCreateOnUpdate
        guard mayCreate, context.info.subresource.isEmpty, registry.caches[context.kind]?.get(context.key) == nil else {
            return nil
        }
        var info = context.info
        info.verb = "create"
        let access = AccessRequest(user: context.user, info: info)
        return authorizer.allows(access) ? nil : APIErrors.forbidden(info.gvr, info.name, access.refusal)
    }
}
