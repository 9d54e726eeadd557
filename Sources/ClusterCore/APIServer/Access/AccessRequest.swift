package import API
import Machinery

/// What someone wants to do, as access rules see it.
package struct AccessRequest: Hashable, Sendable {
    package var user: User
    package var verb: String
    package var namespace: String
    package var group: String
    package var version: String
    package var resource: String
    package var subresource: String
    package var name: String
    /// For what is no resource: `/metrics`; nil otherwise.
    package var nonResourcePath: String?
    /// What a list, watch or collection delete narrows itself to; nothing for other verbs.
    package var fields = FieldSelector.everything

    package init(
        user: User, verb: String, namespace: String = "", group: String = "", version: String = "", resource: String = "",
        subresource: String = "", name: String = "", nonResourcePath: String? = nil
    ) {
        self.user = user
        self.verb = verb
        self.namespace = namespace
        self.group = group
        self.version = version
        self.resource = resource
        self.subresource = subresource
        self.name = name
        self.nonResourcePath = nonResourcePath
    }

    package init(user: User, info: RequestInfo) {
        self.init(
            user: user, verb: info.verb, namespace: info.namespace, group: info.group, version: info.version,
            resource: info.resource, subresource: info.subresource, name: info.name,
            nonResourcePath: info.isResourceRequest ? nil : info.path)
    }

    var combinedResource: String { subresource.isEmpty ? resource : "\(resource)/\(subresource)" }

    /// The refusal of this request.
    ///
    /// - Parameter reason: What the authorizers said; empty when they said nothing.
    func refused(_ reason: String) -> Status {
        let why = Self.sanitized(refusal) + (reason.isEmpty ? "" : ": \(reason)")
        let what = GroupVersionResource(group: group, version: version, resource: resource)
        guard resource.isEmpty, group.isEmpty else { return APIErrors.forbidden(what, name, why) }
        return Status(
            code: 403, reason: "Forbidden", message: "forbidden: \(why)", details: Status.Details(name: name))
    }

    private static func sanitized(_ text: String) -> String {
        guard text.contains(where: { "&<>".contains($0) }) else { return text }
        return text.map { ["&": "&amp;", "<": "&lt;", ">": "&gt;"][$0] ?? String($0) }.joined()
    }

    /// Why it was refused, in upstream's words (`apiserver/pkg/endpoints/handlers/responsewriters/errors.go`).
    var refusal: String {
        let who = "User \"\(user.name)\" cannot "
        if let nonResourcePath { return "\(who)\(verb) path \"\(nonResourcePath)\"" }
        let what = "\(who)\(verb) resource \"\(combinedResource)\" in API group \"\(group)\""
        return namespace.isEmpty ? "\(what) at the cluster scope" : "\(what) in the namespace \"\(namespace)\""
    }
}
